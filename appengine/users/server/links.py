"""Links that sign in and out, and the URLs to which they may lead on."""

import re
from urllib.parse import SplitResult, quote, urlsplit

from appengine.users.service import MAX_URL, NotAllowedError, RedirectTooLongError

UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\\]|^\s|\s$")
"""What browsers drop or read in their own way: control characters, `\\` as `/`, outer space."""

KEPT = "%/:=&?~#+!$,;'@()*[]"
"""Characters with a meaning of their own in a URL, not to be quoted again."""


def make_link(page: str, destination: str) -> str:
    """Returns the URL of a page that leads on to `destination`, which is checked already."""
    return f"{page}?continue={quote(destination, safe='')}"


def check_destination(url: str, origin: str) -> str:
    """Returns `url` as an absolute URL of this origin: nowhere else may a link lead on to.

    The result is put together anew from the origin and the path, so whatever a browser makes of
    an odd path, it stays on this host.

    Args:
        url: a path, with or without its first slash, or a URL; empty for the root.
        origin: scheme and host, `http://localhost:8080`; empty gives a path.

    Raises:
        NotAllowedError: the URL names another origin, or its text is not plain.
        RedirectTooLongError: the result is longer than `MAX_URL` characters.
    """
    if UNSAFE.search(url):
        raise NotAllowedError(
            f"continue URL {url!r} holds a control character, a \\ or outer space"
        )
    parts = _split(url)
    if (parts.scheme or parts.netloc or url.startswith("//")) and not _is_at(parts, origin):
        raise NotAllowedError(f"continue URL {url!r} leads away from {origin or 'here'}")
    path = "/" + parts.path.lstrip("/")  # a second slash would begin a host's name
    query = f"?{parts.query}" if parts.query else ""
    fragment = f"#{parts.fragment}" if parts.fragment else ""
    return _bounded(origin + quote(path + query + fragment, safe=KEPT))


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError as error:
        raise NotAllowedError(f"continue URL {url!r}: {error}") from error


def _is_at(parts: SplitResult, origin: str) -> bool:
    return bool(origin) and f"{parts.scheme}://{parts.netloc}".lower() == origin.lower()


def _bounded(url: str) -> str:
    if len(url) > MAX_URL:
        raise RedirectTooLongError(f"continue URL has {len(url)} characters; at most {MAX_URL}")
    return url
