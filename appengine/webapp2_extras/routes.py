"""Routes that hold other routes, or send to them.

Source: webapp2, "API Reference", `webapp2_extras.routes`.
"""

import re
from collections.abc import Callable, Iterable, Iterator

from appengine.webapp2.handlers import RedirectHandler, RequestHandler
from appengine.webapp2.library import exc
from appengine.webapp2.patterns import parse_template, read_match
from appengine.webapp2.properties import cached_property
from appengine.webapp2.request import Request
from appengine.webapp2.routing import BaseRoute, Kwargs, Matched, Route

__all__ = [
    "DomainRoute",
    "HandlerPrefixRoute",
    "MultiRoute",
    "NamePrefixRoute",
    "PathPrefixRoute",
    "RedirectRoute",
]

HOST_VARIABLE = r"[^.]+"


class MultiRoute:
    """Several routes as one.

    Attributes:
        routes: what it was made of; some may hold others.
        children: the routes themselves, once somebody asks for them.
        match_children: those that match requests.
        build_children: those that make URLs, by name.
    """

    routes: list["BaseRoute | MultiRoute"]
    children: list[BaseRoute] | None = None
    match_children: list["BaseRoute | MultiRoute"] | None = None
    build_children: dict[str, BaseRoute] | None = None

    def __init__(self, routes: Iterable["BaseRoute | MultiRoute"]) -> None:
        self.routes = list(routes)

    def get_children(self) -> list[BaseRoute]:
        """Returns the routes themselves."""
        if self.children is None:
            self.children = [child for route in self.routes for child in route.get_routes()]
        return self.children

    def get_match_children(self) -> list["BaseRoute | MultiRoute"]:
        """Returns the routes that match requests."""
        if self.match_children is None:
            self.match_children = []
            for route in self.routes:
                self.match_children += route.get_match_routes()
        return self.match_children

    def get_build_children(self) -> dict[str, BaseRoute]:
        """Returns the routes that make URLs, by name."""
        if self.build_children is None:
            self.build_children = {}
            for route in self.routes:
                self.build_children |= dict(route.get_build_routes())
        return self.build_children

    def get_routes(self) -> Iterator[BaseRoute]:
        """Yields the routes themselves."""
        yield from self.get_children()

    def get_match_routes(self) -> Iterator["BaseRoute | MultiRoute"]:
        """Yields the routes that match requests."""
        yield from self.get_match_children()

    def get_build_routes(self) -> Iterator[tuple[str, BaseRoute]]:
        """Yields the routes that make URLs, each with its name."""
        yield from self.get_build_children().items()

    def match(self, request: Request) -> Matched | None:
        """Returns what the first of the routes that matches returns.

        Raises:
            HTTPMethodNotAllowed: routes match the path alone.
        """
        refused = None
        for route in self.get_match_children():
            try:
                if (found := route.match(request)) is not None:
                    return found
            except exc.HTTPMethodNotAllowed as error:
                refused = error
        if refused is not None:
            raise refused
        return None


class DomainRoute(MultiRoute):
    """Routes for one host name, or for names by a template: `<subdomain>.example.com`.

    The template's variables are among the arguments of the handlers.
    """

    def __init__(self, template: str, routes: Iterable[BaseRoute | MultiRoute]) -> None:
        super().__init__(routes)
        self.template = template

    @cached_property
    def regex(self) -> re.Pattern[str]:
        """The template as a regular expression."""
        return parse_template(self.template, HOST_VARIABLE).regex

    def get_match_routes(self) -> Iterator[BaseRoute | MultiRoute]:
        """Yields this route, which asks the others."""
        yield self

    def match(self, request: Request) -> Matched | None:
        """Returns a route and the values of the host's and its own variables."""
        found = self.regex.fullmatch(request.host.partition(":")[0])
        matched = super().match(request) if found is not None else None
        if found is None or matched is None:
            return None
        route, args, kwargs = matched
        host_args, host_kwargs = read_match(found, {})
        return route, (*host_args, *args), {**host_kwargs, **kwargs}


class NamePrefixRoute(MultiRoute):
    """Routes whose names begin alike: `NamePrefixRoute("user-", [Route(..., name="login")])`."""

    _attribute = "name"

    def __init__(self, prefix: str, routes: Iterable[BaseRoute | MultiRoute]) -> None:
        super().__init__(routes)
        self.prefix = prefix
        for child in self.get_children():
            self._add_prefix(child)

    def _add_prefix(self, route: BaseRoute) -> None:
        value = getattr(route, self._attribute)
        if isinstance(value, str):  # a handler that is no name, and a route without one, stay
            setattr(route, self._attribute, self.prefix + value)


class HandlerPrefixRoute(NamePrefixRoute):
    """Routes whose handlers' dotted names begin alike: `HandlerPrefixRoute("blog.pages.", ...)`."""

    _attribute = "handler"


class PathPrefixRoute(NamePrefixRoute):
    """Routes whose paths begin alike; they are looked at only where a path begins so."""

    _attribute = "template"

    def __init__(self, prefix: str, routes: Iterable[BaseRoute | MultiRoute]) -> None:
        if not prefix.startswith("/") or prefix.endswith("/"):
            raise AssertionError(
                f"path prefix {prefix!r} must start with a slash but not end with a slash"
            )
        super().__init__(prefix, routes)
        self._prefix_inner(self.routes)

    def _prefix_inner(self, routes: Iterable[BaseRoute | MultiRoute]) -> None:
        """Lets prefixes inside of this one begin as it does."""
        for route in routes:
            if isinstance(route, MultiRoute):
                if isinstance(route, PathPrefixRoute):
                    route.prefix = self.prefix + route.prefix
                self._prefix_inner(route.routes)

    @cached_property
    def regex(self) -> re.Pattern[str]:
        """The prefix as a regular expression, to be found at the start of a path."""
        return parse_template(self.prefix).regex

    def get_match_routes(self) -> Iterator[BaseRoute | MultiRoute]:
        """Yields this route, which asks the others."""
        yield self

    def match(self, request: Request) -> Matched | None:
        """Returns what the first of the routes that matches returns; None for other paths."""
        return super().match(request) if self.regex.match(request.decoded_path) else None


class RedirectRoute(Route):
    """A route that sends to another one, or to itself from the path with or without a slash.

    Args:
        redirect_to: a URL, or a callable that is given the handler and the variables' values and
            returns one.
        redirect_to_name: the name of a route, which is given the variables' values.
        strict_slash: the path with the other ending, with a slash or without, is sent to this one.

    Raises:
        ValueError: `strict_slash` without a name.
    """

    def __init__(
        self,
        template: str,
        handler: object = None,
        name: str | None = None,
        defaults: Kwargs | None = None,
        build_only: bool = False,
        handler_method: str | None = None,
        methods: Iterable[str] | None = None,
        schemes: Iterable[str] | None = None,
        redirect_to: str | Callable[..., str] | None = None,
        redirect_to_name: str | None = None,
        strict_slash: bool = False,
    ) -> None:
        super().__init__(
            template, handler, name, defaults, build_only, handler_method, methods, schemes
        )
        if strict_slash and not name:
            raise ValueError(f"Route {template!r}: routes with strict_slash must have a name.")
        self.strict_slash = strict_slash
        self.redirect_to_name = redirect_to_name
        if redirect_to is not None:
            self.handler = RedirectHandler
            self.defaults["_uri"] = redirect_to

    def get_match_routes(self) -> Iterator[BaseRoute]:
        """Yields this route, or the one that sends to another; and the one with the other slash."""
        template = self.template or ""
        if self.redirect_to_name:
            yield self._redirection(template, self.redirect_to_name)
        else:
            yield from super().get_match_routes()
        if self.strict_slash and self.name:
            other = template.removesuffix("/") if template.endswith("/") else f"{template}/"
            yield self._redirection(other, self.name)

    def _redirection(self, template: str, name: str) -> Route:
        def find_uri(handler: RequestHandler, *_: object, **values: object) -> str:
            args = handler.request.route_args or ()  # beside named values, handlers are given none
            own = {key: value for key, value in values.items() if key in self.variables}
            return handler.uri_for(name, *args, **own)

        return Route(template, RedirectHandler, defaults={**self.defaults, "_uri": find_uri})
