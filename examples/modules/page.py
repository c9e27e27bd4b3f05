"""The module `default`: the page on which people vote."""

import os

import models
from google.appengine.ext import webapp
from google.appengine.ext.webapp import template

PAGE = os.path.join(os.path.dirname(__file__), "index.html")


class MainPage(webapp.RequestHandler):
    """Shows the votes, and takes one."""

    def get(self):
        values = {"votes": models.count_votes().items()}
        self.response.out.write(template.render(PAGE, values))

    def post(self):
        name = self.request.get("name")
        if name in models.LANGUAGES:
            models.add_vote(name)
        self.redirect("/")


application = webapp.WSGIApplication([("/", MainPage)])
