"""A shelf of books, and the list of those that a visitor means to read: webapp2, whole."""

import os

import webapp2
from webapp2_extras.routes import PathPrefixRoute, RedirectRoute

CONFIG = {
    "webapp2_extras.sessions": {
        "secret_key": os.environ["SESSION_KEY"],
        "cookie_args": {"httponly": True, "samesite": "Lax"},
    },
    "webapp2_extras.jinja2": {"template_path": "templates"},
}

ROUTES = [
    webapp2.Route("/", "pages.Shelf", name="shelf"),
    webapp2.Route("/books", "pages.Shelf", name="add", methods=["POST"]),
    RedirectRoute(r"/books/<number:\d+>/", "pages.Book", name="book", strict_slash=True),
    webapp2.Route(r"/books/<number:\d+>/list", "pages.Book:put_on_list", name="list"),
    PathPrefixRoute(
        "/api",
        [
            webapp2.Route("/books", "api.list_books", name="api-books", methods=["GET"]),
            webapp2.Route(r"/books/<number:\d+>", "api.show_book", name="api-book"),
        ],
    ),
    RedirectRoute("/home", redirect_to_name="shelf"),
]

app = webapp2.WSGIApplication(ROUTES, config=CONFIG)
app.error_handlers[404] = "pages.show_missing"
