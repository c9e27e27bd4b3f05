"""A classic application whose templates are Django's own, for Django is in requirements.txt."""

import os

from google.appengine.ext import webapp
from google.appengine.ext.webapp import template

template.register_template_library("tags")
FOLDER = os.path.join(os.path.dirname(__file__), "pages")


class Page(webapp.RequestHandler):
    """Renders the template that the path names, with the query's arguments."""

    def get(self, name):
        values = {key: self.request.get(key) for key in self.request.arguments()}
        values |= {"numbers": [1, 2, 3], "pet": {"name": "<Rex>"}}
        self.response.out.write(template.render(os.path.join(FOLDER, name), values))


class Inside(webapp.RequestHandler):
    """Puts a rendered text into another template: it is safe already."""

    def get(self):
        inner = template.render(os.path.join(FOLDER, "page.html"), {"pet": {"name": "<Rex>"}})
        self.response.out.write(template.render(os.path.join(FOLDER, "frame.html"), {"x": inner}))


app = webapp.WSGIApplication([("/inside", Inside), ("/(.+)", Page)], debug=True)
