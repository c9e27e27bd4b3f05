"""An answer on its way to the client, and the small pages that the front itself answers with."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Literal

import msgspec
from jinja2 import Environment, PackageLoader, select_autoescape

from appengine.rpc.failures import Failure

Headers = list[tuple[str, str]]
_OF_CONTENT = ("Content-Type", "Content-Length", "Cache-Control")

Cause = Literal["", "default", "over_quota", "dos_api_denial", "timeout"]

templates = Environment(
    loader=PackageLoader("appengine.front"),
    autoescape=select_autoescape(),
    trim_blocks=True,
    lstrip_blocks=True,
)
templates.globals["style"] = (Path(__file__).parent / "templates" / "page.css").read_text()


class Answer(msgspec.Struct, kw_only=True):
    """A response: status, headers and pieces of the body; `close` on the body is called.

    Attributes:
        cause: the `error_code` of app.yaml that it stands for; "": the application's own answer.
        failure: the exception that it tells of.
        plain: what the page says, as text; "": it is no page of the front's own.
    """

    status: int
    reason: str
    headers: Headers
    body: Iterable[bytes]
    cause: Cause = ""
    failure: Failure | None = None
    plain: str = ""

    @property
    def status_line(self) -> str:
        """The status as WSGI writes it: `200 OK`."""
        return f"{self.status} {self.reason}"


def page(
    status: int,
    sentence: str,
    details: str = "",
    headers: Headers | None = None,
    cause: Cause = "",
) -> Answer:
    """Returns a small page of the front's own.

    Args:
        sentence: what is wrong, for a person.
        details: shown as they are: a traceback, a list.
        cause: the `error_code` of the page that app.yaml may have in its place.
    """
    title = f"{status} {HTTPStatus(status).phrase}"
    template = templates.get_template("frame.html")
    text = template.render(title=title, sentence=sentence, details=details)
    answer = content(status, text.encode(), "text/html; charset=utf-8", headers, cause)
    answer.plain = "\n".join(part for part in (sentence, details.rstrip()) if part)
    return answer


def wants_html(environ: Mapping[str, object]) -> bool:
    """Returns whether a browser asks: programs are shown text."""
    return "text/html" in str(environ.get("HTTP_ACCEPT", ""))


def as_wanted(answer: Answer, environ: Mapping[str, object]) -> Answer:
    """Returns a page of the front's own as text for a program, any other answer as it is."""
    if not answer.plain or wants_html(environ):
        return answer
    kept = [field for field in answer.headers if field[0] not in _OF_CONTENT]
    data = f"{answer.plain}\n".encode()
    return content(answer.status, data, "text/plain; charset=utf-8", kept, answer.cause)


def content(
    status: int, body: bytes, kind: str, headers: Headers | None = None, cause: Cause = ""
) -> Answer:
    """Returns an answer of the front's own with a body of a MIME type."""
    return Answer(
        status=status,
        reason=HTTPStatus(status).phrase,
        headers=[
            ("Content-Type", kind),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-cache"),
            *(headers or []),
        ],
        body=[body],
        cause=cause,
    )


def redirect(location: str, status: int = 302) -> Answer:
    """Returns a redirection."""
    return page(status, f"See {location}", headers=[("Location", location)])
