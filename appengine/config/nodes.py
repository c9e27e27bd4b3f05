"""Nodes: a document as it was written, every value with its line, before types are applied."""

import msgspec


class Scalar(msgspec.Struct, frozen=True):
    """A single value.

    Attributes:
        text: as written, without quotes.
        is_plain: it has no quotes, so `null` and nothing mean that there is no value.
    """

    text: str
    line: int
    is_plain: bool

    @property
    def is_null(self) -> bool:
        """Whether the document leaves the value out."""
        return self.is_plain and self.text in ("", "~", "null", "Null", "NULL")


class Sequence(msgspec.Struct, frozen=True):
    """A list of values."""

    items: tuple["Node", ...]
    line: int


class Mapping(msgspec.Struct, frozen=True):
    """Values by key.

    Attributes:
        lines: the line of each key.
    """

    items: dict[str, "Node"]
    lines: dict[str, int]
    line: int


Node = Scalar | Sequence | Mapping
