"""A request: WebOb's, with App Engine's names for fields, and forms that are read in memory.

Source: webapp2, "Request data"; WebOb, "Request".
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Self
from wsgiref.types import WSGIEnvironment

from appengine.webapp.errors import MalformedRequestError
from appengine.webapp.forms import MAX_FIELDS, Upload, parse_query
from appengine.webapp.multipart import parse_multipart, parse_parameters
from appengine.webapp2.library import GetDict, MultiDict, NoVars, webob

if TYPE_CHECKING:
    from appengine.webapp2.application import WSGIApplication
    from appengine.webapp2.response import Response
    from appengine.webapp2.routing import BaseRoute

FORM_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})
FORM_TYPES = frozenset({"", "application/x-www-form-urlencoded"})
PARSED = "webob._parsed_post_vars"
"""Where WebOb keeps a form that has been read, with the file that it was read from."""


class Request(webob.Request):
    """One request.

    Attributes:
        app: the application that answers it.
        response: the response that its handler fills.
        registry: values that an application and its libraries keep for the request.
        route: the route that matched, once one has.
        route_args: the values of the route's unnamed variables.
        route_kwargs: the values of the route's named variables, and its defaults.
    """

    request_body_tempfile_limit: ClassVar[int] = 0  # never: an instance has no disk

    app: "WSGIApplication | None" = None
    response: "Response | None" = None
    registry: dict[str, object] | None = None
    route: "BaseRoute | None" = None
    route_args: tuple[object, ...] | None = None
    route_kwargs: dict[str, object] | None = None

    def __init__(self, environ: WSGIEnvironment, *args: object, **kwargs: object) -> None:
        super().__init__(environ, *args, **kwargs)
        self.registry = {}

    @classmethod
    def blank(
        cls,
        path: str,
        environ: WSGIEnvironment | None = None,
        base_url: str | None = None,
        headers: Mapping[str, str] | None = None,
        **kwargs: object,
    ) -> Self:
        """Returns a request that nobody sent, for tests: `Request.blank("/", POST={"a": "b"})`.

        Source: WebOb, `Request.blank`.
        """
        made: Self = super().blank(
            path, environ=environ, base_url=base_url, headers=headers, **kwargs
        )
        return made

    @property
    def query(self) -> str:
        """The query without its question mark, as it came."""
        return str(self.query_string)

    @property
    def uri(self) -> str:
        """The request's whole URL."""
        return str(self.url)

    @property
    def decoded_path(self) -> str:
        """The whole path as routes match it: without percent signs, bad bytes as U+FFFD."""
        path = self.environ.get("SCRIPT_NAME", "") + self.environ.get("PATH_INFO", "")
        return str(path.encode("latin-1", "replace").decode("utf-8", "replace"))

    def get(
        self, argument_name: str, default_value: object = "", allow_multiple: bool = False
    ) -> object:
        """Returns a field's first value, query before form; an uploaded file gives its contents.

        Args:
            argument_name: the field's name.
            default_value: what an absent field gives.
            allow_multiple: all values, as `get_all` gives them.
        """
        values = self.get_all(argument_name)
        if allow_multiple:
            return values
        return values[0] if values else default_value

    def get_all(
        self, argument_name: str, default_value: list[object] | None = None
    ) -> list[object]:
        """Returns all values of a field, those of the query first; else `default_value` or []."""
        found = self.params.getall(argument_name)
        values = [value.value if isinstance(value, Upload) else value for value in found]
        return values or ([] if default_value is None else default_value)

    def arguments(self) -> list[str]:
        """Returns the names of all fields of query and form, each once, in order."""
        return list(dict.fromkeys(self.params))

    def get_range(
        self,
        name: str,
        min_value: int | None = None,
        max_value: int | None = None,
        default: int | None = 0,
    ) -> int | None:
        """Returns a field as a whole number, moved into the range; `default` if it is none.

        The default is moved into the range as well.
        """
        try:
            value: int | None = int(str(self.get(name)))
        except ValueError:
            value = default
        if value is None:
            return None
        if max_value is not None:
            value = min(value, max_value)
        if min_value is not None:
            value = max(value, min_value)
        return value

    @property
    def GET(self) -> Mapping[str, str]:  # noqa: N802  # WebOb's name
        """The fields of the query, a `MultiDict`; bad bytes become U+FFFD.

        Raises:
            MalformedRequestError: there are more than 10,000.
        """
        query = self.query
        if (count := query.count("&") + query.count(";") + 1) > MAX_FIELDS:
            raise MalformedRequestError(f"{count} fields in one query; at most {MAX_FIELDS}")
        try:
            fields: Mapping[str, str] = super().GET
        except UnicodeDecodeError:
            fields = GetDict(parse_query(query).pairs(), self.environ)
        return fields

    @property
    def POST(self) -> Mapping[str, str | Upload]:  # noqa: N802  # WebOb's name
        """The fields of the form, a `MultiDict`; none where no form was sent.

        Raises:
            MalformedRequestError: the body is not the form that it says it is.
        """
        kept = self.environ.get(PARSED)
        if kept is None or kept[1] is not self.body_file_raw:
            fields = self._parse_form()
            kept = self.environ[PARSED] = (fields, self.body_file_raw)
        form: Mapping[str, str | Upload] = kept[0]
        return form

    def _parse_form(self) -> object:
        if self.method not in FORM_METHODS:
            return NoVars(f"Not a form request: {self.method}")
        header = self.environ.get("CONTENT_TYPE", "")
        kind = header.split(";")[0].strip().lower()
        charset = parse_parameters(header).get("charset", "utf-8")
        try:
            "".encode(charset)
        except LookupError:
            raise MalformedRequestError(f"form in unknown charset {charset!r}") from None
        if kind == "multipart/form-data":
            return MultiDict(parse_multipart(self.body, header, charset).pairs())
        if kind not in FORM_TYPES:
            return NoVars(f"Not an HTML form submission (Content-Type: {kind})")
        return MultiDict(parse_query(self.body.decode(charset, "replace"), charset).pairs())
