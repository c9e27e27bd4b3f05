"""What is known of the current request, for code that shall not read `os.environ` itself.

Here `os.environ` is the request's own already, in its threads and tasks too; a program that is
served elsewhere, or a test, starts a context from a WSGI environment.

Source: App Engine, `google.appengine.runtime.context`.
"""

import os
from collections.abc import Mapping
from contextvars import ContextVar, Token

__all__ = ["READ_FROM_OS_ENVIRON", "get", "init_from_wsgi_environ"]

READ_FROM_OS_ENVIRON = os.environ.get("READ_GAE_CONTEXT_FROM_OS_ENVIRON", "true") == "true"
"""Whether `get` looks into `os.environ`, as it does unless the environment says otherwise."""

PREFIX = "HTTP_X_APPENGINE_"
"""How the headers begin in which the platform tells what the bare names hold."""

_values: ContextVar[Mapping[str, str] | None] = ContextVar("request values", default=None)


def get(key: str, default: str | None = None) -> str | None:
    """Returns what the request has by a name: `USER_EMAIL`, `HTTP_HOST`, `REQUEST_LOG_ID`."""
    if READ_FROM_OS_ENVIRON:
        return os.environ.get(key, default)
    values = _values.get()
    return default if values is None else values.get(key, default)


def init_from_wsgi_environ(
    wsgi_env: Mapping[str, object],
) -> dict[ContextVar[Mapping[str, str] | None], Token[Mapping[str, str] | None]]:
    """Makes a WSGI environment the current context's; returns the token that takes it back."""
    values = {key: value for key, value in wsgi_env.items() if isinstance(value, str)}
    for key, value in list(values.items()):
        if key.startswith(PREFIX):
            values[key.removeprefix(PREFIX)] = value
    return {_values: _values.set(values)}
