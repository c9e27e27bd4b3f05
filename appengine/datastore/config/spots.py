"""Spots: the values of a seed file, each with the words that name its place in an error."""

import re
from collections.abc import Iterable

import msgspec

from appengine.config.errors import ConfigurationError, in_file, shown, suggestion
from appengine.config.loader import PlainValue, read_value
from appengine.config.nodes import Mapping, Node, Scalar, Sequence

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,79}")


class Spot(msgspec.Struct, frozen=True):
    """One value of a file.

    Attributes:
        field: its path from the document on: `[2].properties.owner`.
        line: where its key stands, or, without a key, itself.
    """

    node: Node
    source: str
    field: str
    line: int

    def error(self, text: str) -> ConfigurationError:
        """Returns the error that names this place."""
        return in_file(self.source, self.line, self.field, text)

    @property
    def is_list(self) -> bool:
        """Whether it is a list."""
        return isinstance(self.node, Sequence)

    @property
    def is_mapping(self) -> bool:
        """Whether it has keys."""
        return isinstance(self.node, Mapping)

    def items(self) -> "list[Spot]":
        """Returns the items of a list.

        Raises:
            ConfigurationError: it is none.
        """
        if not isinstance(self.node, Sequence):
            raise self.error(f"expected a list, not {self._described()}")
        return [
            Spot(item, self.source, f"{self.field}[{number}]", item.line)
            for number, item in enumerate(self.node.items)
        ]

    def members(self, known: Iterable[str] | None = None) -> "dict[str, Spot]":
        """Returns the values of a mapping by key.

        Args:
            known: the keys that there may be; None for any.

        Raises:
            ConfigurationError: it is no mapping, or has another key.
        """
        if not isinstance(self.node, Mapping):
            raise self.error(f"expected a mapping, not {self._described()}")
        found = {
            key: Spot(node, self.source, self._member(key), self.node.lines[key])
            for key, node in self.node.items.items()
        }
        for key, spot in found.items():
            if known is not None and key not in known:
                raise spot.error("there is no such key" + suggestion(key, known))
        return found

    def _member(self, key: str) -> str:
        if _PLAIN.fullmatch(key):
            return f"{self.field}.{key}" if self.field else key
        return f"{self.field}[{shown(key)}]"

    def text(self) -> str:
        """Returns a single value as it is written, whatever it looks like.

        Raises:
            ConfigurationError: it is no single value, or none at all, or not text.
        """
        if not isinstance(self.node, Scalar) or self.node.is_null:
            raise self.error(f"expected a text, not {self._described()}")
        return self.node.text

    def value(self) -> PlainValue:
        """Returns a single value as YAML has it.

        Raises:
            ConfigurationError: it is no single value, or one that cannot be read.
        """
        if not isinstance(self.node, Scalar):
            raise self.error(f"expected a single value, not {self._described()}")
        try:
            return read_value(self.node)
        except ValueError as error:
            raise self.error(str(error)) from error

    def _described(self) -> str:
        if isinstance(self.node, Scalar):
            return "nothing" if self.node.is_null else shown(self.node.text)
        return "a list" if self.is_list else "a mapping"
