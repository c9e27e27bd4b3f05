"""The errors of the framework."""


class Error(Exception):
    """Base of the framework's errors."""


class NoUrlFoundError(Error):
    """No mapping of the handler makes a URL of the given arguments."""


class CannotReversePatternError(Error):
    """A mapping's regular expression makes no URL of the given arguments."""


CannotReversePattern = CannotReversePatternError
"""The name that App Engine gave it."""


class MalformedRequestError(Error):
    """The client sent a request that cannot be read: its answer is 400, not 500."""
