"""A response: WebOb's, which a handler writes to.

Source: webapp2, "Building a Response"; WebOb, "Response".
"""

from collections.abc import Callable, Iterable, Mapping
from typing import ClassVar, Self
from wsgiref.types import StartResponse

from appengine.webapp.response import EXPIRED, FIRST_ERROR, check_header_name, clean_header
from appengine.webapp2.library import ResponseHeaders as BaseHeaders
from appengine.webapp2.library import standard_reasons, webob
from appengine.webapp2.request import Request

CODE_DIGITS = 3

status_reasons: dict[int, str] = {
    **standard_reasons,
    302: "Moved Temporarily",
    306: "Unused",
    408: "Request Time-out",
    414: "Request-URI Too Large",
    504: "Gateway Time-out",
    505: "HTTP Version not supported",
}
"""The messages of status codes: WebOb's, and those that App Engine has always had."""


class ResponseHeaders(BaseHeaders):
    """Headers by name, whatever the case; they take any value and let no line break through."""

    def __setitem__(self, name: str, value: object) -> None:
        super().__setitem__(check_header_name(name), clean_header(name, value))

    def setdefault(self, key: str, default: object = None) -> str:
        """Returns a header's value, set to `default` if it was not there."""
        if key not in self:
            self[key] = default
        return str(self[key])

    def add(self, key: str, value: object) -> None:
        """Adds a header beside those of the same name."""
        super().add(check_header_name(key), clean_header(key, value))

    def add_header(self, _name: str, _value: object | None, **_params: object) -> None:
        """Adds a header beside those of the same name, with parameters: `filename="a.txt"`.

        Underscores in the parameters' names become hyphens; one that is None has no value.
        """
        parts = [] if _value is None else [str(_value)]
        for key, value in _params.items():
            text = str(value).replace("\\", "\\\\").replace('"', '\\"')
            name = key.replace("_", "-")
            parts.append(name if value is None else f'{name}="{text}"')
        self.add(_name, "; ".join(parts))

    def get_all(self, key: str) -> list[str]:
        """Returns the values of all headers of a name."""
        values: list[str] = self.getall(key)
        return values

    def __str__(self) -> str:
        """Returns the headers as they go over the network."""
        return "\r\n".join([*(f"{name}: {value}" for name, value in self.items()), "\r\n"])


class Response(webob.Response):
    """One response: 200 with HTML in UTF-8 that nobody may cache, until a handler says other."""

    default_charset: ClassVar[str] = "utf-8"

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.headers.setdefault("Cache-Control", "no-cache")

    @property
    def out(self) -> Self:
        """The response itself, for `response.out.write`."""
        return self

    def write(self, text: object) -> None:
        """Writes text or bytes, anything else as `str()` shows it.

        It returns None, for handlers end with `return self.response.write(...)`.
        """
        if isinstance(text, bytes | bytearray | memoryview):
            data = bytes(text)
        else:
            data = str(text).encode(self.charset or "utf-8", "surrogateescape")
        super().write(data)

    @property
    def status(self) -> str:
        """Code and message: `"200 OK"`; a code alone may be assigned, as a number or as text.

        Raises:
            KeyError: the code has no standard message and none is given.
            TypeError: neither text nor a number is assigned.
        """
        return str(self._status)

    @status.setter
    def status(self, value: object) -> None:
        if isinstance(value, int):
            self.set_status(value)
            return
        text = value.decode() if isinstance(value, bytes) else value
        if not isinstance(text, str):
            raise TypeError(f"You must set status to a string or integer (not {type(value)})")
        code, _, message = text.strip().partition(" ")
        if not (code.isascii() and code.isdigit() and len(code) == CODE_DIGITS):
            raise ValueError(f"Invalid HTTP status: {value!r}; a code and a message")
        self.set_status(int(code), message or None)

    def set_status(self, code: int, message: str | None = None) -> None:
        """Sets the status code and its message, by default the standard one.

        Raises:
            KeyError: the code has no standard message and none is given.
        """
        text = message or self.http_status_message(code)
        self._status = f"{int(code)} {clean_header('status message', text)}"

    @property
    def status_message(self) -> str:
        """The text behind the status code; it may be assigned."""
        return self.status.partition(" ")[2]

    @status_message.setter
    def status_message(self, message: str) -> None:
        self.set_status(self.status_int, message)

    @property
    def headers(self) -> ResponseHeaders:
        """The headers; a dictionary or pairs may be assigned."""
        view: ResponseHeaders = ResponseHeaders.view_list(self._headerlist)
        return view

    @headers.setter
    def headers(self, value: Mapping[str, object] | Iterable[tuple[str, object]]) -> None:
        pairs = list(value.items()) if isinstance(value, Mapping) else list(value)
        self._headerlist: list[tuple[str, str]] = []
        for name, content in pairs:
            self.headers.add(name, content)

    def has_error(self) -> bool:
        """Returns whether the status says that something went wrong: 400 or more."""
        return int(self.status_int) >= FIRST_ERROR

    def clear(self) -> None:
        """Forgets all that was written."""
        self.body = b""

    def wsgi_write(self, start_response: StartResponse) -> None:
        """Sends the response through the callable that `start_response` gives back."""
        if self.headers.get("Cache-Control") == "no-cache":
            self.headers.setdefault("Expires", EXPIRED)
        body = bytes(self.body)
        self.headers["Content-Length"] = len(body)
        write: Callable[[bytes], object] = start_response(self.status, self.headerlist)
        write(body)

    @staticmethod
    def http_status_message(code: int) -> str:
        """Returns the standard message of a status code.

        Raises:
            KeyError: there is none.
        """
        if (message := status_reasons.get(code)) is None:
            raise KeyError(f"Invalid HTTP status code: {code!r}")
        return message


Request.ResponseClass = Response
Response.RequestClass = Request
