"""Property values that are text or bytes with a meaning.

Source: App Engine, "Properties and value types" (`google.appengine.api.datastore_types`).
"""

from base64 import urlsafe_b64encode
from html import escape
from typing import ClassVar, Self
from urllib.parse import urlsplit

from appengine.datastore.datastore_errors import BadValueError
from appengine.datastore.datastore_types.checks import (
    MAX_STRING_BYTES,
    Opaque,
    validate_string,
)

MAX_LINK_BYTES = 2083
"""Longest address of a Link. Source: App Engine, "Properties and value types"."""


class Text(str):
    """Text of any length, never indexed."""

    __slots__ = ()

    def __new__(cls, arg: str | bytes | None = None, encoding: str | None = None) -> Self:
        """Takes text, or bytes in `encoding` (default: UTF-8)."""
        if arg is None:
            return super().__new__(cls)
        if isinstance(arg, bytes):
            return super().__new__(cls, arg.decode(encoding or "utf-8"))
        if not isinstance(arg, str):
            raise TypeError(f"Text() argument should be str or bytes, not {type(arg).__name__}")
        if encoding is not None:
            raise TypeError("Text() with a str argument should not specify an encoding")
        return super().__new__(cls, arg)


class _Bytes(bytes):
    """Base of the kinds of bytes."""

    __slots__ = ()

    def __new__(cls, arg: bytes | None = None) -> Self:
        if arg is None:
            return super().__new__(cls)
        if not isinstance(arg, bytes):
            raise TypeError(
                f"{cls.__name__}() argument should be bytes instance, not {type(arg).__name__}"
            )
        return super().__new__(cls, arg)

    def __str__(self) -> str:
        """Returns the text whose UTF-8 the bytes are; raises UnicodeDecodeError if they are not."""
        return self.decode("utf-8")

    def to_xml(self) -> str:
        """Returns the bytes in URL-safe base64."""
        return urlsafe_b64encode(self).decode()

    ToXml = to_xml


class Blob(_Bytes, Opaque):
    """Bytes of any length, never indexed."""

    __slots__ = ()


class ByteString(_Bytes):
    """Indexed bytes, at most 1,500."""

    __slots__ = ()


class EmbeddedEntity(_Bytes):
    """A whole entity as the value of a property, encoded; never indexed."""

    __slots__ = ()


def _decoded(label: str, value: str | bytes) -> str:
    if isinstance(value, str):
        return value
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise BadValueError(f"{label} is no UTF-8; received {value!r}") from error


class _Named(str):
    """Base of the texts that must not be empty: `label` names them in messages."""

    __slots__ = ()
    label: ClassVar[str]
    template: ClassVar[str]
    most: ClassVar[int] = MAX_STRING_BYTES

    def __new__(cls, value: str | bytes) -> Self:
        """Takes text, or bytes of UTF-8.

        Raises:
            BadValueError: it is empty, over 1,500 bytes, or neither text nor UTF-8.
        """
        validate_string(value, cls.label, max_len=cls.most)
        return super().__new__(cls, _decoded(cls.label, value))

    def to_xml(self) -> str:
        """Returns the value as an element of a Google Data feed."""
        return self.template.format(attribute=f'"{escape(self)}"', text=escape(self, quote=False))

    ToXml = to_xml


class Category(_Named):
    """A tag."""

    __slots__ = ()
    TERM = "user-tag"
    label = "tag"
    template = f'<category term="{TERM}" label={{attribute}} />'


class Link(_Named):
    """A URL with scheme and host or path, at most 2,083 bytes."""

    __slots__ = ()
    label = "link"
    most = MAX_LINK_BYTES
    template = "<link href={attribute} />"

    def __new__(cls, value: str | bytes) -> Self:
        """Checks that `value` is a URL.

        Raises:
            BadValueError: it has no scheme, or nothing behind it, or is too long.
        """
        validate_string(value, cls.label, max_len=cls.most)
        text = _decoded(cls.label, value)
        try:
            scheme, host, path = urlsplit(text)[:3]
        except ValueError as error:
            raise BadValueError(f"Invalid URL: {text}") from error
        if not scheme or (scheme != "file" and not host) or (scheme == "file" and not path):
            raise BadValueError(f"Invalid URL: {text}")
        return super().__new__(cls, text)


class Email(_Named):
    """An e-mail address; its form is not checked."""

    __slots__ = ()
    label = "email"
    template = "<gd:email address={attribute} />"


class PhoneNumber(_Named):
    """A telephone number; its form is not checked."""

    __slots__ = ()
    label = "phone"
    template = "<gd:phoneNumber>{text}</gd:phoneNumber>"


class PostalAddress(_Named):
    """A postal address; its form is not checked."""

    __slots__ = ()
    label = "address"
    template = "<gd:postalAddress>{text}</gd:postalAddress>"
