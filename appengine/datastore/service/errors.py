"""The errors of the datastore, by App Engine's names."""

from appengine.rpc.errors import RequestTooLargeError
from appengine.rpc.service import ApplicationError


class Error(ApplicationError):
    """Base of the datastore's errors."""


class BadRequestError(Error):
    """The call breaks a rule of the datastore; the text names the rule and the value."""


class EntityTooLargeError(BadRequestError, RequestTooLargeError):
    """An entity is too large; App Engine says RequestTooLargeError, and not which one."""


class ConcurrentTransactionError(Error):
    """Another commit has changed an entity group since the transaction first read it."""


class NeedIndexError(Error):
    """The query needs a composite index; the text holds its stanza for index.yaml."""


class Timeout(Error):
    """The storage did not become free in time; the call may be tried again."""


class InternalError(Error):
    """The datastore failed; a commit may nevertheless have been done."""


class CommittedButStillApplying(Timeout):
    """The commit is durable, but not every index shows it yet."""


ERRORS = (
    Error,
    BadRequestError,
    EntityTooLargeError,
    ConcurrentTransactionError,
    NeedIndexError,
    Timeout,
    InternalError,
    CommittedButStillApplying,
)
"""What any call may raise: a transaction's reads, too, can find that they come too late."""
