"""The pages of the comparison, in CherryPy."""

import hashlib
import html
import os

import cherrypy
import notes


class Pages:
    """Each exposed method is a page."""

    @cherrypy.expose
    def hello(self, name):
        return f"<p>Hello {html.escape(name)}</p>\n"

    @cherrypy.expose
    def form(self, word):
        return ",".join(word)

    @cherrypy.expose
    def upload(self, file):
        return f"{file.filename} {hashlib.sha256(file.file.read()).hexdigest()}"

    @cherrypy.expose
    def count(self):
        cherrypy.session["count"] = cherrypy.session.get("count", 0) + 1
        return str(cherrypy.session["count"])

    @cherrypy.expose
    def notes(self, text=None):
        if cherrypy.request.method == "POST":
            notes.add(text)
            raise cherrypy.HTTPRedirect("/notes", 302)
        return notes.all_texts()

    @cherrypy.expose
    def file(self):
        path = os.path.abspath("small.txt")
        return cherrypy.lib.static.serve_file(path, "text/plain")

    @cherrypy.expose
    def fail(self):
        raise ZeroDivisionError("on purpose")


app = cherrypy.Application(Pages(), "", {"/": {"tools.sessions.on": True, "tools.etags.on": True}})
