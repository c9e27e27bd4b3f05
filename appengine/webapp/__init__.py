"""The framework for request handlers: classes whose methods are named for HTTP's.

A handler reads `self.request`, writes to `self.response.out`, and is mapped to a path by a regular
expression. Nothing else of the platform depends on it: any WSGI callable may stand in its place.

Source: App Engine, "The webapp Framework".
"""

from appengine.webapp.application import WSGIApplication
from appengine.webapp.errors import (
    CannotReversePattern,
    Error,
    MalformedRequestError,
    NoUrlFoundError,
)
from appengine.webapp.handlers import RedirectHandler, RequestHandler
from appengine.webapp.request import Request
from appengine.webapp.response import Response

__all__ = [
    "CannotReversePattern",
    "Error",
    "MalformedRequestError",
    "NoUrlFoundError",
    "RedirectHandler",
    "Request",
    "RequestHandler",
    "Response",
    "WSGIApplication",
]
