"""Inside: the current namespace, the part of an application's data that new keys are in.

Source: App Engine, "Multitenancy" (`google.appengine.api.namespace_manager`).
"""

import re
from contextvars import ContextVar

__all__ = [
    "BadValueError",
    "enable_request_namespace",
    "get_namespace",
    "google_apps_namespace",
    "set_namespace",
    "validate_namespace",
]

PATTERN = r"^[0-9A-Za-z._-]{0,100}$"
"""What a namespace may be. Source: App Engine, "Namespaces"."""

_namespace: ContextVar[str] = ContextVar("namespace", default="")
_is_namespace = re.compile(PATTERN[:-1] + r"\Z").match  # a `$` would let a final newline pass


class BadValueError(Exception):
    """The value can be no namespace."""


def get_namespace() -> str:
    """Returns the current namespace; `""` is the default one."""
    return _namespace.get()


def set_namespace(namespace: str | None) -> None:
    """Makes `namespace` current for the rest of the request; None is the default namespace.

    Raises:
        BadValueError: it is not up to 100 letters, digits, `.`, `_` and `-`.
    """
    if namespace is not None:
        validate_namespace(namespace)
    _namespace.set(namespace or "")


def google_apps_namespace() -> str | None:
    """Returns the domain by which the request came, were it one of Google Apps: always None."""
    return None


def enable_request_namespace() -> None:
    """Makes the Google Apps domain of the request current, when no namespace is set yet."""
    if not _namespace.get() and (namespace := google_apps_namespace()):
        set_namespace(namespace)


def validate_namespace(value: object, exception: type[Exception] = BadValueError) -> None:
    """Raises `exception` unless `value` is up to 100 letters, digits, `.`, `_` and `-`."""
    if not isinstance(value, str):
        raise exception(f"value should be a string; received {value!r} (a {type(value)}):")
    if not _is_namespace(value):
        raise exception(f'value "{value}" does not match regex "{PATTERN}"')
