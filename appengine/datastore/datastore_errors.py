"""The errors of the datastore, by the names that applications catch.

Source: App Engine, `google.appengine.api.datastore_errors`.
"""

from appengine.datastore.service import (
    BadRequestError,
    CommittedButStillApplying,
    Error,
    InternalError,
    Timeout,
)
from appengine.datastore.service import NeedIndexError as _NeedIndexError

__all__ = [
    "BadArgumentError",
    "BadFilterError",
    "BadKeyError",
    "BadPropertyError",
    "BadQueryError",
    "BadRequestError",
    "BadValueError",
    "CommittedButStillApplying",
    "EntityNotFoundError",
    "Error",
    "InternalError",
    "NeedIndexError",
    "QueryNotFoundError",
    "ReferencePropertyResolveError",
    "Rollback",
    "SnapshotVersionTooOldError",
    "Timeout",
    "TransactionFailedError",
    "TransactionNotFoundError",
    "ValidationError",
]


class BadValueError(Error):
    """A property's value, or an argument, is of a type or size that it cannot have."""


class BadPropertyError(Error):
    """A property's name is no text, or empty."""


class BadArgumentError(Error):
    """An argument of a call is wrong."""


class ArgumentTypeError(BadArgumentError, TypeError):
    """An argument is of another type; App Engine's SDK says TypeError of some of them."""


class ArgumentRangeError(BadArgumentError, ValueError):
    """An argument is a number of too many bits; App Engine's SDK says ValueError."""


class ValueRangeError(BadValueError, OverflowError):
    """A property's whole number needs over 64 bits; App Engine's SDK says OverflowError."""


class BadFilterError(Error):
    """A query's filter is not of the form `property operator`, or cannot be combined so."""

    def __init__(self, condition: str) -> None:
        super().__init__(f"invalid filter: {condition}.")


class BadQueryError(Error):
    """A query, or its GQL, cannot be understood or executed."""


class BadKeyError(Error):
    """The key is malformed or incomplete."""


class EntityNotFoundError(Error):
    """No entity has the key."""


class ReferencePropertyResolveError(Error):
    """A reference points to an entity that is not there."""


class QueryNotFoundError(Error):
    """The query's iteration cannot be continued."""


class TransactionNotFoundError(Error):
    """The transaction has ended."""


class TransactionFailedError(Error):
    """Other commits came first, each time that the transaction was tried; nothing is written."""


class SnapshotVersionTooOldError(Error):
    """The version that was to be read is no longer kept."""


class Rollback(Error):
    """Raised in a transaction to undo it quietly; the call that ran it returns None."""


class NeedIndexError(_NeedIndexError):
    """The query needs a composite index that is not defined."""

    def __init__(
        self,
        error: str,
        original_message: str | None = None,
        header: str | None = None,
        yaml_index: str | None = None,
        xml_index: str | None = None,
    ) -> None:
        super().__init__(error)
        self._parts = (original_message, header, yaml_index, xml_index)

    def original_message(self) -> str | None:
        """Returns the datastore's own words."""
        return self._parts[0]

    def header(self) -> str | None:
        """Returns the sentence before the stanza."""
        return self._parts[1]

    def yaml_index(self) -> str | None:
        """Returns the stanza for index.yaml."""
        return self._parts[2]

    def xml_index(self) -> str | None:
        """Returns the element for datastore-indexes.xml, were there one."""
        return self._parts[3]

    OriginalMessage = original_message
    Header = header
    YamlIndex = yaml_index
    XmlIndex = xml_index


ValidationError = BadValueError
