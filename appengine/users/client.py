"""The functions that applications call; who is signed in stands in the request's environment."""

import os

from appengine.rpc.client import stub
from appengine.users.service import (
    MAX_URL,
    CreateLoginURLRequest,
    CreateLogoutURLRequest,
    RedirectTooLongError,
    User,
    UsersService,
)

MAX_IGNORED = 255
"""Characters of an argument that has no effect."""

_users = stub(UsersService)


def get_current_user() -> User | None:
    """Returns who has signed in to this request's browser, or None."""
    email, identity = os.environ.get("USER_EMAIL"), os.environ.get("FEDERATED_IDENTITY") or None
    if not email and not identity:
        return None
    return User(
        email or "",
        _auth_domain=os.environ.get("AUTH_DOMAIN"),
        _user_id=os.environ.get("USER_ID"),
        federated_identity=identity,
        federated_provider=os.environ.get("FEDERATED_PROVIDER") or None,
        _strict_mode=False,
    )


def is_current_user_admin() -> bool:
    """Returns whether who is signed in is an administrator of the application."""
    return os.environ.get("USER_IS_ADMIN", "0") == "1"


def create_login_url(
    dest_url: str | None = None,
    _auth_domain: str | None = None,
    federated_identity: str | None = None,
) -> str:
    """Returns the URL of a page on which a user signs in, and then goes on to `dest_url`.

    Args:
        dest_url: a path or a URL of this application, at most 2,048 characters; by default `/`.
        _auth_domain: accepted for old applications; accounts have one domain.
        federated_identity: accepted likewise; OpenID is gone.

    Raises:
        RedirectTooLongError: `dest_url` is too long.
        NotAllowedError: `dest_url` leads away from the application.
    """
    request = CreateLoginURLRequest(
        destination_url=_checked(dest_url),
        auth_domain=_ignored(_auth_domain),
        federated_identity=_ignored(federated_identity),
    )
    return _users.create_login_url(request).login_url


def create_logout_url(dest_url: str | None = None, _auth_domain: str | None = None) -> str:
    """Returns a URL that signs the user out and leads on to `dest_url`.

    The arguments and errors are those of `create_login_url`.
    """
    request = CreateLogoutURLRequest(
        destination_url=_checked(dest_url), auth_domain=_ignored(_auth_domain)
    )
    return _users.create_logout_url(request).logout_url


def _checked(dest_url: str | None) -> str:
    """Returns the URL, once it is one that the service takes: a longer one would not arrive."""
    if dest_url is not None and not isinstance(dest_url, str):
        raise TypeError(f"dest_url must be str, not {dest_url!r}")
    if len(dest_url or "") > MAX_URL:
        raise RedirectTooLongError(
            f"dest_url has {len(dest_url or '')} characters; at most {MAX_URL}"
        )
    return dest_url or ""


def _ignored(value: object) -> str:
    """Returns what is accepted and has no effect, as the service takes it."""
    return str(value or "")[:MAX_IGNORED]


CreateLoginURL = create_login_url
CreateLogoutURL = create_logout_url
GetCurrentUser = get_current_user
IsCurrentUserAdmin = is_current_user_admin
