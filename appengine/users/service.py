"""Users: who is signed in, and where to sign in and out."""

import os
from functools import total_ordering

from appengine.rpc.service import ApplicationError

DEFAULT_AUTH_DOMAIN = "gmail.com"
"""Where accounts are when nothing else is said. Source: App Engine, "Users"."""


class Error(ApplicationError):
    """Base of the errors of users."""


class UserNotFoundError(Error):
    """No e-mail address is given, and nobody is signed in."""


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
