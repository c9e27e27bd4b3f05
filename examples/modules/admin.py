"""The module `admin`: starts the poll again; for administrators alone."""

import models
from google.appengine.ext import db, webapp


class Reset(webapp.RequestHandler):
    """Forgets all votes."""

    def post(self):
        db.delete(models.Votes.all(keys_only=True))
        self.redirect("/")


application = webapp.WSGIApplication([("/admin/reset", Reset)])
