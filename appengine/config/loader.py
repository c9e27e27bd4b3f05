"""The one door to YAML: a file becomes a frozen Struct, or one line that says what is wrong."""

import os
import re
import stat
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import TypeVar

import yaml

from appengine.config.building import Loaded, build_document
from appengine.config.errors import ConfigurationError, in_file, shown
from appengine.config.nodes import Mapping, Node, Scalar, Sequence

MAX_FILE_BYTES = 256 * 1024
"""Largest configuration file. A version's longest, with all its handlers, has some 20 KiB."""

MAX_DEPTH = 16
"""Deepest nesting of lists and mappings. App Engine's own files need 5."""

PlainValue = None | bool | int | float | str | date | datetime
"""What a value without quotes can be."""

_NUMBER = re.compile(
    r"[-+]?(0x[0-9a-fA-F]+|(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|\.(inf|Inf|INF))"
    r"|0o[0-7]+|\.(nan|NaN|NAN)"
)
"""A number as YAML 1.2 has it. Source: YAML 1.2, section 10.3.2."""

_OCTAL = re.compile(r"[-+]?0[0-9]+")
"""Octal in YAML 1.1, decimal in 1.2."""

_SPACES = re.compile(r"\s+")

T = TypeVar("T")


def load(path: Path, kind: type[T]) -> Loaded[T]:
    """Returns a file's single document as a Struct, with the line of each field.

    Args:
        path: the file; errors name it as it is given here.
        kind: a frozen Struct; its annotations say how each text is read.

    Raises:
        ConfigurationError: the file cannot be read, or states what `kind` does not allow.
    """
    return parse(read_text(path), kind, str(path))


def parse(text: str, kind: type[T], source: str) -> Loaded[T]:
    """Returns a text's single document as a Struct; `source` names it in errors.

    Raises:
        ConfigurationError: it states what `kind` does not allow.
    """
    return build_document(_Reader(text, source).read(), kind, source)


def load_nodes(path: Path, most_bytes: int = MAX_FILE_BYTES) -> Node:
    """Returns a file's single document as it is written: for values whose type no key declares.

    Raises:
        ConfigurationError: the file cannot be read, is larger than `most_bytes`, or not YAML.
    """
    return _Reader(read_text(path, most_bytes), str(path)).read()


def read_value(scalar: Scalar) -> PlainValue:
    """Returns what a single value is where no type is declared; one in quotes is text.

    Words without quotes are read as YAML 1.1 has them: `yes` is true, `2008-04-07` a date. A
    number that only one version of YAML takes for one, or for the same one, is refused.

    Raises:
        ValueError: it is such a number, or a date that no calendar has.
    """
    if not scalar.is_plain:
        return scalar.text
    resolver = yaml.resolver.Resolver()
    tag = resolver.resolve(yaml.ScalarNode, scalar.text, (True, False))  # type: ignore[no-untyped-call]  # PyYAML's stubs are partial
    kind = str(tag).rpartition(":")[2]
    if kind not in ("null", "bool", "int", "float", "timestamp"):
        kind = "str"
    is_number = kind in ("int", "float")
    if is_number != bool(_NUMBER.fullmatch(scalar.text)) or _OCTAL.fullmatch(scalar.text):
        text = "is not the same in all versions of YAML: put it in quotes or write it another way"
        raise ValueError(f"{shown(scalar.text)} {text}")
    if kind == "str":
        return scalar.text
    constructor = yaml.constructor.SafeConstructor()
    try:
        value: PlainValue = constructor.construct_document(yaml.ScalarNode(tag, scalar.text))
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{shown(scalar.text)} cannot be read: {error}") from error
    return value


def read_text(path: Path, most_bytes: int = MAX_FILE_BYTES) -> str:
    """Returns the text of a configuration file.

    Raises:
        ConfigurationError: it is missing, unreadable, no regular file, larger than `most_bytes`
            or not UTF-8.
    """
    data = _read_bytes(path, most_bytes)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        text = f"not UTF-8: byte {data[error.start]:#04x} at offset {error.start}"
        raise in_file(str(path), line, "", text) from error


def _read_bytes(path: Path, most_bytes: int) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # a FIFO never waits
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                kind = "a directory" if stat.S_ISDIR(status.st_mode) else "no regular file"
                raise ConfigurationError(f"{path}: cannot be read: it is {kind}")
            data = os.read(descriptor, most_bytes + 1)
        finally:
            os.close(descriptor)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise ConfigurationError(f"{path}: cannot be read: {reason}") from error
    if len(data) > most_bytes:
        size = max(status.st_size, len(data))
        raise ConfigurationError(f"{path}: {size} bytes; at most {most_bytes}")
    return data


class _Reader:
    """Makes nodes of YAML's events; stops at the first thing that is not plain data."""

    def __init__(self, text: str, source: str) -> None:
        self._text, self._source = text, source
        self._depth = 0

    def read(self) -> Node:
        self._events = self._parsed()
        self._next()  # the stream starts
        if isinstance(self._next(), yaml.StreamEndEvent):
            raise in_file(self._source, 1, "", "the file is empty")
        node = self._node(self._next())
        self._next()  # the document ends
        if not isinstance(event := self._next(), yaml.StreamEndEvent):
            raise self._error(event, "a second document; a file holds one")
        return node

    def _parsed(self) -> Iterator[yaml.Event]:
        try:
            loader = yaml.SafeLoader(self._text)
        except yaml.YAMLError as error:
            raise self._syntax_error(error) from error
        try:
            while loader.check_event():
                yield loader.get_event()  # type: ignore[no-untyped-call]  # PyYAML's stubs are partial
        except yaml.YAMLError as error:
            raise self._syntax_error(error) from error
        except (ValueError, OverflowError) as error:  # escapes beyond Unicode
            raise in_file(self._source, loader.line + 1, "", f"not YAML: {error}") from error

    def _next(self) -> yaml.Event:
        return next(self._events)

    def _node(self, event: yaml.Event) -> Node:
        if isinstance(event, yaml.AliasEvent):
            raise self._error(event, f"the alias {shown(f'*{event.anchor}')}: aliases are refused")
        self._check_tag(event)
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event)
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self._error(event, f"nested deeper than {MAX_DEPTH} levels")
        is_sequence = isinstance(event, yaml.SequenceStartEvent)
        node = self._sequence(event) if is_sequence else self._mapping(event)
        self._depth -= 1
        return node

    def _check_tag(self, event: yaml.Event) -> None:
        tag = getattr(event, "tag", None)
        if tag not in (None, "!"):
            raise self._error(event, f"the tag {shown(str(tag))}: tags are refused")

    def _scalar(self, event: yaml.ScalarEvent) -> Scalar:
        text = str(event.value)
        if any(character == "\0" or "\ud800" <= character <= "\udfff" for character in text):
            raise self._error(event, f"{shown(text)} holds a character that no text may have")
        return Scalar(text, _line(event), is_plain=event.style is None)

    def _sequence(self, start: yaml.Event) -> Sequence:
        items = []
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            items.append(self._node(event))
        return Sequence(tuple(items), _line(start))

    def _mapping(self, start: yaml.Event) -> Mapping:
        items: dict[str, Node] = {}
        lines: dict[str, int] = {}
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            key = self._key(event, lines)
            lines[key] = _line(event)
            items[key] = self._node(self._next())
        return Mapping(items, lines, _line(start))

    def _key(self, event: yaml.Event, lines: dict[str, int]) -> str:
        key = self._node(event)
        if not isinstance(key, Scalar):
            raise self._error(event, "a key that is a list or a mapping; keys are single words")
        if key.text in lines:
            text = f"the key {shown(key.text)} stands twice; first on line {lines[key.text]}"
            raise self._error(event, text)
        return key.text

    def _error(self, event: yaml.Event, text: str) -> ConfigurationError:
        return in_file(self._source, _line(event), "", text)

    def _syntax_error(self, error: yaml.YAMLError) -> ConfigurationError:
        if isinstance(error, yaml.reader.ReaderError):
            line = self._text.count("\n", 0, error.position) + 1
            text = f"the character {chr(error.character)!r} is not allowed"
            return in_file(self._source, line, "", text)
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        problem = getattr(error, "problem", None) or getattr(error, "context", None) or error
        line = mark.line + 1 if mark else 1
        return in_file(self._source, line, "", f"not YAML: {_SPACES.sub(' ', str(problem))}")


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1
