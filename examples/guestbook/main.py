"""A guestbook: whoever comes by may sign it, with a name or without."""

import os
from urllib.parse import urlencode

from google.appengine.api import users
from google.appengine.ext import db, webapp
from google.appengine.ext.webapp import template

PAGE = os.path.join(os.path.dirname(__file__), "index.html")
GREETINGS_PER_PAGE = 10
DEFAULT_BOOK = "default"
MAX_BOOK = 100


class Greeting(db.Model):
    """One signature. A book is one entity group, so its readers see their own writes."""

    author = db.UserProperty()
    content = db.StringProperty(multiline=True, required=True)
    date = db.DateTimeProperty(auto_now_add=True)


def make_book_key(book):
    """Returns the key of a book: the parent of its greetings. No entity needs to have it."""
    return db.Key.from_path("Book", book)


def make_url(book):
    """Returns the URL of a book's first page."""
    return "/?" + urlencode({"book": book})


class MainPage(webapp.RequestHandler):
    """Shows a book, the newest greetings first."""

    def get(self):
        try:
            self.show()
        except (db.BadValueError, db.BadRequestError):
            self.error(400)
            self.response.out.write("This book has no such page.")

    def show(self, problem="", content=""):
        book = self.find_book()
        user = users.get_current_user()
        here = make_url(book)
        greetings, older = self.find_greetings(book)
        values = {
            "book": book,
            "content": content,
            "greetings": greetings,
            "older": older,
            "problem": problem,
            "user": user,
            "sign_url": "/sign?" + urlencode({"book": book}),
            "login_url": users.create_login_url(here),
            "logout_url": users.create_logout_url(here),
        }
        self.response.out.write(template.render(PAGE, values))

    def find_book(self):
        """Returns the name of the book that the URL names."""
        return self.request.GET.get("book", "")[:MAX_BOOK] or DEFAULT_BOOK

    def find_greetings(self, book):
        """Returns a page of greetings, and the URL of the page after it, if there is one."""
        query = Greeting.all().ancestor(make_book_key(book)).order("-date")
        if start := self.request.GET.get("from"):
            query.with_cursor(start)
        greetings = query.fetch(GREETINGS_PER_PAGE)
        cursor = query.cursor()
        query.with_cursor(cursor)
        if query.get() is None:
            return greetings, ""
        return greetings, make_url(book) + "&" + urlencode({"from": cursor})


class Sign(MainPage):
    """Adds a greeting to the book named by `book`, then shows the book."""

    def post(self):
        book = self.find_book()
        content = str(self.request.get("content")).strip()
        try:
            greeting = Greeting(parent=make_book_key(book), content=content)
        except db.BadValueError:
            self.error(400)
            self.show("A greeting has 1 to 1500 bytes of text.", content)
            return
        greeting.author = users.get_current_user()
        try:
            greeting.put()
        except db.BadRequestError:  # "__book__": such names are the platform's
            self.error(400)
            self.show("A book of this name cannot be signed.", content)
            return
        self.redirect(make_url(book))


application = webapp.WSGIApplication([("/", MainPage), ("/sign", Sign)], debug=True)
