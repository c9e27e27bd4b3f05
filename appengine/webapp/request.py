"""A request as handlers see it: WebOb's names for what the WSGI environ holds.

Source: App Engine, "The Request Class"; WebOb, "Request".
"""

import io
from functools import cached_property
from typing import ClassVar, Literal, Self, TypeVar, overload
from urllib.parse import quote, urljoin, urlsplit
from wsgiref.types import WSGIEnvironment

from appengine.webapp.errors import MalformedRequestError
from appengine.webapp.forms import Fields, Upload, parse_query
from appengine.webapp.headers import RequestHeaders, parse_cookies
from appengine.webapp.multipart import parse_multipart, parse_parameters

Default = TypeVar("Default")

FORM_METHODS = frozenset({"POST", "PUT", "PATCH"})
FORM_TYPES = frozenset({"", "application/x-www-form-urlencoded"})
DEFAULT_PORTS = {"http": "80", "https": "443"}
SAFE = "/~!$&'()*+,;=:@"
"""What stays as it is in a path. Source: RFC 3986, section 3.3."""


class Request:
    """One request. Constructing it reads nothing; a form is read when it is first asked for."""

    charset: ClassVar[str] = "utf-8"

    def __init__(self, environ: WSGIEnvironment) -> None:
        self.environ = environ
        self.headers = RequestHeaders(environ)

    @classmethod
    def blank(
        cls,
        path: str,
        environ: WSGIEnvironment | None = None,
        base_url: str = "http://localhost",
        *,
        headers: dict[str, str] | None = None,
        method: str = "GET",
        body: bytes = b"",
    ) -> Self:
        """Returns a request for `path` (with its query) that nobody sent: for tests."""
        base, target = urlsplit(base_url), urlsplit(path)
        made: WSGIEnvironment = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": base.path.rstrip("/"),
            "PATH_INFO": target.path,
            "QUERY_STRING": target.query,
            "SERVER_NAME": base.hostname or "localhost",
            "SERVER_PORT": str(base.port or DEFAULT_PORTS[base.scheme]),
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": base.netloc,
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.url_scheme": base.scheme,
            "wsgi.input": io.BytesIO(body),
        }
        for name, value in (headers or {}).items():
            key = name.upper().replace("-", "_")
            made[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = value
        return cls(made | (environ or {}))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.method} {self.url}>"

    # Fields of the query and the form

    @overload
    def get(
        self, argument_name: str, default_value: str = "", *, allow_multiple: Literal[True]
    ) -> list[str | bytes]: ...
    @overload
    def get(self, argument_name: str) -> str | bytes: ...
    @overload
    def get(self, argument_name: str, default_value: Default) -> str | bytes | Default: ...
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

    @overload
    def get_all(self, argument_name: str) -> list[str | bytes]: ...
    @overload
    def get_all(
        self, argument_name: str, default_value: Default
    ) -> list[str | bytes] | Default: ...
    def get_all(self, argument_name: str, default_value: object = None) -> object:
        """Returns all values of a field, those of the query first; else `default_value` or []."""
        values = [_content(value) for value in self.params.getall(argument_name)]
        return values or ([] if default_value is None else default_value)

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
            value: int | None = int(self.get(name))
        except ValueError:
            value = default
        if value is None:
            return None
        if max_value is not None:
            value = min(value, max_value)
        if min_value is not None:
            value = max(value, min_value)
        return value

    def arguments(self) -> list[str]:
        """Returns the names of all fields of query and form, each once."""
        return list(self.params)

    @cached_property
    def GET(self) -> Fields[str]:  # noqa: N802  # WebOb's name
        """The fields of the query."""
        return parse_query(self.query_string.encode("latin-1").decode("utf-8", "replace"))

    @cached_property
    def POST(self) -> Fields[str | Upload]:  # noqa: N802  # WebOb's name
        """The fields of the form; none where the method or the Content-Type says there is none.

        Raises:
            MalformedRequestError: the body is not the form that it says it is.
        """
        kind = self.content_type
        if self.method not in FORM_METHODS or not self.content_length:
            return Fields()
        if kind == "multipart/form-data":
            return parse_multipart(self.body, self.headers["Content-Type"], self._form_charset)
        if kind not in FORM_TYPES:
            return Fields()
        charset = self._form_charset
        return parse_query(self.body.decode(charset, "replace"), charset)

    @cached_property
    def params(self) -> Fields[str | Upload]:
        """The fields of query and form together, those of the query first."""
        return Fields([*self.GET.pairs(), *self.POST.pairs()])

    @property
    def _form_charset(self) -> str:
        parameters = parse_parameters(self.headers.get("Content-Type", ""))
        charset = parameters.get("charset", self.charset)
        try:
            "".encode(charset)
        except LookupError:
            raise MalformedRequestError(f"form in unknown charset {charset!r}") from None
        return charset

    # The body

    @cached_property
    def body(self) -> bytes:
        """The body; `wsgi.input` is left at its start, for whoever reads it after us."""
        length = self.content_length or 0
        body: bytes = self.environ["wsgi.input"].read(length) if length else b""
        if len(body) < length:
            raise MalformedRequestError(f"body of {len(body)} bytes; Content-Length is {length}")
        self.environ["wsgi.input"] = io.BytesIO(body)
        return body

    @property
    def body_file(self) -> io.BytesIO:
        """The body as a file of its own, at its start."""
        return io.BytesIO(self.body)

    @property
    def content_length(self) -> int | None:
        """The body's length in bytes; None where the client gives none."""
        text = str(self.environ.get("CONTENT_LENGTH") or "")
        if not text:
            return None
        if not (text.isascii() and text.isdigit()):
            raise MalformedRequestError(f"Content-Length {text!r} is not a whole number")
        return int(text)

    @property
    def content_type(self) -> str:
        """The body's MIME type without parameters, in lower case; `""` where there is none."""
        return self.headers.get("Content-Type", "").split(";")[0].strip().lower()

    # Where it went, and who sent it

    @property
    def method(self) -> str:
        """The method: `"GET"`."""
        return str(self.environ.get("REQUEST_METHOD", "GET"))

    @property
    def scheme(self) -> str:
        """`"http"` or `"https"`."""
        return str(self.environ.get("wsgi.url_scheme", "http"))

    @property
    def host(self) -> str:
        """The host that the client asked for, with its port if it gave one."""
        host = self.environ.get("HTTP_HOST")
        return str(host or "{SERVER_NAME}:{SERVER_PORT}".format_map(self.environ))

    @property
    def host_url(self) -> str:
        """Scheme and host, without the scheme's own port: `"http://localhost:8080"`."""
        return f"{self.scheme}://{self.host.removesuffix(':' + DEFAULT_PORTS[self.scheme])}"

    @property
    def script_name(self) -> str:
        """The decoded part of the path that led to this application; mostly `""`."""
        return _decode(self.environ.get("SCRIPT_NAME", ""))

    @property
    def path_info(self) -> str:
        """The decoded path behind `script_name`."""
        return _decode(self.environ.get("PATH_INFO", ""))

    @property
    def path(self) -> str:
        """The whole path as it stands in a URL, percent-encoded."""
        return quote(self.script_name + self.path_info, SAFE)

    @property
    def query_string(self) -> str:
        """The query without its question mark, as it came."""
        return str(self.environ.get("QUERY_STRING", ""))

    query = query_string

    @property
    def path_qs(self) -> str:
        """Path and query."""
        return f"{self.path}?{self.query_string}" if self.query_string else self.path

    @property
    def application_url(self) -> str:
        """The URL at which this application begins."""
        return self.host_url + quote(self.script_name, SAFE)

    @property
    def path_url(self) -> str:
        """The request's URL without its query."""
        return self.host_url + self.path

    @property
    def url(self) -> str:
        """The request's whole URL."""
        return self.host_url + self.path_qs

    uri = url

    def relative_url(self, other_url: str, to_application: bool = False) -> str:
        """Returns a URL made whole, as a link on this page would be, or from the application."""
        return urljoin(self.application_url + "/" if to_application else self.url, other_url)

    @cached_property
    def cookies(self) -> dict[str, str]:
        """The cookies by name."""
        return parse_cookies(self.headers.get("Cookie", ""))

    @property
    def remote_addr(self) -> str | None:
        """The client's address."""
        return self.environ.get("REMOTE_ADDR")

    @property
    def remote_user(self) -> str | None:
        """The name of a user signed in by the server; `users` knows the platform's."""
        return self.environ.get("REMOTE_USER")

    @property
    def referer(self) -> str | None:
        """The URL of the page that led here, if the client says so."""
        return self.headers.get("Referer")

    referrer = referer

    @property
    def user_agent(self) -> str | None:
        """The client's name for itself."""
        return self.headers.get("User-Agent")

    @property
    def is_xhr(self) -> bool:
        """Whether a script on a page sent it and says so."""
        return self.headers.get("X-Requested-With") == "XMLHttpRequest"


def _content(value: str | Upload) -> str | bytes:
    return value.value if isinstance(value, Upload) else value


def _decode(value: str) -> str:
    """Returns the text of an environ's value, which holds UTF-8 as Latin-1 (PEP 3333)."""
    return value.encode("latin-1", "replace").decode("utf-8", "replace")
