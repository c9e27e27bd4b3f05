"""The measured book on the platform: greetings and counters, with `webapp` and `db.Model`."""

import json
from datetime import datetime, timedelta

from google.appengine.ext import db, webapp

EPOCH = datetime(2008, 4, 7)
RESULTS = 20


class Greeting(db.Model):
    """One signature; author and date are indexed."""

    author = db.StringProperty()
    content = db.StringProperty(multiline=True, indexed=False)
    date = db.DateTimeProperty()


class Counter(db.Model):
    """A number that goes up by one at a time."""

    count = db.IntegerProperty(default=0)


def make_greeting(number):
    """Returns the greeting of a number; both applications make the same."""
    return Greeting(
        author=f"author {number % 20}",
        content=f"greeting {number}\n" + "It was a pleasure to be here. " * 6,
        date=EPOCH + timedelta(seconds=number),
    )


def show(greeting):
    """Returns a greeting as a client sees it."""
    return {
        "author": greeting.author,
        "content": greeting.content,
        "date": greeting.date.isoformat(),
    }


class Page(webapp.RequestHandler):
    """Base of the pages: answers in JSON."""

    def answer(self, value):
        """Writes the whole body."""
        self.response.headers["Content-Type"] = "application/json"
        self.response.out.write(json.dumps(value))


class Hello(Page):
    """GET /hello: what a page costs that stores and finds nothing."""

    def get(self):
        """Answers the same always."""
        self.answer("hello")


class Load(Page):
    """POST /load/FIRST/COUNT: stores many greetings at once."""

    def post(self, first, count):
        """Answers how many."""
        keys = db.put([make_greeting(int(first) + each) for each in range(int(count))])
        self.answer(len(keys))


class Sign(Page):
    """POST /sign/NUMBER: stores one greeting."""

    def post(self, number):
        """Answers its id."""
        self.answer(make_greeting(int(number)).put().id())


class Read(Page):
    """GET /read/ID: shows one greeting."""

    def get(self, number):
        """Answers the greeting."""
        self.answer(show(Greeting.get_by_id(int(number))))


class Latest(Page):
    """GET /latest: shows the newest greetings."""

    def get(self):
        """Answers the greetings."""
        self.answer([show(each) for each in Greeting.all().order("-date").fetch(RESULTS)])


class ByAuthor(Page):
    """GET /author/NUMBER: shows the newest greetings of one author."""

    def get(self, number):
        """Answers the greetings."""
        query = Greeting.all().filter("author =", f"author {number}").order("-date")
        self.answer([show(each) for each in query.fetch(RESULTS)])


class Increment(Page):
    """POST /increment/NAME: counts one up, in a transaction."""

    def post(self, name):
        """Answers the new count."""
        self.answer(db.run_in_transaction(increment, name))


def increment(name):
    """Returns the new count."""
    counter = Counter.get_by_key_name(name) or Counter(key_name=name)
    counter.count += 1
    counter.put()
    return counter.count


application = webapp.WSGIApplication(
    [
        (r"/hello", Hello),
        (r"/load/(\d+)/(\d+)", Load),
        (r"/sign/(\d+)", Sign),
        (r"/read/(\d+)", Read),
        (r"/latest", Latest),
        (r"/author/(\d+)", ByAuthor),
        (r"/increment/(\w+)", Increment),
    ]
)
