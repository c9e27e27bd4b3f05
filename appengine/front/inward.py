"""A request of the platform's own, made into what the front's pipeline takes, and back."""

import io
from collections.abc import Sequence
from contextlib import closing, nullcontext
from urllib.parse import unquote_to_bytes
from wsgiref.types import WSGIEnvironment

from appengine.front.answers import Answer
from appengine.rpc.frames import MAX_BODY_BYTES
from appengine.rpc.internal import InternalRequest, InternalResponse

CGI_NAMES = {"content-type": "CONTENT_TYPE", "content-length": ""}
"""Headers that CGI names otherwise, or that are stated anew."""


def make_environ(request: InternalRequest, host: str) -> WSGIEnvironment:
    """Returns the WSGI environment of a request; `host` is for the one that names none."""
    path, _, query = request.target.partition("?")
    environ: WSGIEnvironment = {
        "REQUEST_METHOD": request.method,
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query,
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": request.address,
        "wsgi.url_scheme": request.scheme,
        "wsgi.input": io.BytesIO(request.body),
    }
    for name, value in request.headers:
        key = CGI_NAMES.get(name.lower(), "HTTP_" + name.upper().replace("-", "_"))
        if key:
            environ[key] = f"{environ[key]},{value}" if key in environ else value
    environ["HTTP_HOST"] = request.host or host
    if request.body or request.method in ("POST", "PUT", "PATCH"):
        environ["CONTENT_LENGTH"] = str(len(request.body))
    return environ


def collect(answer: Answer) -> InternalResponse:
    """Returns an answer with its whole body, at most 32 MiB of it, and closes it."""
    body = bytearray()
    close = getattr(answer.body, "close", None)
    with closing(answer.body) if close else nullcontext():  # type: ignore[type-var]  # it has one
        for piece in answer.body:
            body += piece
            if len(body) > MAX_BODY_BYTES:
                break
    return InternalResponse(
        status=answer.status,
        reason=answer.reason,
        headers=_without_length(answer.headers, len(body)),
        body=bytes(body[:MAX_BODY_BYTES]),
    )


def _without_length(headers: Sequence[tuple[str, str]], length: int) -> list[tuple[str, str]]:
    """Returns the headers as they are, but of a body that was cut the length that it has now."""
    if length <= MAX_BODY_BYTES:
        return list(headers)
    return [field for field in headers if field[0].lower() != "content-length"]
