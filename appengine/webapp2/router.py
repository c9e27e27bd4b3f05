"""The router: an application's routes in order, and how a request finds its own.

Source: webapp2, "Router".
"""

from collections.abc import Callable, Iterable
from types import MethodType
from typing import ClassVar

from appengine.webapp2.adapters import BaseHandlerAdapter, adapt
from appengine.webapp2.imports import import_string
from appengine.webapp2.library import exc
from appengine.webapp2.request import Request
from appengine.webapp2.response import Response
from appengine.webapp2.routing import Args, BaseRoute, Kwargs, Matched, SimpleRoute


class Router:
    """Routes of one application.

    What it does is in four steps (match, adapt, dispatch, build), and each may be replaced.

    Attributes:
        match_routes: the routes that match requests, in order.
        build_routes: the routes that make URLs, by name.
        handlers: handlers that were imported, by dotted name.
    """

    route_class: ClassVar[type[BaseRoute]] = SimpleRoute

    match_routes: list[BaseRoute]
    build_routes: dict[str, BaseRoute]
    handlers: dict[str, object]

    def __init__(self, routes: Iterable[object] | None = None) -> None:
        self.match_routes = []
        self.build_routes = {}
        self.handlers = {}
        for route in routes or ():
            self.add(route)

    def add(self, route: object) -> None:
        """Adds a route, or a pair of a regular expression and a handler, behind the others.

        Raises:
            TypeError: it is neither.
        """
        if isinstance(route, tuple):
            route = self.route_class(*route)
        if not (hasattr(route, "get_match_routes") and hasattr(route, "get_build_routes")):
            raise TypeError(f"{route!r} is no route: a pair of expression and handler, or a Route")
        self.match_routes += route.get_match_routes()
        self.build_routes |= dict(route.get_build_routes())

    def set_matcher(self, func: Callable[["Router", Request], Matched]) -> None:
        """Lets a function find requests' routes, as `default_matcher` does."""
        self.match = MethodType(func, self)  # type: ignore[method-assign]  # what it is for

    def set_builder(self, func: Callable[["Router", Request, str, Args, Kwargs], str]) -> None:
        """Lets a function make URLs, as `default_builder` does."""
        self.build = MethodType(func, self)  # type: ignore[method-assign]  # what it is for

    def set_dispatcher(self, func: Callable[["Router", Request, Response], object]) -> None:
        """Lets a function answer requests, as `default_dispatcher` does."""
        self.dispatch = MethodType(func, self)  # type: ignore[method-assign]  # what it is for

    def set_adapter(
        self, func: Callable[["Router", object], Callable[[Request, Response], object]]
    ) -> None:
        """Lets a function say how handlers are called, as `default_adapter` does."""
        self.adapt = MethodType(func, self)  # type: ignore[method-assign]  # what it is for

    def default_matcher(self, request: Request) -> Matched:
        """Returns the first route that matches, and the values of its variables.

        Raises:
            HTTPNotFound: no route matches.
            HTTPMethodNotAllowed: routes match the path alone; `Allow` lists their methods.
        """
        allowed: list[str] = []
        refused = False
        for route in self.match_routes:
            try:
                if (found := route.match(request)) is not None:
                    return found
            except exc.HTTPMethodNotAllowed as error:
                refused = True
                allowed += error.headers.get("Allow", "").split(", ")
        if refused:
            names = ", ".join(dict.fromkeys(name for name in allowed if name))
            raise exc.HTTPMethodNotAllowed(headers=[("Allow", names)])
        raise exc.HTTPNotFound()

    def default_builder(self, request: Request, name: str, args: Args, kwargs: Kwargs) -> str:
        """Returns the URL of a route by its name; see `webapp2.uri_for`."""
        if (route := self.build_routes.get(name)) is None:
            raise KeyError(f"Route named {name!r} is not defined.")
        return route.build(request, args, kwargs)

    def default_dispatcher(self, request: Request, response: Response) -> object:
        """Finds the request's route, notes it in the request, and calls its handler.

        Raises:
            HTTPNotFound, HTTPMethodNotAllowed: as `default_matcher`.
            ImportStringError: the handler cannot be imported.
        """
        route, request.route_args, request.route_kwargs = self.match(request)
        request.route = route
        if route.handler_adapter is None:
            route.handler_adapter = self.adapt(self._handler_of(route))
        return route.handler_adapter(request, response)

    def _handler_of(self, route: BaseRoute) -> object:
        if not isinstance(route.handler, str):
            return route.handler
        if route.handler not in self.handlers:
            self.handlers[route.handler] = import_string(route.handler)
        return self.handlers[route.handler]

    def default_adapter(self, handler: object) -> BaseHandlerAdapter:
        """Returns how a handler is called: a class or a function."""
        return adapt(handler)

    match = default_matcher
    build = default_builder
    dispatch = default_dispatcher
    adapt = default_adapter

    def __repr__(self) -> str:
        routes = list(self.match_routes)
        routes += [route for route in self.build_routes.values() if route not in routes]
        return f"<Router({routes!r})>"
