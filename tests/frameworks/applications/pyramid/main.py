"""The pages of the comparison, in Pyramid."""

import hashlib

import notes
from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPFound
from pyramid.response import FileResponse, Response
from pyramid.session import SignedCookieSessionFactory
from pyramid.view import view_config


@view_config(route_name="hello", renderer="templates/hello.jinja2")
def hello(request):
    return {"name": request.matchdict["name"]}


@view_config(route_name="form", request_method="POST", renderer="string")
def form(request):
    return ",".join(request.POST.getall("word"))


@view_config(route_name="upload", request_method="POST", renderer="string")
def upload(request):
    file = request.POST["file"]
    return f"{file.filename} {hashlib.sha256(file.file.read()).hexdigest()}"


@view_config(route_name="count", renderer="string")
def count(request):
    request.session["count"] = request.session.get("count", 0) + 1
    return str(request.session["count"])


@view_config(route_name="notes", request_method="GET")
def all_notes(request):
    return Response(notes.all_texts())


@view_config(route_name="notes", request_method="POST")
def add_note(request):
    notes.add(request.POST["text"])
    return HTTPFound(request.route_url("notes"))


@view_config(route_name="file")
def file(request):
    answer = FileResponse("small.txt", request)
    answer.conditional_response = True
    return answer


@view_config(route_name="fail")
def fail(request):
    raise ZeroDivisionError("on purpose")


with Configurator(session_factory=SignedCookieSessionFactory("a secret of the tests")) as config:
    config.include("pyramid_jinja2")
    config.add_route("hello", "/hello/{name}")
    for name in ("form", "upload", "count", "notes", "file", "fail"):
        config.add_route(name, f"/{name}")
    config.scan()
    app = config.make_wsgi_app()
