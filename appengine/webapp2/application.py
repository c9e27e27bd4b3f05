"""The WSGI application: routes, configuration, and what happens to errors.

Source: webapp2, "The WSGI application".
"""

import logging
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import ClassVar
from wsgiref.types import StartResponse, WSGIEnvironment

from appengine.webapp.errors import MalformedRequestError
from appengine.webapp.tracebacks import format_exception
from appengine.webapp.util import run_bare_wsgi_app, run_wsgi_app
from appengine.webapp2 import current
from appengine.webapp2.configuration import Config
from appengine.webapp2.imports import import_string
from appengine.webapp2.library import exc
from appengine.webapp2.local import LocalProxy
from appengine.webapp2.request import Request
from appengine.webapp2.response import Response
from appengine.webapp2.router import Router

INTERNAL_ERROR = 500


class RequestContext:
    """The time in which one request is answered: request and application are the current ones."""

    app: "WSGIApplication"
    environ: WSGIEnvironment

    def __init__(self, app: "WSGIApplication", environ: WSGIEnvironment) -> None:
        self.app = app
        self.environ = environ

    def __enter__(self) -> tuple[Request, Response]:
        """Makes the request and its response."""
        request = self.app.request_class(self.environ)
        response = self.app.response_class()
        request.app = self.app
        request.response = response
        self._before = current.get_globals()  # a request inside of another one gives them back
        self.app.set_globals(app=self.app, request=request)
        return request, response

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Makes current again what was before."""
        current.set_globals(*self._before)


class WSGIApplication:
    """Answers requests by routes: `WSGIApplication([Route("/", Home)], debug=True)`.

    Attributes:
        debug: an error that nobody handles is answered with its traceback.
        config: values by module name.
        router: the routes.
        registry: values that an application and its libraries keep as long as it lives.
        error_handlers: a function `(request, response, exception)`, or the dotted name of one, by
            status code; it fills the response or returns another.
    """

    allowed_methods: frozenset[str] = frozenset(
        {"GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"}
    )
    request_class: ClassVar[type[Request]] = Request
    response_class: ClassVar[type[Response]] = Response
    router_class: ClassVar[type[Router]] = Router
    request_context_class: ClassVar[type[RequestContext]] = RequestContext
    config_class: ClassVar[type[Config]] = Config

    debug: bool = False
    config: Config
    router: Router
    registry: dict[str, object]
    error_handlers: dict[int, object]

    app: ClassVar[LocalProxy] = LocalProxy(current.current, "app")
    """The application that answers the current request."""
    active_instance: ClassVar[LocalProxy] = app
    request: ClassVar[LocalProxy] = LocalProxy(current.current, "request")
    """The current request."""

    def __init__(
        self,
        routes: Iterable[object] | None = None,
        debug: bool = False,
        config: Mapping[str, object] | None = None,
    ) -> None:
        """Takes routes (or pairs of regular expression and handler), and values by module name."""
        self.debug = debug
        self.registry = {}
        self.error_handlers = {}
        self.config = self.config_class(config)
        self.router = self.router_class(routes)

    def set_globals(
        self, app: "WSGIApplication | None" = None, request: Request | None = None
    ) -> None:
        """Makes an application and a request current; for tests, which no request surrounds."""
        current.set_globals(app, request)

    def clear_globals(self) -> None:
        """Makes no application and no request current."""
        current.set_globals()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answers one request."""
        with self.request_context_class(self, environ) as (request, response):
            answer = self._answer(request, response)
            try:
                return _send(answer, environ, start_response)
            except Exception as error:
                return _send(self._internal_error(error), environ, start_response)

    def _answer(self, request: Request, response: Response) -> object:
        try:
            if request.method not in self.allowed_methods:
                raise exc.HTTPNotImplemented()
            returned = self.router.dispatch(request, response)
            return response if returned is None else _checked(returned)
        except Exception as error:
            return self._answer_error(request, response, _as_http(error))

    def _answer_error(self, request: Request, response: Response, error: Exception) -> object:
        try:
            returned = self.handle_exception(request, response, error)
            return response if returned is None else _checked(returned)
        except exc.HTTPException as raised:
            return raised
        except Exception as raised:
            return self._internal_error(raised, logged=raised is error)

    def handle_exception(self, request: Request, response: Response, e: Exception) -> object:
        """Lets the error handler of the exception's status code answer; others are raised again.

        What is no HTTP exception has the code 500, and is logged with its traceback.
        """
        code = e.code if isinstance(e, exc.HTTPException) else INTERNAL_ERROR
        if not isinstance(e, exc.HTTPException):
            logging.error("%s", e, exc_info=e)
        handler = self.error_handlers.get(code)
        if handler is None:
            raise e
        if isinstance(handler, str):
            handler = self.error_handlers[code] = import_string(handler)
        if not callable(handler):
            raise TypeError(f"error_handlers[{code}]: {handler!r} is no function") from e
        returned: object = handler(request, response, e)
        return returned

    def _internal_error(self, exception: Exception, logged: bool = False) -> Response:
        """Returns the answer to an error that nobody handles: with a traceback where `debug` is."""
        if not logged:
            logging.error("%s", exception, exc_info=exception)
        if not self.debug:
            failed: Response = exc.HTTPInternalServerError()
            return failed
        response = self.response_class(format_exception(exception), content_type="text/plain")
        response.status = INTERNAL_ERROR
        return response

    def run(self, bare: bool = False) -> None:
        """Answers the request of a CGI script; `bare`: without appengine_config.py's middleware."""
        (run_bare_wsgi_app if bare else run_wsgi_app)(self)

    def get_response(self, *args: object, **kwargs: object) -> Response:
        """Returns the answer to a request that nobody sent; for tests.

        Args:
            args: those of `Request.blank`: path, environ, base URL, headers.
            kwargs: as above, and those of WebOb: `method="PUT"`, `POST={"a": "b"}`.
        """
        request = self.request_class.blank(*args, **kwargs)  # type: ignore[arg-type]  # blank's own
        response: Response = request.get_response(self)
        return response


def _as_http(error: Exception) -> Exception:
    """Returns the error to answer: a request that cannot be read is 400."""
    return exc.HTTPBadRequest(str(error)) if isinstance(error, MalformedRequestError) else error


def _checked(returned: object) -> object:
    if not callable(returned):
        raise TypeError(f"a handler returned {returned!r}: neither None nor a response")
    return returned


def _send(
    response: object, environ: WSGIEnvironment, start_response: StartResponse
) -> Iterable[bytes]:
    pieces: Iterable[bytes] = response(environ, start_response)  # type: ignore[operator]  # checked
    return pieces
