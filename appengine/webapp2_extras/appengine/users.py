"""Handlers' methods for users who are signed in, and for administrators.

Source: webapp2, "API Reference", `webapp2_extras.appengine.users`.
"""

from collections.abc import Callable
from functools import wraps
from importlib import import_module
from typing import Concatenate, ParamSpec, TypeVar

from appengine.webapp2.handlers import RequestHandler

__all__ = ["admin_required", "login_required"]

P = ParamSpec("P")
Handler = TypeVar("Handler", bound=RequestHandler)
Method = Callable[Concatenate[Handler, P], object]

FORBIDDEN = 403


def login_required(handler_method: Method[Handler, P]) -> Method[Handler, P]:
    """Returns a method that first sends who is not signed in to the login page."""

    @wraps(handler_method)
    def check_login(handler: Handler, /, *args: P.args, **kwargs: P.kwargs) -> object:
        users = import_module("google.appengine.api.users")
        if not users.get_current_user():
            return handler.redirect(users.create_login_url(handler.request.url))
        return handler_method(handler, *args, **kwargs)

    return check_login


def admin_required(handler_method: Method[Handler, P]) -> Method[Handler, P]:
    """Returns a method for administrators: others are signed in first, or answered with 403."""

    @wraps(handler_method)
    def check_admin(handler: Handler, /, *args: P.args, **kwargs: P.kwargs) -> object:
        users = import_module("google.appengine.api.users")
        if not users.get_current_user():
            return handler.redirect(users.create_login_url(handler.request.url))
        if not users.is_current_user_admin():
            handler.abort(FORBIDDEN)
        return handler_method(handler, *args, **kwargs)

    return check_admin
