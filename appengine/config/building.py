"""Applies types to a document: nodes become Structs, and every complaint knows its line."""

import re
from typing import Any, Generic, TypeVar, cast, get_args, get_origin

import msgspec
from msgspec import NODEFAULT

from appengine.config.errors import (
    ConfigurationError,
    InvalidFieldError,
    in_file,
    shown,
    suggestion,
)
from appengine.config.nodes import Mapping, Node, Scalar, Sequence
from appengine.config.values import describe, members, parse_text, without_notes

T = TypeVar("T")

_PLAIN = re.compile(r"[A-Za-z0-9_/:*-]{1,80}")


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of what files state: a mapping whose keys are declared."""


class Ignored(msgspec.Struct, frozen=True):
    """A note for a field's annotation: the key is read and checked, but nothing acts upon it."""

    reason: str


class IgnoredKey(msgspec.Struct, frozen=True):
    """A key of a file that nothing acts upon."""

    field: str
    line: int
    reason: str


class Loaded(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """What a file states, and where.

    Attributes:
        source: the file's name, as errors give it.
        lines: the line of each field by its path: `handlers[2].script`; "" is the document.
        ignored: the keys that nothing acts upon, in the order of the file.
    """

    value: T
    source: str
    lines: dict[str, int]
    ignored: tuple[IgnoredKey, ...]

    def error(self, field: str, text: str) -> ConfigurationError:
        """Returns the error that names a field of this file, or the nearest one around it."""
        near = field
        while near not in self.lines and near:
            near = near[: max(near.rfind("."), near.rfind("["), 0)]
        return in_file(self.source, self.lines.get(near, 1), field, text)


def build_document(node: Node, kind: type[T], source: str) -> Loaded[T]:
    """Returns a document as a Struct of type `kind`.

    Raises:
        ConfigurationError: the document states what the type does not allow.
    """
    builder = _Builder(source)
    builder.lines[""] = node.line
    value = cast(T, builder.build(node, kind, ""))
    ignored = tuple(sorted(builder.ignored, key=lambda key: key.line))
    return Loaded(value=value, source=source, lines=builder.lines, ignored=ignored)


class _Builder:
    """Walks the nodes of one document and the annotations of one type side by side."""

    def __init__(self, source: str) -> None:
        self._source = source
        self.lines: dict[str, int] = {}
        self.ignored: list[IgnoredKey] = []

    def build(self, node: Node, hint: Any, field: str) -> object:
        self.lines.setdefault(field, node.line)
        kind = self._choose(node, hint)
        if kind is None:
            raise self._error(field, _mismatch(node, hint))
        if without_notes(kind) is object:
            return None
        if isinstance(node, Scalar):
            return self._scalar(node, hint, field)
        if isinstance(node, Sequence):
            return self._list(node, without_notes(kind), field)
        return self._mapping(node, without_notes(kind), field)

    def _choose(self, node: Node, hint: Any) -> Any:
        """Returns the member of a union that has the node's shape, or None."""
        for member in members(hint):
            kind = without_notes(member)
            if kind is object or isinstance(node, _shape(kind)):
                return member
        return None

    def _scalar(self, node: Scalar, hint: Any, field: str) -> object:
        if node.is_null:
            raise self._error(field, f"a value is missing; expected {describe(hint)}")
        try:
            return parse_text(node.text, hint)
        except ValueError as error:
            raise self._error(field, str(error)) from error

    def _list(self, node: Sequence, kind: Any, field: str) -> object:
        item_hint = get_args(kind)[0]
        items = [
            self.build(item, item_hint, f"{field}[{place}]")
            for place, item in enumerate(node.items)
        ]
        return tuple(items)

    def _mapping(self, node: Mapping, kind: Any, field: str) -> object:
        for key, line in node.lines.items():
            self.lines[_join(field, key)] = line
        if get_origin(kind) is dict:
            item_hint = get_args(kind)[1]
            return {
                key: self.build(item, item_hint, _join(field, key))
                for key, item in node.items.items()
            }
        return self._section(node, kind, field)

    def _section(self, node: Mapping, kind: type[msgspec.Struct], field: str) -> object:
        declared = {entry.encode_name: entry for entry in msgspec.structs.fields(kind)}
        for key in node.items:
            if key not in declared:
                text = "there is no such key" + suggestion(key, declared)
                raise self._error(_join(field, key), text)
        values = {}
        for key, entry in declared.items():
            item = node.items.get(key)
            is_required = entry.default is NODEFAULT and entry.default_factory is NODEFAULT
            if item is None and is_required:
                raise self._error(field, f"the key {key!r} is missing")
            if item is None or (isinstance(item, Scalar) and item.is_null and not is_required):
                continue
            values[entry.name] = self.build(item, entry.type, _join(field, key))
            self._note_ignored(entry.type, _join(field, key))
        return self._make(kind, values, field)

    def _note_ignored(self, hint: Any, field: str) -> None:
        for note in getattr(hint, "__metadata__", ()):
            if isinstance(note, Ignored):
                self.ignored.append(IgnoredKey(field, self.lines[field], note.reason))

    def _make(self, kind: type[msgspec.Struct], values: dict[str, object], field: str) -> object:
        try:
            return kind(**values)
        except InvalidFieldError as error:
            place = field
            for key in error.field.split(".", 1):
                place = _join(place, key)
            raise self._error(place, str(error)) from error
        except ValueError as error:
            raise self._error(field, str(error)) from error

    def _error(self, field: str, text: str) -> ConfigurationError:
        near = field
        while near not in self.lines:
            near = near[: max(near.rfind("."), near.rfind("["), 0)]
        return in_file(self._source, self.lines[near], field, text)


def _join(field: str, key: str) -> str:
    """Returns the path of a key; one that is no plain name is quoted, so that it stays one line."""
    name = key if _PLAIN.fullmatch(key) else f"[{shown(key)}]"
    return f"{field}.{name}" if field and name is key else f"{field}{name}"


def _shape(kind: Any) -> type[Node]:
    if get_origin(kind) in (list, tuple):
        return Sequence
    is_struct = isinstance(kind, type) and issubclass(kind, msgspec.Struct)
    return Mapping if is_struct or get_origin(kind) is dict else Scalar


def _mismatch(node: Node, hint: Any) -> str:
    if isinstance(node, Scalar) and node.is_null:
        return f"a value is missing; expected {describe(hint)}"
    names = {Scalar: "the single value", Sequence: "a list", Mapping: "a mapping"}
    value = f" {shown(node.text)}" if isinstance(node, Scalar) else ""
    return f"expected {describe(hint)}, not {names[type(node)]}{value}"
