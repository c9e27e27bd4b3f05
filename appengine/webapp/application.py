"""The WSGI application: finds a request's handler and calls the method that it is for.

Source: App Engine, "The WSGIApplication Class".
"""

import re
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import ClassVar
from wsgiref.types import StartResponse, WSGIEnvironment

from appengine.webapp.errors import Error
from appengine.webapp.handlers import METHODS, RequestHandler, explain, fail
from appengine.webapp.request import Request
from appengine.webapp.response import Response
from appengine.webapp.reverse import Mapping, Match, current_match

Route = Mapping[RequestHandler]


class WSGIApplication:
    r"""Maps paths to handlers: `WSGIApplication([(r'/user/(\w+)', UserPage)], debug=True)`.

    The first regular expression that matches the whole decoded path wins. Its groups are the
    arguments of the handler's method. No match is 404, a method that HTTP lacks is 501.
    """

    REQUEST_CLASS: ClassVar[type[Request]] = Request
    RESPONSE_CLASS: ClassVar[type[Response]] = Response

    def __init__(
        self,
        url_mapping: Iterable[tuple[str, Callable[[], RequestHandler]]],
        debug: bool = False,
    ) -> None:
        """Compiles the mapping.

        Args:
            url_mapping: pairs of a regular expression and a handler class or factory.
            debug: a handler's exception is answered with its traceback.

        Raises:
            Error: a pair or an expression is none, with its place in the mapping.
        """
        self.debug = debug
        self._mappings = tuple(_compile(number, pair) for number, pair in enumerate(url_mapping))

    def get_registered_handler_by_name(self, handler_name: str) -> Callable[[], RequestHandler]:
        """Returns the handler class of that name in the mapping.

        Raises:
            Error: there is none.
        """
        for mapping in self._mappings:
            if getattr(mapping.handler, "__name__", "") == handler_name:
                return mapping.handler
        raise Error(f"handler {handler_name!r} is in no mapping")

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answers one request."""
        request, response = self.REQUEST_CLASS(environ), self.RESPONSE_CLASS()
        path = request.script_name + request.path_info
        for mapping in self._mappings:
            if (found := mapping.pattern.fullmatch(path)) is not None:
                groups = found.groups()
                token = current_match.set(Match(self._mappings, groups))
                try:
                    self._dispatch(mapping, groups, request, response)
                finally:
                    current_match.reset(token)
                break
        else:
            explain(response, HTTPStatus.NOT_FOUND, f"nothing is mapped to {request.path}")
        return response(environ, start_response)

    def _dispatch(
        self, mapping: Route, groups: tuple[str, ...], request: Request, response: Response
    ) -> None:
        handler = RequestHandler()
        handler.initialize(request, response)  # stands in where the real one cannot be made
        try:
            made = mapping.handler()
            made.request, made.response = request, response  # should `initialize` not get so far
            handler = made
            handler.initialize(request, response)
            if (name := request.method.lower()) in METHODS and request.method.isupper():
                getattr(handler, name)(*groups)
            else:
                fail(handler, HTTPStatus.NOT_IMPLEMENTED, f"method {request.method!r}")
        except Exception as error:
            handler.handle_exception(error, self.debug)


def _compile(number: int, pair: tuple[str, Callable[[], RequestHandler]]) -> Route:
    try:
        expression, handler = pair
    except (TypeError, ValueError):
        raise Error(f"url_mapping[{number}]: {pair!r} is no pair of path and handler") from None
    if not isinstance(expression, str):
        raise Error(f"url_mapping[{number}]: {expression!r} is no regular expression")
    if not callable(handler):
        raise Error(f"url_mapping[{number}]: {expression!r}: {handler!r} is no handler class")
    try:
        return Mapping(re.compile(expression), handler)
    except re.error as error:
        raise Error(f"url_mapping[{number}]: {expression!r}: {error}") from None
