"""What the pages store: the same model in each framework's application."""

from google.appengine.api import users
from google.appengine.ext import db


class Note(db.Model):
    """One note, by whoever is signed in."""

    text = db.StringProperty()
    author = db.UserProperty()

    def line(self):
        return f"{self.text}:{self.author.nickname() if self.author else ''}"


def add(text):
    Note(text=text, author=users.get_current_user()).put()


def all_texts():
    return ",".join(note.line() for note in Note.all().order("text"))
