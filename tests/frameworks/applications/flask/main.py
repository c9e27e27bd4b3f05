"""The pages of the comparison, in Flask."""

import hashlib

import notes
from flask import Flask, redirect, render_template, request, send_file, session, url_for
from google.appengine.api import memcache, users, wrap_wsgi_app

app = Flask(__name__)
app.wsgi_app = wrap_wsgi_app(app.wsgi_app)
app.secret_key = "a secret of the tests"


@app.get("/hello/<name>")
def hello(name):
    return render_template("hello.html", name=name)


@app.post("/form")
def form():
    return ",".join(request.form.getlist("word"))


@app.post("/upload")
def upload():
    file = request.files["file"]
    return f"{file.filename} {hashlib.sha256(file.read()).hexdigest()}"


@app.get("/count")
def count():
    session["count"] = session.get("count", 0) + 1
    return str(session["count"])


@app.route("/notes", methods=["GET", "POST"])
def all_notes():
    if request.method == "POST":
        notes.add(request.form["text"])
        return redirect(url_for("all_notes"))
    return notes.all_texts()


@app.get("/file")
def file():
    return send_file("small.txt", conditional=True)


@app.get("/visits")
def visits():
    user = users.get_current_user()
    return f"{memcache.incr('visits', initial_value=0)} {user.nickname() if user else 'nobody'}"


@app.get("/fail")
def fail():
    raise ZeroDivisionError("on purpose")
