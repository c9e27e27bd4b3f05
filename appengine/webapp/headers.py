"""A request's headers and cookies, as the WSGI environ holds them."""

import re
from collections.abc import Iterator, Mapping
from wsgiref.types import WSGIEnvironment

_UNPREFIXED = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}
_QUOTED = re.compile(r'"(.*)"')
_ESCAPE = re.compile(r"\\([0-3][0-7][0-7]|.)")


class RequestHeaders(Mapping[str, str]):
    """The headers of a request by name, whatever the case: a view of the environ."""

    def __init__(self, environ: WSGIEnvironment) -> None:
        self._environ = environ

    def __getitem__(self, name: str) -> str:
        value = self._environ.get(self._key(name))
        if not value and name.lower() in _UNPREFIXED:  # "" in the environ: it was not sent
            raise KeyError(name)
        if value is None:
            raise KeyError(name)
        return str(value)

    def __iter__(self) -> Iterator[str]:
        for key in list(self._environ):
            if key.startswith("HTTP_"):
                yield key[5:].replace("_", "-").title()
        yield from (name.title() for name, key in _UNPREFIXED.items() if self._environ.get(key))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.get(name) is not None

    def __repr__(self) -> str:
        return f"RequestHeaders({dict(self)!r})"

    @staticmethod
    def _key(name: str) -> str:
        return _UNPREFIXED.get(name.lower(), "HTTP_" + name.upper().replace("-", "_"))


def parse_cookies(header: str) -> dict[str, str]:
    """Returns a Cookie header's values by name; of two with one name the first.

    Unlike the standard library's parser, it does not drop all cookies for one odd name.

    Source: RFC 6265, sections 4.2 and 5.4: the cookie of the more specific path comes first.
    """
    cookies: dict[str, str] = {}
    for pair in header.split(";"):
        name, separator, value = pair.partition("=")
        if separator and name.strip():
            cookies.setdefault(name.strip(), _unquote(value.strip()))
    return cookies


def _unquote(value: str) -> str:
    """Returns a value without the quotes and escapes that `http.cookies` writes."""
    if not (quoted := _QUOTED.fullmatch(value)):
        return value
    return _ESCAPE.sub(_unescape, quoted.group(1))


def _unescape(found: re.Match[str]) -> str:
    text = found.group(1)
    return text if len(text) == 1 else chr(int(text, 8))
