"""A list of things to do, in Bottle: what is open, new ones, changed ones."""

import bottle
from bottle import Bottle, abort, redirect, request, template
from google.appengine.ext import db

app = Bottle()
bottle.TEMPLATE_PATH[:] = ["views"]


class Item(db.Model):
    """Something to do."""

    text = db.StringProperty(required=True)
    is_open = db.BooleanProperty(default=True)
    noted = db.DateTimeProperty(auto_now_add=True)

    @property
    def id(self):
        return self.key().id()


@app.get("/")
def index():
    redirect("/todo")


@app.get("/todo")
def show_list():
    """The open items, oldest first; `?show=all` shows those that are done, too."""
    is_all = request.query.show == "all"
    items = Item.all().order("noted")
    if not is_all:
        items.filter("is_open =", True)
    return template("list", items=items.fetch(100), is_all=is_all)


@app.get("/new")
def show_new():
    return template("item", title="New", text="", is_open=True, problem="")


@app.post("/new")
def add():
    text = request.forms.getunicode("text", "").strip()
    if problem := find_problem(text):
        return template("item", title="New", text=text, is_open=True, problem=problem)
    Item(text=text).put()
    redirect("/todo")


@app.get("/edit/<number:int>")
def show_edit(number):
    item = find(number)
    return template("item", title="Edit", text=item.text, is_open=item.is_open, problem="")


@app.post("/edit/<number:int>")
def change(number):
    item = find(number)
    text = request.forms.getunicode("text", "").strip()
    is_open = request.forms.get("status") == "open"
    if problem := find_problem(text):
        return template("item", title="Edit", text=text, is_open=is_open, problem=problem)
    item.text, item.is_open = text, is_open
    item.put()
    redirect("/todo")


@app.get("/item<number:re:[0-9]+>")
def show_text(number):
    return template("<p>{{text}}</p>", text=find(int(number)).text)


@app.get("/json/<number:re:[0-9]+>")
def show_json(number):
    item = find(int(number))
    return {"id": item.id, "task": item.text, "open": item.is_open}


@app.error(404)
def show_missing(error):
    return template("missing", reason=error.body)


def find(number):
    return (Item.get_by_id(number) if number else None) or abort(404, f"There is no item {number}.")


def find_problem(text):
    """Returns what is wrong with a text, or nothing."""
    if not text:
        return "Something to do, please."
    size = len(text.encode())
    return f"{size} bytes of text; at most 1500." if size > 1500 else ""  # noqa: PLR2004  # db's
