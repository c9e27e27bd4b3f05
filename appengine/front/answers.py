"""An answer on its way to the client, and the pages that the front itself answers with."""

from collections.abc import Iterable
from html import escape
from http import HTTPStatus

import msgspec

Headers = list[tuple[str, str]]

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>{title}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 1.5rem }}
h1 {{ font-size: 1.25rem }}
pre {{ background: color-mix(in srgb, currentColor 7%, transparent); border-radius: .5rem;
       overflow-x: auto; padding: 1rem; font-size: .85rem }}
</style></head>
<body><h1>{title}</h1>{text}</body></html>
"""


class Answer(msgspec.Struct, kw_only=True):
    """A response: status, headers and pieces of the body; `close` on the body is called."""

    status: int
    reason: str
    headers: Headers
    body: Iterable[bytes]

    @property
    def status_line(self) -> str:
        """The status as WSGI writes it: `200 OK`."""
        return f"{self.status} {self.reason}"


def page(status: int, sentence: str, details: str = "", headers: Headers | None = None) -> Answer:
    """Returns a small page of the front's own.

    Args:
        sentence: what is wrong, for a person.
        details: shown as they are: a traceback, a list.
    """
    reason = HTTPStatus(status).phrase
    text = f"<p>{escape(sentence)}</p>" + (f"<pre>{escape(details)}</pre>" if details else "")
    body = _PAGE.format(title=f"{status} {reason}", text=text).encode()
    return Answer(
        status=status,
        reason=reason,
        headers=[
            ("Content-Type", "text/html; charset=utf-8"),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-cache"),
            *(headers or []),
        ],
        body=[body],
    )


def redirect(location: str, status: int = 302) -> Answer:
    """Returns a redirection."""
    return page(status, f"See {location}", headers=[("Location", location)])
