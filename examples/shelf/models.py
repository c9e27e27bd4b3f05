"""What the shelf keeps."""

import re

from google.appengine.ext import db

SHELF = db.Key.from_path("Shelf", "default")
"""The parent of all books: they are one entity group, so a new book is there at once."""

LONGEST = 200


class Book(db.Model):
    """A book on the shelf; its id is in its URL."""

    title = db.StringProperty(required=True)
    author = db.StringProperty(required=True)
    year = db.IntegerProperty()
    added = db.DateTimeProperty(auto_now_add=True)

    @property
    def number(self):
        return self.key().id()


def find_books():
    """Returns the books, the newest first."""
    return Book.all().ancestor(SHELF).order("-added").fetch(100)


def find_book(number):
    """Returns a book by its number; None where there is none."""
    return Book.get_by_id(int(number), parent=SHELF)


def find_listed(numbers):
    """Returns the books of some numbers, without those that are gone."""
    return [book for book in Book.get_by_id(list(numbers), parent=SHELF) if book]


def add_book(title, author, year):
    """Puts a book on the shelf.

    Raises:
        ValueError: what is wrong, for the visitor.
    """
    title, author = title.strip(), author.strip()
    if not title or not author or len(title) > LONGEST or len(author) > LONGEST:
        raise ValueError(f"A book has a title and an author, each of 1 to {LONGEST} characters.")
    if year and not re.fullmatch("[0-9]{1,4}", year):
        raise ValueError(f"{year} is no year.")
    book = Book(parent=SHELF, title=title, author=author, year=int(year) if year else None)
    book.put()
    return book
