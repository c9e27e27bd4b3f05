"""An answer on its way to the client, and the small pages that the front itself answers with."""

from collections.abc import Iterable
from http import HTTPStatus
from pathlib import Path
from typing import Literal

import msgspec
from jinja2 import Environment, PackageLoader, select_autoescape

from appengine.rpc.failures import Failure

Headers = list[tuple[str, str]]
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
    """

    status: int
    reason: str
    headers: Headers
    body: Iterable[bytes]
    cause: Cause = ""
    failure: Failure | None = None

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
    return content(status, text.encode(), "text/html; charset=utf-8", headers, cause)


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
