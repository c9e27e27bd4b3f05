"""The application's id in the environment, as partition, domain and name.

Source: App Engine, `google.appengine.api.full_app_id`.
"""

import os
from collections.abc import MutableMapping

__all__ = ["clear", "get", "normalize", "parse", "project_id", "put"]

VARIABLES = ("APPLICATION_ID", "GAE_APPLICATION")
"""Where the id stands: the classic runtime's variable goes first."""

Environ = MutableMapping[str, str] | None


def get(environ: Environ = None) -> str:
    """Returns the whole id, such as `dev~guestbook`; "" where there is none."""
    variables = os.environ if environ is None else environ
    return next((variables[name] for name in VARIABLES if name in variables), "")


def put(app_id: str, environ: Environ = None) -> None:
    """Sets the id under both names."""
    variables = os.environ if environ is None else environ
    for name in VARIABLES:
        variables[name] = app_id


def normalize(environ: Environ = None) -> None:
    """Sets the id under both names where it stands under one."""
    put(get(environ), environ)


def clear(environ: Environ = None) -> None:
    """Takes the id out of the environment."""
    variables = os.environ if environ is None else environ
    for name in VARIABLES:
        variables.pop(name, None)


def parse(app_id: str | None = None, environ: Environ = None) -> tuple[str, str, str]:
    """Returns the three parts of an id: `s~example.com:pets` is `s`, `example.com`, `pets`.

    Parts that are not there are "". Without an id it is the environment's.
    """
    rest = get(environ) if app_id is None else app_id
    partition, found, name = rest.partition("~")
    if not (partition and found):
        partition, name = "", rest
    domain, found, display = name.partition(":")
    if not (domain and found):
        domain, display = "", name
    return partition, domain, display


def project_id(app_id: str | None = None, environ: Environ = None) -> str:
    """Returns an id without its partition: `example.com:pets`."""
    _, domain, name = parse(app_id, environ)
    return f"{domain}:{name}" if domain else name
