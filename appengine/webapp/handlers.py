"""What applications subclass: one class for each page, one method for each of HTTP's.

Source: App Engine, "The RequestHandler Class".
"""

import logging
from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import quote, urljoin

from appengine.webapp.errors import MalformedRequestError
from appengine.webapp.request import Request
from appengine.webapp.response import Response
from appengine.webapp.reverse import build_url
from appengine.webapp.tracebacks import format_exception

METHODS = ("get", "post", "head", "options", "put", "delete", "trace")
"""The methods that a handler may have; a request with any other is answered 501."""

TEXT = "text/plain; charset=utf-8"


class RequestHandler:
    """Base of all handlers: a subclass defines `get`, `post` and so on.

    The groups of the mapping's regular expression are the method's arguments, as text.
    """

    request: Request
    response: Response

    def initialize(self, request: Request, response: Response) -> None:
        """Takes the request to answer and the response to fill, before the method is called."""
        self.request = request
        self.response = response

    def _refuse(self, *groups: str) -> None:
        """Answers 405: a method that the subclass does not define."""
        allowed = ", ".join(name.upper() for name in METHODS if self._defines(name))
        fail(self, HTTPStatus.METHOD_NOT_ALLOWED, f"this page takes {allowed or 'none'}")
        self.response.headers["Allow"] = allowed

    # Attributes, not methods, so that type checkers take a subclass's method with any arguments.
    get: Callable[..., None] = _refuse
    post: Callable[..., None] = _refuse
    head: Callable[..., None] = _refuse
    options: Callable[..., None] = _refuse
    put: Callable[..., None] = _refuse
    delete: Callable[..., None] = _refuse
    trace: Callable[..., None] = _refuse

    def _defines(self, name: str) -> bool:
        return getattr(type(self), name) is not getattr(RequestHandler, name)

    def error(self, code: int) -> None:
        """Sets the status and forgets what was written, so that a handler may write anew."""
        self.response.set_status(code)
        self.response.clear()

    def redirect(self, uri: str, permanent: bool = False) -> None:
        """Sends the client to another URL, which may be relative to this one: 302, or 301."""
        # Not by `error`, which applications override to show pages of their own.
        self.response.set_status(HTTPStatus.MOVED_PERMANENTLY if permanent else HTTPStatus.FOUND)
        self.response.clear()
        absolute = urljoin(self.request.uri, str(uri))
        self.response.headers["Location"] = quote(absolute, safe="/~!$&'()*+,;=:@?#[]%")

    def handle_exception(self, exception: Exception, debug_mode: bool) -> None:
        """Answers for a method that raised: logs the traceback, 500, or 400 for a bad request.

        Args:
            exception: what the method raised.
            debug_mode: the traceback is the answer's text, the application's own frames of it.
        """
        if isinstance(exception, MalformedRequestError):
            logging.warning("Bad request: %s", exception)
            fail(self, HTTPStatus.BAD_REQUEST, str(exception))
            return
        logging.exception(exception)
        fail(self, HTTPStatus.INTERNAL_SERVER_ERROR, "the log says why")
        if debug_mode:
            self.response.clear()
            self.response.headers["Content-Type"] = TEXT
            self.response.out.write(format_exception(exception))

    @classmethod
    def get_url(cls, *args: object, implicit_args: bool | tuple[object, ...] = ()) -> str:
        """Returns the URL of the first mapping to this class that takes the arguments.

        Args:
            args: the values of the mapping's last groups.
            implicit_args: the values of groups before them; True: those of this request.

        Raises:
            NoUrlFoundError: no mapping fits, or no request is being answered.
        """
        return build_url(cls, args, implicit_args)

    @classmethod
    def new_factory(cls, *args: object, **kwargs: object) -> Callable[[], "RequestHandler"]:
        """Returns a callable that makes handlers with these arguments, for use in a mapping."""

        def new_instance() -> RequestHandler:
            return cls(*args, **kwargs)

        new_instance.__name__ = f"{cls.__name__}Factory"
        return new_instance


class RedirectHandler(RequestHandler):
    """Sends every GET to one path: `('/old', RedirectHandler.new_factory('/new'))`."""

    def __init__(self, path: str, permanent: bool = False) -> None:
        self.path = path
        self.permanent = permanent

    def get(self, *groups: str) -> None:
        """Redirects to the path, whatever the mapping's groups matched."""
        self.redirect(self.path, permanent=self.permanent)


def fail(handler: RequestHandler, status: HTTPStatus, reason: str) -> None:
    """Answers with an error, as the handler's own `error` shows it; if that shows nothing, so.

    The text is one line that says what went wrong.
    """
    handler.error(status)
    if not handler.response.body:
        explain(handler.response, status, reason)


def explain(response: Response, status: HTTPStatus, reason: str) -> None:
    """Makes a response one line of plain text that says what went wrong."""
    response.set_status(status)
    response.headers["Content-Type"] = TEXT
    response.clear()
    response.out.write(f"{status} {status.phrase}: {reason}\n")
