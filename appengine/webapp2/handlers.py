"""What applications subclass: one class for each page, one method for each of HTTP's.

Source: webapp2, "Request handlers".
"""

from typing import TYPE_CHECKING, NoReturn

from appengine.webapp2 import redirects
from appengine.webapp2.current import get_globals
from appengine.webapp2.request import Request
from appengine.webapp2.response import Response

if TYPE_CHECKING:
    from appengine.webapp2.application import WSGIApplication

METHODS = ("GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE", "PATCH")


class RequestHandler:
    """Base of all handlers: a subclass defines `get`, `post` and so on.

    The values of the route's named variables are the method's arguments; where there are none,
    those of the unnamed ones. A method returns None, or a response that takes the place of
    `self.response`.
    """

    app: "WSGIApplication"
    request: Request
    response: Response

    def __init__(self, request: Request | None = None, response: Response | None = None) -> None:
        self.initialize(request, response)

    def initialize(self, request: Request | None, response: Response | None) -> None:
        """Takes the request to answer, the response to fill, and their application."""
        app = (request.app if request is not None else None) or get_globals()[0]
        self.request, self.response, self.app = request, response, app  # type: ignore[assignment]  # None outside of requests alone

    def dispatch(self) -> object:
        """Calls the method for the request, and returns what it returns.

        Whatever is to happen before or after every method of an application, such as saving
        sessions, is done by a subclass that overrides this.

        Raises:
            HTTPMethodNotAllowed: the handler lacks the method; `Allow` lists the others.
        """
        route = self.request.route
        name = (route.handler_method if route else None) or method_name(self.request.method)
        method = getattr(self, name, None)
        if not callable(method):
            self.abort(405, headers=[("Allow", ", ".join(methods_of(self)))])
        args, kwargs = arguments_of(self.request)
        try:
            return method(*args, **kwargs)
        except Exception as error:
            return self.handle_exception(error, self.app.debug)

    def error(self, code: int) -> None:
        """Sets the status and forgets what was written, so that a handler may write anew."""
        self.response.status = code
        self.response.clear()

    def abort(self, code: int, *args: object, **kwargs: object) -> NoReturn:
        """See `webapp2.abort`."""
        redirects.abort(code, *args, **kwargs)

    def redirect(
        self,
        uri: str,
        permanent: bool = False,
        abort: bool = False,
        code: int | None = None,
        body: object = None,
    ) -> Response:
        """See `webapp2.redirect`; it fills this handler's response."""
        return redirects.redirect(uri, permanent, abort, code, body, self.request, self.response)

    def redirect_to(
        self,
        _name: str,
        _permanent: bool = False,
        _abort: bool = False,
        _code: int | None = None,
        _body: object = None,
        *args: object,
        **kwargs: object,
    ) -> Response:
        """See `webapp2.redirect_to`; it fills this handler's response."""
        uri = self.uri_for(_name, *args, **kwargs)
        return self.redirect(uri, _permanent, _abort, _code, _body)

    def uri_for(self, _name: str, *args: object, **kwargs: object) -> str:
        """See `webapp2.uri_for`."""
        return self.app.router.build(self.request, _name, args, kwargs)

    url_for = uri_for

    def handle_exception(self, exception: Exception, debug: bool) -> object:
        """Raises again what the method raised, so that the application handles it.

        A subclass may return a response instead, or fill this handler's.
        """
        raise exception


class RedirectHandler(RequestHandler):
    """Sends every GET to a URL that is among the route's defaults.

    `Route("/old", RedirectHandler, defaults={"_uri": "/new"})`: `_uri` is a URL or a callable that
    is given the handler and the route's variables and returns one; `_code` is the status, 301
    unless it is said; `_body` is what to write.
    """

    def get(self, *args: object, **kwargs: object) -> Response:
        """Redirects, whatever the route's variables matched."""
        code = kwargs.pop("_code", redirects.PERMANENT)
        body = kwargs.pop("_body", None)
        permanent = bool(kwargs.pop("_permanent", True))
        if not permanent and code == redirects.PERMANENT:
            code = redirects.TEMPORARY
        uri = kwargs.pop("_uri", "/")
        target = uri(self, *args, **kwargs) if callable(uri) else uri
        return self.redirect(str(target), code=int(str(code)), body=body)


def method_name(method: str) -> str:
    """Returns the name of the handler's method for one of HTTP's: `M-SEARCH` is `m_search`."""
    return method.lower().replace("-", "_")


def methods_of(handler: object) -> list[str]:
    """Returns those of HTTP's methods that a handler has."""
    return [name for name in METHODS if callable(getattr(handler, method_name(name), None))]


def arguments_of(request: Request) -> tuple[tuple[object, ...], dict[str, object]]:
    """Returns what a handler is called with: named values, or else unnamed ones."""
    kwargs = request.route_kwargs or {}
    return (() if kwargs else request.route_args or ()), kwargs
