"""What a client sends in a query or a form: names that each have one or more values."""

import io
from collections.abc import ItemsView, Iterable, Iterator, Mapping
from typing import Generic, TypeVar
from urllib.parse import parse_qsl

from appengine.webapp.errors import MalformedRequestError

MAX_FIELDS = 10_000
"""The most fields of one query or form; a body of 32 MB could name sixteen million."""

Value_co = TypeVar("Value_co", covariant=True)


class Upload:
    """An uploaded file, held in memory.

    Attributes:
        name: the form field's name.
        filename: the file's name as the client gives it: never a path to trust.
        type: its MIME type as the client gives it.
        headers: the part's headers by lower-case name.
    """

    def __init__(
        self, name: str, filename: str, headers: Mapping[str, str], content: bytes | memoryview
    ) -> None:
        self.name = name
        self.filename = filename
        self.headers = dict(headers)
        self.type = self.headers.get("content-type", "application/octet-stream").split(";")[0]
        self._content = content
        self._file: io.BytesIO | None = None

    @property
    def value(self) -> bytes:
        """The file's contents."""
        return bytes(self._content)

    @property
    def file(self) -> io.BytesIO:
        """The file's contents, to be read piece by piece."""
        if self._file is None:
            self._file = io.BytesIO(self._content)
        return self._file

    def __len__(self) -> int:
        return len(self._content)

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        return f"Upload({self.name!r}, {self.filename!r}, {len(self)} bytes)"


class _AllItems(ItemsView[str, Value_co]):
    """Names and values, names repeated. Source: WebOb, `MultiDict.items`."""

    def __init__(self, fields: "Fields[Value_co]") -> None:
        super().__init__(fields)
        self._pairs = fields.pairs()

    def __iter__(self) -> Iterator[tuple[str, Value_co]]:
        return iter(self._pairs)

    def __len__(self) -> int:
        return len(self._pairs)


class Fields(Mapping[str, Value_co], Generic[Value_co]):
    """Names and values in the order in which they came; one name may have several values.

    As in WebOb, `fields[name]` is the last value of a name and `items()` are all that came.
    """

    def __init__(self, pairs: Iterable[tuple[str, Value_co]] = ()) -> None:
        self._pairs = list(pairs)
        self._values: dict[str, list[Value_co]] = {}
        for name, value in self._pairs:
            self._values.setdefault(name, []).append(value)

    def __getitem__(self, name: str) -> Value_co:
        return self._values[name][-1]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Fields({self._pairs!r})"

    def items(self) -> ItemsView[str, Value_co]:
        """Returns every name and value, in order, names repeated."""
        return _AllItems(self)

    def getall(self, name: str) -> list[Value_co]:
        """Returns every value of a name, in order; none is an empty list."""
        return list(self._values.get(name, ()))

    def getone(self, name: str) -> Value_co:
        """Returns the only value of a name.

        Raises:
            KeyError: there is none, or there are several.
        """
        values = self._values.get(name, [])
        if len(values) != 1:
            raise KeyError(f"{name!r} has {len(values)} values, not one")
        return values[0]

    def pairs(self) -> list[tuple[str, Value_co]]:
        """Returns every name and value as a list of its own."""
        return list(self._pairs)

    def dict_of_lists(self) -> dict[str, list[Value_co]]:
        """Returns every name with all of its values."""
        return {name: list(values) for name, values in self._values.items()}


def parse_query(query: str, charset: str = "utf-8") -> Fields[str]:
    """Returns the fields of a query string or URL-encoded form; bad bytes become U+FFFD.

    Raises:
        MalformedRequestError: it has more than 10,000 fields.
    """
    if (count := query.count("&") + 1) > MAX_FIELDS:
        raise MalformedRequestError(f"{count} fields in one query or form; at most {MAX_FIELDS}")
    return Fields(parse_qsl(query, keep_blank_values=True, encoding=charset, errors="replace"))
