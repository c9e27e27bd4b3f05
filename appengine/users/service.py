"""Users: who is signed in, and where to sign in and out."""

import os
from functools import total_ordering
from typing import Annotated

from msgspec import Meta

from appengine.rpc.service import ApplicationError, Message, Service, call

DEFAULT_AUTH_DOMAIN = "gmail.com"
"""Where accounts are when nothing else is said. Source: App Engine, "Users"."""

MAX_URL = 2048
"""Characters of a URL to go on to after signing in or out: what every browser takes."""


class Error(ApplicationError):
    """Base of the errors of users."""


class UserNotFoundError(Error):
    """No e-mail address is given, and nobody is signed in."""


class RedirectTooLongError(Error):
    """The URL to go on to is longer than `MAX_URL` characters."""


class NotAllowedError(Error):
    """The URL to go on to leads away from the application."""


@total_ordering
class User:
    """A person by e-mail address; equal to another of the same address and domain.

    Source: App Engine, "Users", class `User` (`google.appengine.api.users`).
    """

    __slots__ = ("_auth_domain", "_email", "_identity", "_provider", "_user_id")

    def __init__(
        self,
        email: str | None = None,
        _auth_domain: str | None = None,
        _user_id: str | None = None,
        federated_identity: str | None = None,
        federated_provider: str | None = None,
        _strict_mode: bool = True,
    ) -> None:
        """Takes the address, by default that of who is signed in.

        Raises:
            UserNotFoundError: there is neither, unless `_strict_mode` is off.
        """
        signed_in = email is None and federated_identity is None
        if signed_in:
            email = os.environ.get("USER_EMAIL", "")
            _user_id = _user_id or os.environ.get("USER_ID")
        if _strict_mode and not email and not federated_identity:
            raise UserNotFoundError("no e-mail address is given and nobody is signed in")
        domain = _auth_domain or os.environ.get("AUTH_DOMAIN") or DEFAULT_AUTH_DOMAIN
        self._email, self._auth_domain = email or "", domain
        self._user_id = str(_user_id) if _user_id else None
        self._identity, self._provider = federated_identity, federated_provider

    def email(self) -> str:
        """Returns the e-mail address."""
        return self._email

    def nickname(self) -> str:
        """Returns the address, without its domain where that is the domain of the accounts."""
        ending = f"@{self._auth_domain}"
        if self._email.endswith(ending):
            return self._email.removesuffix(ending)
        return self._email or self._identity or ""

    def user_id(self) -> str | None:
        """Returns the id, which stays when the address changes; None where it is not known."""
        return self._user_id

    def auth_domain(self) -> str:
        """Returns the domain of the accounts."""
        return self._auth_domain

    def federated_identity(self) -> str | None:
        """Returns the OpenID of the user, if there is one."""
        return self._identity

    def federated_provider(self) -> str | None:
        """Returns the OpenID provider of the user, if there is one."""
        return self._provider

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, User):
            return NotImplemented
        return (self._email, self._auth_domain) == (other._email, other._auth_domain)

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, User):
            return NotImplemented
        return (self._email, self._auth_domain) < (other._email, other._auth_domain)

    def __hash__(self) -> int:
        return hash((self._email, self._auth_domain))

    def __str__(self) -> str:
        return self.nickname()

    def __repr__(self) -> str:
        names = {
            "email": self._email,
            "_user_id": self._user_id,
            "federated_identity": self._identity,
        }
        given = ",".join(f"{name}={value!r}" for name, value in names.items() if value)
        return f"users.User({given})"


URL = Annotated[str, Meta(max_length=MAX_URL)]


class CreateLoginURLRequest(Message):
    """Where to go on after signing in: a path or a URL of the application; empty for its root.

    Attributes:
        auth_domain: accepted for old applications; accounts have one domain.
        federated_identity: accepted likewise; OpenID is gone.
    """

    destination_url: URL = ""
    auth_domain: Annotated[str, Meta(max_length=255)] = ""
    federated_identity: URL = ""


class CreateLoginURLResponse(Message):
    """The absolute URL of the page where a user signs in."""

    login_url: str


class CreateLogoutURLRequest(Message):
    """Where to go on after signing out; the attributes are those of `CreateLoginURLRequest`."""

    destination_url: URL = ""
    auth_domain: Annotated[str, Meta(max_length=255)] = ""


class CreateLogoutURLResponse(Message):
    """The absolute URL that signs a user out."""

    logout_url: str


class UsersService(
    Service,
    name="user",
    aliases=("google.appengine.api.users",),
    modules={"google.appengine.api.oauth": "oauth"},
):
    """Where users sign in and out; who is signed in, a request's environment says.

    Source: App Engine, "Users" (`google.appengine.api.users`).
    """

    @call(errors=(RedirectTooLongError, NotAllowedError))
    def create_login_url(self, request: CreateLoginURLRequest) -> CreateLoginURLResponse:
        """Returns where a user signs in, and goes on from there to the destination."""

    @call(errors=(RedirectTooLongError, NotAllowedError))
    def create_logout_url(self, request: CreateLogoutURLRequest) -> CreateLogoutURLResponse:
        """Returns what signs a user out, and leads on to the destination."""
