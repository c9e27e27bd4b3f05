"""The posts: everybody reads them, their authors write them."""

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for

from flaskr.auth import login_required
from flaskr.models import Post

bp = Blueprint("blog", __name__)


@bp.route("/")
def index():
    return render_template("blog/index.html", posts=Post.all().order("-created").fetch(20))


@bp.route("/create", methods=("GET", "POST"))
@login_required
def create():
    if request.method == "POST" and has_title():
        Post(author=g.person, title=request.form["title"], body=request.form["body"]).put()
        return redirect(url_for("blog.index"))
    return render_template("blog/form.html", post=None)


@bp.route("/<int:number>/update", methods=("GET", "POST"))
@login_required
def update(number):
    post = own_post(number)
    if request.method == "POST" and has_title():
        post.title, post.body = request.form["title"], request.form["body"]
        post.put()
        return redirect(url_for("blog.index"))
    return render_template("blog/form.html", post=post)


@bp.post("/<int:number>/delete")
@login_required
def delete(number):
    own_post(number).delete()
    return redirect(url_for("blog.index"))


def has_title():
    if request.form["title"]:
        return True
    flash("A title is required.")
    return False


def own_post(number):
    """Returns a post of whoever is logged in; 404 if it is not there, 403 if it is another's."""
    post = Post.get_by_id(number)
    if post is None:
        abort(404, f"There is no post {number}.")
    if post.author_name != g.person.name:
        abort(403)
    return post
