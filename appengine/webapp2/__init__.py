"""webapp2: handlers by routes that have names, on WebOb's requests and responses.

`import webapp2` gives this package: an application needs to install nothing. It is written anew
after the documentation of webapp2 2.5 and 3.0; `docs/compatibility/webapp2.md` has each name.

Source: webapp2, "API Reference".
"""

from appengine.webapp2.adapters import (
    BaseHandlerAdapter,
    Webapp2HandlerAdapter,
    WebappHandlerAdapter,
)
from appengine.webapp2.application import RequestContext, WSGIApplication
from appengine.webapp2.configuration import Config
from appengine.webapp2.current import get_app, get_request
from appengine.webapp2.handlers import RedirectHandler, RequestHandler
from appengine.webapp2.imports import ImportStringError, import_string
from appengine.webapp2.library import exc
from appengine.webapp2.properties import cached_property
from appengine.webapp2.redirects import abort, redirect, redirect_to, uri_for
from appengine.webapp2.request import Request
from appengine.webapp2.response import Response, ResponseHeaders, status_reasons
from appengine.webapp2.router import Router
from appengine.webapp2.routing import BaseRoute, Route, SimpleRoute

HTTPException = exc.HTTPException

__all__ = [
    "BaseHandlerAdapter",
    "BaseRoute",
    "Config",
    "HTTPException",
    "ImportStringError",
    "RedirectHandler",
    "Request",
    "RequestContext",
    "RequestHandler",
    "Response",
    "ResponseHeaders",
    "Route",
    "Router",
    "SimpleRoute",
    "WSGIApplication",
    "Webapp2HandlerAdapter",
    "WebappHandlerAdapter",
    "abort",
    "cached_property",
    "exc",
    "get_app",
    "get_request",
    "import_string",
    "redirect",
    "redirect_to",
    "status_reasons",
    "uri_for",
]
