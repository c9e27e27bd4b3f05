"""What a fetch returns: status, headers under any spelling of their names, content."""

from collections.abc import Iterator, Mapping, MutableMapping
from email.parser import HeaderParser
from http.client import HTTPMessage

from appengine.urlfetch.service import FetchResponse


class HTTPMessageWrapper(HTTPMessage):
    """The headers of an answer, repeated ones too, with the names of Python 2's class.

    Source: App Engine, `google.appengine.api.urlfetch`, class `HTTPMessageWrapper`.
    """

    def getheaders(self, key: str) -> list[str] | None:
        """Returns all values of a header, or None."""
        return self.get_all(key)

    @property
    def type(self) -> str:
        """The content type, without its parameters."""
        return str(self.get("content-type", "")).split(";")[0]


def create_http_headers(data: str) -> HTTPMessageWrapper:
    """Returns the headers in a text of `Name: value` lines."""
    return HeaderParser(HTTPMessageWrapper).parsestr(data)


class CaselessDict(MutableMapping[str, str]):
    """Headers by name; a name is the same in any case and keeps the spelling of its last use."""

    def __init__(self, items: Mapping[str, str] | None = None) -> None:
        self._items: dict[str, tuple[str, str]] = {}
        self.update(items or {})

    def __getitem__(self, key: str) -> str:
        return self._items[key.lower()][1]

    def __setitem__(self, key: str, value: str) -> None:
        self._items[key.lower()] = (key, value)

    def __delitem__(self, key: str) -> None:
        del self._items[key.lower()]

    def __iter__(self) -> Iterator[str]:
        return (key for key, _ in self._items.values())

    def __len__(self) -> int:
        return len(self._items)

    def __repr__(self) -> str:
        return repr(self.copy())

    def has_key(self, key: str) -> bool:
        """Returns whether a header is there, as old applications ask."""
        return key in self

    def copy(self) -> dict[str, str]:
        """Returns a plain dictionary, which tells cases apart."""
        return dict(self)


class URLFetchResult:
    """The answer to a fetch.

    Attributes:
        content: the body, as bytes; decoded if it came compressed.
        status_code: of HTTP.
        headers: by name; the values of a repeated header are joined with commas.
        header_msg: all headers as they came.
        final_url: where the content came from after redirections; None: from the URL asked for.
        content_was_truncated: the body was longer than 32 MB.

    Source: App Engine, "URL Fetch", "Response objects".
    """

    def __init__(self, response: FetchResponse) -> None:
        """Takes the service's answer."""
        self.content = response.content
        self.status_code = response.status_code
        self.content_was_truncated = response.content_was_truncated
        self.final_url = response.final_url or None
        self.header_msg = HTTPMessageWrapper()
        self.headers = CaselessDict()
        for name, value in response.headers:
            self.header_msg.add_header(name, value)
            joined = f"{self.headers[name]}, {value}" if name in self.headers else value
            self.headers[name] = joined
