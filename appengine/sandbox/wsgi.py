"""One request through a WSGI callable or a CGI script, to a response that the wire takes."""

import io
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any

from appengine.rpc.frames import MAX_BODY_BYTES, Request, Response
from appengine.rpc.pipe import Pipe
from appengine.sandbox import environment
from appengine.sandbox.scripts import CGIScript, WSGIApplication

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

ExceptionInfo = tuple[type[BaseException], BaseException, TracebackType]
MAX_HEADERS = 500
MAX_NAME, MAX_VALUE, MAX_REASON = 500, 65536, 200
ERROR_STATUS = 100, 599

cgi_turn = threading.Lock()
"""The standard streams are the process's, so CGI requests of an instance take turns."""


class BodyReader(io.RawIOBase):
    """The request's body, straight from the pipe."""

    def __init__(self, pipe: Pipe) -> None:
        super().__init__()
        self._pipe = pipe

    def readable(self) -> bool:
        """Returns True."""
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Fills `buffer` with the next bytes of the body; returns 0 at its end."""
        view = memoryview(buffer).cast("B")
        piece = self._pipe.read_body(len(view))
        view[: len(piece)] = piece
        return len(piece)


class Answer:
    """A response in the making, checked as the application makes it."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.size = 0
        self._status: tuple[int, str] | None = None
        self._headers: list[tuple[str, str]] = []

    def start_response(
        self,
        status: str,
        headers: list[tuple[str, str]],
        exc_info: ExceptionInfo | None = None,
    ) -> Callable[[bytes], None]:
        """Takes status and headers.

        Source: PEP 3333, "The start_response() Callable".

        Raises:
            ValueError, TypeError: they are not what PEP 3333 asks for; AssertionError: a second
                call without `exc_info`.
        """
        if self._status is not None and exc_info is None:
            raise AssertionError("start_response was called a second time without exc_info")
        self._status = _parse_status(status)
        self._headers = [_check_header(name, value) for name, value in headers]
        _refuse_streams(self._headers)
        if len(self._headers) > MAX_HEADERS:
            raise ValueError(f"{len(self._headers)} headers; at most {MAX_HEADERS}")
        return self.write

    def write(self, piece: bytes) -> None:
        """Takes a piece of the body, at most 32 MiB in all."""
        if not isinstance(piece, (bytes, bytearray, memoryview)):
            raise TypeError(f"a body is made of bytes, not {type(piece).__name__}")
        self.size += len(piece)
        if self.size > MAX_BODY_BYTES:
            raise ValueError(f"the response is larger than {MAX_BODY_BYTES} bytes")
        self.pieces.append(bytes(piece))

    def finish(self) -> tuple[Response, list[bytes]]:
        """Returns the response and its body's pieces."""
        if self._status is None:
            raise AssertionError("the application returned without calling start_response")
        status, reason = self._status
        return Response(status, reason, self._headers, self.size), self.pieces


def _refuse_streams(headers: list[tuple[str, str]]) -> None:
    """Refuses a type that promises to go on for ever: its client would wait until the deadline."""
    for name, value in headers:
        if name.lower() == "content-type" and value.lower().startswith("text/event-stream"):
            raise ValueError(
                "streaming is not supported: a response is sent when it is whole, so "
                "'text/event-stream' would reach nobody; let the client ask again"
            )


def _parse_status(status: str) -> tuple[int, str]:
    if not isinstance(status, str):
        raise TypeError(f"status must be str, not {type(status).__name__}")
    code, _, reason = status.partition(" ")
    if not (code.isascii() and code.isdigit()) or not 100 <= int(code) <= 599:  # noqa: PLR2004  # RFC 9110, section 15
        raise ValueError(f"status {status!r} does not start with a code from 100 to 599")
    _check_text("status", status)
    return int(code), reason[:MAX_REASON]


def _check_text(what: str, text: str) -> None:
    """Refuses what HTTP cannot carry. Source: PEP 3333, "Unicode Issues"."""
    try:
        text.encode("latin-1")
    except UnicodeEncodeError as error:
        wrong = text[error.start]
        raise ValueError(f"{what}: {wrong!r} at {error.start} is no Latin-1 character") from None


def _check_header(name: str, value: str) -> tuple[str, str]:
    for text, limit in ((name, MAX_NAME), (value, MAX_VALUE)):
        if not isinstance(text, str):
            raise TypeError(f"header {name!r}: {value!r}: both must be str")
        if len(text) > limit:
            raise ValueError(f"header {name[:50]!r}: {len(text)} characters; at most {limit}")
        _check_text(f"header {name[:50]!r}", text)
    if not name:
        raise ValueError("a header without a name")
    return name, value


def run_wsgi(
    application: WSGIApplication, request: Request, pipe: Pipe, threads: int
) -> tuple[Response, list[bytes]]:
    """Calls a WSGI application and returns its whole response."""
    environ: dict[str, Any] = {
        **request.environ,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "https" if request.environ.get("HTTPS") == "on" else "http",
        "wsgi.input": io.BufferedReader(BodyReader(pipe)),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": threads > 1,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    answer = Answer()
    iterable = application(environ, answer.start_response)
    try:
        for piece in iterable:
            answer.write(piece)
    finally:
        if callable(close := getattr(iterable, "close", None)):
            close()
    return answer.finish()


def run_cgi(script: CGIScript, request: Request, pipe: Pipe) -> tuple[Response, list[bytes]]:
    """Runs a CGI script with its own standard streams and returns its whole response."""
    environment.enter(environment.as_script_s(request.environ))
    output = _BoundedOutput()
    with cgi_turn, _standard_streams(BodyReader(pipe), output):
        try:
            script.run()
        except SystemExit:  # ends the request. Source: App Engine, "The sandbox"
            pass
    return parse_cgi(output.getvalue())


class _BoundedOutput(io.BytesIO):
    """What a CGI script prints: at most 32 MiB, and headers of 64 KiB."""

    def write(self, data: "ReadableBuffer") -> int:
        if self.tell() + memoryview(data).nbytes > MAX_BODY_BYTES + 2**16:
            raise ValueError(f"the response is larger than {MAX_BODY_BYTES} bytes")
        return super().write(data)


@contextmanager
def _standard_streams(body: io.RawIOBase, output: io.BytesIO) -> Iterator[None]:
    before = sys.stdin, sys.stdout
    sys.stdin = io.TextIOWrapper(io.BufferedReader(body), "utf-8")
    sys.stdout = io.TextIOWrapper(output, "utf-8", newline="\n", write_through=True)
    try:
        yield
        if not sys.stdout.closed:
            sys.stdout.flush()
    finally:
        for stream in (sys.stdin, sys.stdout):
            try:
                stream.detach()  # a script may keep them; the bytes below stay ours
            except ValueError:  # it has closed or detached them itself
                continue
        sys.stdin, sys.stdout = before


def parse_cgi(output: bytes) -> tuple[Response, list[bytes]]:
    """Returns the response that a CGI script printed: headers, an empty line, the body.

    Source: RFC 3875, section 6; a script that prints no `Status:` answers 200, or 302 with a
    `Location:`.
    """
    head, separator, body = _split_head(output)
    if not separator:
        raise ValueError("the script printed no empty line after its headers")
    fields = _fields(head.decode("latin-1"))
    status = next((value for name, value in fields if name.lower() == "status"), "")
    if not status:
        moved = any(name.lower() == "location" for name, _ in fields)
        status = "302 Found" if moved else "200 OK"
    answer = Answer()
    answer.start_response(status, [field for field in fields if field[0].lower() != "status"])
    answer.write(body)
    return answer.finish()


def _fields(head: str) -> list[tuple[str, str]]:
    fields: list[tuple[str, str]] = []
    for line in head.splitlines():
        name, colon, value = line.partition(":")
        if line[:1].isspace() and fields:  # a long value goes on
            fields[-1] = (fields[-1][0], f"{fields[-1][1]} {line.strip()}")
        elif colon and name and not name[-1].isspace():
            fields.append((name, value.strip()))
        else:
            raise ValueError(
                f"the script printed {line[:80]!r}, which is no header, before its body"
            )
    return fields


def _split_head(output: bytes) -> tuple[bytes, bytes, bytes]:
    """Cuts at the first empty line, whichever line end comes first."""
    ends = [(output.find(end), end) for end in (b"\r\n\r\n", b"\n\n") if output.find(end) >= 0]
    if not ends:
        return output, b"", b""
    position, end = min(ends)
    return output[:position], end, output[position + len(end) :]
