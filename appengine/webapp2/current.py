"""The application and the request of the thread or task that asks."""

from typing import TYPE_CHECKING

from appengine.webapp2.local import Local

if TYPE_CHECKING:
    from appengine.webapp2.application import WSGIApplication
    from appengine.webapp2.request import Request

current = Local()


def set_globals(app: "WSGIApplication | None" = None, request: "Request | None" = None) -> None:
    """Makes an application and a request the current ones; None is none."""
    current.app = app
    current.request = request


def get_globals() -> "tuple[WSGIApplication | None, Request | None]":
    """Returns the current application and request."""
    values = dict(current)
    return values.get("app"), values.get("request")  # type: ignore[return-value]  # set above alone


def get_app() -> "WSGIApplication":
    """Returns the current application.

    Raises:
        AssertionError: no request is being answered and `set_globals` was not called.
    """
    app, _ = get_globals()
    if app is None:
        raise AssertionError("WSGIApplication global variable is not set.")
    return app


def get_request() -> "Request":
    """Returns the request that is being answered.

    Raises:
        AssertionError: there is none and `set_globals` was not called.
    """
    _, request = get_globals()
    if request is None:
        raise AssertionError("Request global variable is not set.")
    return request
