"""The key of an entity: application, namespace, and the path from its root."""

import os
from datetime import UTC, datetime
from functools import total_ordering
from typing import Self

from appengine.datastore.datastore_errors import (
    ArgumentRangeError,
    ArgumentTypeError,
    BadArgumentError,
    BadKeyError,
)
from appengine.datastore.datastore_types.checks import validate_string
from appengine.datastore.datastore_types.reference import Path, decode_reference, encode_reference
from appengine.rpc import namespace_manager

MAX_ID = 2**63 - 1
"""Ids are signed 64-bit numbers. Source: App Engine, "Entities, Properties, and Keys"."""


def typename(value: object) -> str:
    """Returns the name of a value's type, as messages show it."""
    return type(value).__name__


def resolve_application(application: str | None) -> str:
    """Returns `application`, or the one that this code runs in when it is None.

    Raises:
        BadArgumentError: it is empty, and the environment names none.
    """
    if application is None:
        application = os.environ.get("APPLICATION_ID", "")
    validate_string(application, "app", BadArgumentError)
    return application


def resolve_namespace(namespace: str | None) -> str:
    """Returns `namespace`, or the current one when it is None.

    Raises:
        BadArgumentError: no namespace can have that name.
    """
    if namespace is None:
        return namespace_manager.get_namespace()
    namespace_manager.validate_namespace(namespace, BadArgumentError)
    return namespace


def plain(item: str | bytes | int) -> str | int:
    """Returns an item of a path as plain text or a plain number: a Link or a Rating loses that.

    Raises:
        BadArgumentError: bytes are no UTF-8.
    """
    if isinstance(item, bytes):
        try:
            return item.decode()
        except UnicodeDecodeError as error:
            raise BadArgumentError(f"a kind or a name is text; received {item!r}") from error
    if isinstance(item, str):
        return item if type(item) is str else str(item)
    return item if type(item) is int else int(item)


@total_ordering
class Key:
    """Names one entity. Immutable; the last id of an incomplete key is 0 until it is stored.

    Source: App Engine, "Entities, Properties, and Keys"; `google.appengine.api.datastore_types`.
    """

    __slots__ = ("_application", "_namespace", "_path")

    _application: str
    _namespace: str
    _path: Path

    def __init__(self, encoded: str | bytes | None = None) -> None:
        """Reads the text of a key; without one the key is empty.

        Raises:
            BadArgumentError: `encoded` is no text.
            BadKeyError: it is not the text of a key.
        """
        self._application, self._namespace, self._path = "", "", ()
        if encoded is None:
            return
        if not isinstance(encoded, str | bytes):
            raise BadArgumentError(
                f"Key() expects a string; received {encoded} (a {typename(encoded)})."
            )
        text = encoded.encode() if isinstance(encoded, str) else encoded
        try:
            self._application, self._namespace, self._path = decode_reference(text)
        except ValueError as error:
            raise BadKeyError(f"Invalid string key {encoded!r}. Details: {error}") from error

    @classmethod
    def _make(cls, application: str, namespace: str, path: Path) -> Self:
        """Returns a key of parts that have been checked."""
        key = cls.__new__(cls)
        key._application, key._namespace, key._path = application, namespace, path
        return key

    @staticmethod
    def from_path(
        *path: str | int,
        parent: "Key | None" = None,
        _app: str | None = None,
        namespace: str | None = None,
        **excess: object,
    ) -> "Key":
        """Returns the key with this path: kind, id or name, kind, id or name, ...

        Args:
            path: ids are positive and below 2**63, names neither empty nor over 500 bytes.
            parent: what the path begins under; its application and namespace hold.
            namespace: by default the parent's, else the current one.
            excess: refused, so that a misspelt argument does not pass unseen.

        Raises:
            BadArgumentError: the path is odd or empty or has other items; the parent is no key,
                or is of another application or namespace than stated.
            BadValueError: an empty name.
        """
        if excess:
            raise BadArgumentError(f"Excess keyword arguments {excess!r}")
        _check_path(path)
        path = tuple([plain(item) for item in path])
        if parent is None:
            return Key._make(resolve_application(_app), resolve_namespace(namespace), path)
        if not isinstance(parent, Key):
            raise BadArgumentError(
                f"Expected None or a Key as parent; received {parent!r} (a {typename(parent)})."
            )
        if not parent.has_id_or_name():
            raise BadKeyError("The parent Key is incomplete.")
        application = parent._application if _app is None else _app
        space = parent._namespace if namespace is None else resolve_namespace(namespace)
        if (application, space) != (parent._application, parent._namespace):
            raise BadArgumentError(
                f"The app/namespace arguments ({application}/{space}) should match "
                f"parent.app/namespace() ({parent._application}/{parent._namespace})"
            )
        return Key._make(application, space, parent._path + path)

    def app(self) -> str | None:
        """Returns the application's id; None for an empty key."""
        return self._application or None

    def namespace(self) -> str:
        """Returns the namespace; `""` is the default one."""
        return self._namespace

    def kind(self) -> str | None:
        """Returns the kind of the entity; None for an empty key."""
        return str(self._path[-2]) if self._path else None

    def id(self) -> int | None:
        """Returns the id, or None: the key has a name or is incomplete."""
        last = self._path[-1] if self._path else 0
        return last if isinstance(last, int) and last else None

    def name(self) -> str | None:
        """Returns the name, or None: the key has an id or is incomplete."""
        last = self._path[-1] if self._path else 0
        return last if isinstance(last, str) else None

    def id_or_name(self) -> int | str | None:
        """Returns the id or the name; None for an incomplete key."""
        return (self._path[-1] or None) if self._path else None

    def has_id_or_name(self) -> bool:
        """Returns whether the key is complete."""
        return bool(self._path and self._path[-1])

    def parent(self) -> "Key | None":
        """Returns the key one element up; None for a root."""
        if len(self._path) <= 2:  # noqa: PLR2004  # one pair
            return None
        return Key._make(self._application, self._namespace, self._path[:-2])

    def entity_group(self) -> "Key":
        """Returns the key of the entity group's root."""
        return Key._make(self._application, self._namespace, self._path[:2])

    def to_path(self, _default_id: int | None = None) -> list[str | int]:
        """Returns kind, id or name, kind, id or name, ...

        Args:
            _default_id: what stands for the id that an incomplete key has not got yet.

        Raises:
            BadKeyError: the key is incomplete, and there is no default.
        """
        if not self._path or self._path[-1]:
            return list(self._path)
        if _default_id is None:
            raise BadKeyError(f"Incomplete key found in to_path: {self!r}")
        return [*self._path[:-1], _default_id]

    def to_tag_uri(self) -> str:
        """Returns a `tag:` URI for the entity (RFC 4151), dated today.

        Raises:
            BadKeyError: the key is incomplete.
        """
        if not self.has_id_or_name():
            raise BadKeyError("ToTagUri() called for an entity with an incomplete key.")
        day = datetime.now(UTC).date().isoformat()
        domain = os.environ.get("AUTH_DOMAIN") or "gmail.com"
        place = f"{self._application}!{self._namespace}" if self._namespace else self._application
        return f"tag:{place}.{domain},{day}:{self.kind()}[{self}]"

    ToTagUri = to_tag_uri
    to_xml = to_tag_uri
    ToXml = to_tag_uri

    def __str__(self) -> str:
        """Returns the text form, safe in URLs.

        Raises:
            BadKeyError: the key is incomplete, or a name in it is not valid Unicode.
        """
        if not self.has_id_or_name():
            raise BadKeyError(f"Cannot string encode an incomplete key!\n{self!r}")
        try:
            return encode_reference(self._application, self._namespace, self._path)
        except UnicodeEncodeError as error:
            raise BadKeyError(f"{error.object!r} is not valid UTF-8: {error.reason}") from error

    def __repr__(self) -> str:
        parts = [repr(item) for item in self._path]
        parts.append(f"_app={self._application!r}")
        if self._namespace:
            parts.append(f"namespace={self._namespace!r}")
        return f"datastore_types.Key.from_path({', '.join(parts)})"

    def __hash__(self) -> int:
        return hash((self._application, self._namespace, self._path))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Key):
            return NotImplemented
        return (
            self._path == other._path
            and self._namespace == other._namespace
            and self._application == other._application
        )

    def __lt__(self, other: object) -> bool:
        """Orders by application, namespace and path; ids before names, a parent first."""
        if not isinstance(other, Key):
            return NotImplemented
        return _rank(self) < _rank(other)

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Key._make, (self._application, self._namespace, self._path)


def _rank(key: Key) -> tuple[object, ...]:
    # code points order text as UTF-8 orders its bytes; False, an id, sorts before True, a name
    path = tuple((isinstance(item, str), item) for item in key._path)
    return (key._application, key._namespace, path)


def _check_path(path: tuple[object, ...]) -> None:
    if not path or len(path) % 2:
        raise BadArgumentError(
            "A non-zero even number of positional arguments is required "
            f"(kind, id or name, kind, id or name, ...); received {path!r}"
        )
    for number, item in enumerate(path, 1):
        if number % 2:
            if not isinstance(item, str):
                raise _unexpected("a string kind", number, item)
        elif isinstance(item, str):
            validate_string(item, "name")
        elif not isinstance(item, int) or isinstance(item, bool):
            raise _unexpected("an integer id or string name", number, item)
        elif not -MAX_ID - 1 <= item <= MAX_ID:
            raise ArgumentRangeError(
                f"An id is below 2**63; received {item!r} as argument {number}."
            )


def _unexpected(wanted: str, number: int, item: object) -> ArgumentTypeError:
    return ArgumentTypeError(
        f"Expected {wanted} as argument {number}; received {item!r} (a {typename(item)})."
    )
