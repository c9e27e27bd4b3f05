"""OAuth for requests of programs: there is no provider here, so no request carries a known token.

An application that asks for a token's user and takes an `OAuthRequestError` for nobody works.

Source: App Engine, "OAuth API for Python" (`google.appengine.api.oauth`).
"""

import os
from collections.abc import Sequence

from appengine.users.service import User

__all__ = [
    "Error",
    "InvalidOAuthParametersError",
    "InvalidOAuthTokenError",
    "NotAllowedError",
    "OAuthRequestError",
    "OAuthServiceFailureError",
    "get_authorized_scopes",
    "get_client_id",
    "get_current_user",
    "get_oauth_consumer_key",
    "is_current_user_admin",
]

Scope = str | Sequence[str] | None


class Error(Exception):
    """Base of the errors of OAuth."""


class OAuthRequestError(Error):
    """The request is not one of a program that a user has let in."""


class NotAllowedError(OAuthRequestError):
    """The user has not let the program in."""


class InvalidOAuthParametersError(OAuthRequestError):
    """The request carries no token."""


class InvalidOAuthTokenError(OAuthRequestError):
    """The request carries a token that is unknown."""


class OAuthServiceFailureError(Error):
    """The service does not answer."""


def get_current_user(_scope: Scope = None) -> User:
    """Returns the user who has let a program in; here there is none.

    Raises:
        InvalidOAuthParametersError: the request carries no token.
        InvalidOAuthTokenError: it carries one, which nobody here has given out.
    """
    raise _refusal()


def is_current_user_admin(_scope: Scope = None) -> bool:
    """Returns whether that user is an administrator; the errors are those of `get_current_user`."""
    raise _refusal()


def get_oauth_consumer_key() -> str:
    """Returns the key of a program of OAuth 1; the errors are those of `get_current_user`."""
    raise _refusal()


def get_client_id(_scope: Scope) -> str:
    """Returns the id of a program of OAuth 2; the errors are those of `get_current_user`."""
    raise _refusal()


def get_authorized_scopes(scope: Scope) -> list[str]:
    """Returns what a program may do; the errors are those of `get_current_user`."""
    raise _refusal()


def _refusal() -> OAuthRequestError:
    if os.environ.get("HTTP_AUTHORIZATION"):
        return InvalidOAuthTokenError("no OAuth token is known here: there is no provider")
    return InvalidOAuthParametersError("the request carries no OAuth token")
