"""Routes: which handler is for a path, and which path is for a name.

Source: webapp2, "URI routing".
"""

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode, urlunsplit

from appengine.webapp2.library import exc
from appengine.webapp2.patterns import Pattern, fill_template, parse_template, read_match
from appengine.webapp2.properties import cached_property

if TYPE_CHECKING:
    from appengine.webapp2.adapters import BaseHandlerAdapter
    from appengine.webapp2.request import Request

Args = tuple[object, ...]
Kwargs = dict[str, object]
Matched = tuple["BaseRoute", Args, Kwargs]


class BaseRoute:
    """What all routes have.

    Attributes:
        template: what the path looks like.
        handler: a class, a function, or the dotted name of one.
        name: by which `uri_for` finds the route.
        handler_method: the handler's method, instead of the one named for the request's.
        build_only: the route makes URLs and matches none.
        handler_adapter: how the handler is called, once it was imported.
    """

    template: str | None = None
    handler: object = None
    name: str | None = None
    handler_method: str | None = None
    build_only: bool = False
    handler_adapter: "BaseHandlerAdapter | None" = None

    def __init__(
        self,
        template: str,
        handler: object = None,
        name: str | None = None,
        build_only: bool = False,
    ) -> None:
        if build_only and name is None:
            raise ValueError(f"Route {template!r} is build_only but doesn't have a name.")
        self.template = template
        self.name = name
        self.build_only = build_only
        self.handler = handler
        if isinstance(handler, str) and ":" in handler:
            if self.handler_method:
                raise ValueError(
                    "If handler_method is defined in a Route, handler "
                    f"can't have a colon (got {handler!r})."
                )
            self.handler, _, self.handler_method = handler.rpartition(":")

    def match(self, request: "Request") -> Matched | None:
        """Returns this route and the values of its variables; None for other requests.

        Raises:
            HTTPMethodNotAllowed: the path is this route's, the method is not.
        """
        raise TypeError(f"{type(self).__name__} does not match requests")

    def build(self, request: "Request", args: Args, kwargs: Kwargs) -> str:
        """Returns the URL of the route with values for its variables."""
        raise TypeError(f"{type(self).__name__} does not build URLs")

    def get_routes(self) -> Iterator["BaseRoute"]:
        """Yields this route and those inside of it."""
        yield self

    def get_match_routes(self) -> Iterator["BaseRoute"]:
        """Yields the routes that match requests."""
        if not self.build_only:
            yield self

    def get_build_routes(self) -> Iterator[tuple[str, "BaseRoute"]]:
        """Yields the routes that make URLs, each with its name."""
        if self.name is not None:
            yield self.name, self


class SimpleRoute(BaseRoute):
    """A regular expression and a handler: its groups are the unnamed variables."""

    @cached_property
    def regex(self) -> re.Pattern[str]:
        """The expression, which matches whole paths."""
        self.template = _anchored(self.template or "")
        return re.compile(self.template)

    def match(self, request: "Request") -> Matched | None:
        """Returns this route and its groups; None for other paths."""
        found = self.regex.fullmatch(request.decoded_path)
        return None if found is None else (self, found.groups(), {})

    def __repr__(self) -> str:
        return f"<SimpleRoute({self.template!r}, {self.handler!r})>"


class Route(BaseRoute):
    """A template such as `/shelf/<name>/<year:[0-9]{4}>` and a handler.

    Attributes:
        defaults: values of variables that the path does not have.
        methods: the request methods that it is for; None: all.
        schemes: `("https",)` where it is for no other; None: all.
    """

    defaults: Kwargs
    methods: Iterable[str] | None = None
    schemes: Iterable[str] | None = None

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
    ) -> None:
        self.handler_method = handler_method
        super().__init__(template, handler, name, build_only)
        self.defaults = dict(defaults or {})
        self.methods = methods
        self.schemes = schemes

    @cached_property
    def _pattern(self) -> Pattern:
        return parse_template(self.template or "")

    @cached_property
    def regex(self) -> re.Pattern[str]:
        """The template as a regular expression."""
        return self._pattern.regex

    @property
    def reverse_template(self) -> str:
        """The template as text into which values go."""
        return self._pattern.reverse_template

    @property
    def variables(self) -> dict[str, re.Pattern[str]]:
        """What the template's variables match; unnamed ones are called `__0__`, `__1__`."""
        return self._pattern.variables

    @property
    def args_count(self) -> int:
        """How many variables of the template have no name."""
        return self._pattern.args_count

    @property
    def kwargs_count(self) -> int:
        """How many variables of the template have a name."""
        return self._pattern.kwargs_count

    def match(self, request: "Request") -> Matched | None:
        """Returns this route and the values of its variables; None for other paths and schemes.

        Raises:
            HTTPMethodNotAllowed: the path is this route's, the method is not.
        """
        found = self.regex.fullmatch(request.decoded_path)
        if found is None or (self.schemes and request.scheme not in self.schemes):
            return None
        if self.methods and request.method not in self.methods:
            raise exc.HTTPMethodNotAllowed(headers=[("Allow", ", ".join(self.methods))])
        return self, *read_match(found, self.defaults)

    def build(self, request: "Request", args: Args, kwargs: Kwargs) -> str:
        """Returns the route's URL; see `webapp2.uri_for`."""
        values = dict(kwargs)
        full = values.pop("_full", False)
        scheme, netloc = values.pop("_scheme", None), values.pop("_netloc", None)
        fragment = values.pop("_fragment", None)
        if full or scheme or netloc:
            netloc, scheme = netloc or _host_of(request), scheme or request.scheme
        path, rest = fill_template(self._pattern, args, values, self.defaults)
        pairs = sorted((name, str(value)) for name, value in rest.items())
        return urlunsplit(
            (
                str(scheme or ""),
                str(netloc or ""),
                path,
                urlencode(pairs),
                "" if fragment is None else quote(str(fragment)),
            )
        )

    def __repr__(self) -> str:
        return (
            f"<Route({self.template!r}, {self.handler!r}, name={self.name!r}, "
            f"defaults={self.defaults!r}, build_only={self.build_only!r})>"
        )


def _host_of(request: "Request") -> str:
    """Returns the host that a request went to, without the port that its scheme means anyway."""
    return str(request.host_url).partition("://")[2]


def _anchored(expression: str) -> str:
    start = "" if expression.startswith("^") else "^"
    return f"{start}{expression}" + ("" if expression.endswith("$") else "$")
