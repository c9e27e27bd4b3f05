"""A response in the making: status, headers, and a buffer that takes text or bytes.

Source: App Engine, "The Response Class".
"""

import io
import logging
from collections.abc import Callable, Iterable
from http import HTTPStatus
from wsgiref.headers import Headers
from wsgiref.types import StartResponse, WSGIEnvironment

from appengine.webapp.errors import Error

PHRASES = {status.value: status.phrase for status in HTTPStatus}
BODILESS = frozenset({204, 304})
CODES = range(100, 600)
"""Source: RFC 9110, section 15."""

FIRST_ERROR = 400
EXPIRED = "Fri, 01 Jan 1990 00:00:00 GMT"


class Output:
    """What a handler writes: text, which becomes UTF-8, and bytes, which stay as they are."""

    def __init__(self) -> None:
        self._buffer = io.BytesIO()

    def write(self, data: object) -> int:
        """Writes text or bytes, anything else as `str()` shows it; returns how many bytes."""
        if isinstance(data, bytes | bytearray | memoryview):
            return self._buffer.write(data)
        return self._buffer.write(str(data).encode("utf-8", "surrogateescape"))

    def writelines(self, lines: Iterable[object]) -> None:
        """Writes each of the lines as it is."""
        for line in lines:
            self.write(line)

    def getvalue(self) -> str:
        """Returns all that was written, as text that writes back the same bytes."""
        return self._buffer.getvalue().decode("utf-8", "surrogateescape")

    def getbytes(self) -> bytes:
        """Returns all that was written."""
        return self._buffer.getvalue()

    def clear(self) -> None:
        """Forgets all that was written."""
        self._buffer = io.BytesIO()

    def read(self, size: int = -1) -> bytes:
        """Returns up to `size` bytes from the place where the next write goes."""
        return self._buffer.read(size)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Moves the place where the next write goes, in bytes; returns it."""
        return self._buffer.seek(offset, whence)

    def tell(self) -> int:
        """Returns the place where the next write goes, in bytes."""
        return self._buffer.tell()

    def truncate(self, size: int | None = None) -> int:
        """Cuts what was written to `size` bytes; returns it."""
        return self._buffer.truncate(size)

    def flush(self) -> None:
        """Does nothing: the response is sent when the handler is done."""


class ResponseHeaders(Headers):
    """Headers that take any value as text and let no line break through."""

    def __setitem__(self, name: str, val: object) -> None:
        super().__setitem__(check_header_name(name), clean_header(name, val))

    def setdefault(self, name: str, value: object) -> str:
        """Returns a header's value, set to `value` if it was not there."""
        return super().setdefault(check_header_name(name), clean_header(name, value))

    def add_header(self, _name: str, _value: object | None, **_params: object) -> None:
        """Adds a header beside those of the same name, with parameters: `filename="a.txt"`."""
        texts = {key: _optional(_name, value) for key, value in _params.items()}
        super().add_header(check_header_name(_name), _optional(_name, _value), **texts)


class Response:
    """One response: 200 with HTML in UTF-8 that nobody may cache, until a handler says other."""

    def __init__(self) -> None:
        self.out = Output()
        self.headers = ResponseHeaders()
        self.headers["Content-Type"] = "text/html; charset=utf-8"
        self.headers["Cache-Control"] = "no-cache"
        self.set_status(HTTPStatus.OK)

    @property
    def status(self) -> int:
        """The status code; assigning one sets the message too."""
        return self._status[0]

    @status.setter
    def status(self, code: int) -> None:
        self.set_status(code)

    @property
    def status_message(self) -> str:
        """The text behind the status code."""
        return self._status[1]

    def set_status(self, code: int, message: str | None = None) -> None:
        """Sets the status code and its message, by default the standard one.

        Raises:
            Error: the code is not from 100 to 599, or has no standard message and is given none.
        """
        if code not in CODES:
            raise Error(f"Invalid HTTP status code: {code!r}; from 100 to 599")
        text = self.http_status_message(code) if message is None else message
        self._status = int(code), clean_header("status message", text)

    def has_error(self) -> bool:
        """Returns whether the status says that something went wrong: 400 or more."""
        return self.status >= FIRST_ERROR

    def clear(self) -> None:
        """Forgets all that was written to `out`."""
        self.out.clear()

    @staticmethod
    def http_status_message(code: int) -> str:
        """Returns the standard message of a status code.

        Raises:
            Error: there is none.
        """
        if (phrase := PHRASES.get(code)) is None:
            raise Error(f"Invalid HTTP status code: {code!r}; no standard message for it")
        return phrase

    @property
    def body(self) -> bytes:
        """What was written to `out`; nothing where the status forbids a body."""
        return b"" if self.status in BODILESS else self.out.getbytes()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        """Sends the response as a WSGI application does."""
        self._start(start_response)
        return [self.body]

    def wsgi_write(self, start_response: StartResponse) -> None:
        """Sends the response through the callable that `start_response` gives back."""
        self._start(start_response)(self.body)

    def _start(self, start_response: StartResponse) -> Callable[[bytes], object]:
        if self.headers["Cache-Control"] == "no-cache":
            self.headers.setdefault("Expires", EXPIRED)
        if self.status not in BODILESS:
            self.headers["Content-Length"] = len(self.body)
        return start_response(f"{self.status} {self.status_message}", self.headers.items())


def check_header_name(name: str) -> str:
    """Returns a header's name.

    Raises:
        Error: it is none.
    """
    if not name or not name.isascii() or not name.isprintable() or set(name) & set(' ":'):
        raise Error(f"Invalid header name: {name!r}")
    return name


def clean_header(name: str, value: object) -> str:
    """Returns a header's value as WSGI wants it: one line, its UTF-8 bytes as Latin-1.

    A line break would let whoever fills in the value add headers and a body of their own.
    """
    text = str(value)
    if any(mark in text for mark in "\r\n\0"):
        logging.warning("Line break taken out of %s: %r", name, text)
        text = text.translate({ord(mark): None for mark in "\r\n\0"})
    return text if text.isascii() else text.encode("utf-8", "surrogateescape").decode("latin-1")


def _optional(name: str, value: object | None) -> str | None:
    return None if value is None else clean_header(name, value)
