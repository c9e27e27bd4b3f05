"""The shelf for programs: JSON."""

import models
import webapp2
from webapp2_extras import json


def answer(value):
    """Returns a response of JSON."""
    response = webapp2.Response(content_type="application/json")
    response.write(json.encode(value))
    return response


def describe(book):
    """Returns what a program is told of a book."""
    url = webapp2.uri_for("api-book", number=book.number, _full=True)
    return {"title": book.title, "author": book.author, "year": book.year, "url": url}


def list_books(request):
    """GET /api/books"""
    return answer([describe(book) for book in models.find_books()])


def show_book(request, number):
    """GET /api/books/1"""
    book = models.find_book(number)
    if book is None:
        webapp2.abort(404)
    return answer(describe(book))
