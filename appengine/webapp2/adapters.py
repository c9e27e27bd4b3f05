"""How a handler is called: a function, a handler of this framework, or one of webapp's.

Source: webapp2, "Router", section "Handler adapters".
"""

from collections.abc import Callable

from appengine.webapp2.handlers import RequestHandler, arguments_of, method_name
from appengine.webapp2.redirects import abort
from appengine.webapp2.request import Request
from appengine.webapp2.response import Response

NOT_IMPLEMENTED = 501


class BaseHandlerAdapter:
    """Calls a function with the request and the route's variables."""

    handler: Callable[..., object] | None = None

    def __init__(self, handler: Callable[..., object]) -> None:
        self.handler = self._handler = handler

    def __call__(self, request: Request, response: Response) -> object:
        """Returns what the handler returns: a response, or None if it has filled the given one."""
        args, kwargs = arguments_of(request)
        return self._handler(request, *args, **kwargs)


class WebappHandlerAdapter(BaseHandlerAdapter):
    """Makes a handler of webapp, without arguments, and calls the method for the request."""

    def __call__(self, request: Request, response: Response) -> None:
        """Lets the handler fill the response."""
        handler = self._handler()
        handler.initialize(request, response)  # type: ignore[attr-defined]  # webapp's handlers have it
        name = (request.route.handler_method if request.route else None) or method_name(
            request.method
        )
        method = getattr(handler, name, None)
        if method is None:
            abort(NOT_IMPLEMENTED)
        args = (*(request.route_args or ()), *(request.route_kwargs or {}).values())
        try:
            method(*args)
        except Exception as error:
            debug = request.app.debug if request.app else False
            handler.handle_exception(error, debug)  # type: ignore[attr-defined]  # as above


class Webapp2HandlerAdapter(BaseHandlerAdapter):
    """Makes a handler of the request and the response, and lets it dispatch."""

    def __call__(self, request: Request, response: Response) -> object:
        """Returns what the handler's method returns."""
        handler = self._handler(request, response)
        return handler.dispatch()  # type: ignore[attr-defined]  # what the adapter is chosen by


def adapt(handler: object) -> BaseHandlerAdapter:
    """Returns the adapter that fits a handler.

    Raises:
        TypeError: it is neither a class nor a function.
    """
    if isinstance(handler, type):
        if hasattr(handler, "dispatch") or issubclass(handler, RequestHandler):
            return Webapp2HandlerAdapter(handler)
        return WebappHandlerAdapter(handler)
    if not callable(handler):
        raise TypeError(f"{handler!r} is no handler: a class, a function, or a name of one")
    return BaseHandlerAdapter(handler)
