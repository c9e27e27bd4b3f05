"""The pages of the comparison, in Bottle."""

import hashlib

import bottle
import notes
from bottle import Bottle, redirect, request, response, static_file, template

app = Bottle()
app.catchall = False
SECRET = "a secret of the tests"


@app.get("/hello/<name>")
def hello(name):
    return template("hello", name=name)


@app.post("/form")
def form():
    return ",".join(request.forms.decode().getall("word"))


@app.post("/upload")
def upload():
    file = request.files["file"]
    return f"{file.raw_filename} {hashlib.sha256(file.file.read()).hexdigest()}"


@app.get("/count")
def count():
    number = int(request.get_cookie("count", secret=SECRET) or 0) + 1
    response.set_cookie("count", str(number), secret=SECRET)
    return str(number)


@app.get("/notes")
def all_notes():
    return notes.all_texts()


@app.post("/notes")
def add_note():
    notes.add(request.forms["text"])
    redirect("/notes")


@app.get("/file")
def file():
    return static_file("small.txt", root=".")


@app.get("/fail")
def fail():
    raise ZeroDivisionError("on purpose")


bottle.TEMPLATE_PATH[:] = ["templates"]
