"""Accounts of an application's own: sign-in with a password, kept by a session and a token.

A session holds who the user is and a token, which the user model keeps too: so a session can be
ended by deleting its token. To spare a read of the datastore in each request, the session's copy of
the user counts for an hour.

Source: webapp2, "API Reference", `webapp2_extras.auth`.
"""

import time
from collections.abc import Callable, Mapping
from typing import ClassVar, Protocol

from appengine.webapp2.application import WSGIApplication
from appengine.webapp2.imports import import_string
from appengine.webapp2.properties import cached_property
from appengine.webapp2.request import Request
from appengine.webapp2_extras import registry
from appengine.webapp2_extras.sessions import SessionDict
from appengine.webapp2_extras.sessions import get_store as get_session_store

__all__ = [
    "Auth",
    "AuthError",
    "AuthStore",
    "InvalidAuthIdError",
    "InvalidPasswordError",
    "default_config",
    "get_auth",
    "get_store",
    "set_auth",
    "set_store",
]

STORE_KEY = "webapp2_extras.auth.AuthStore"
AUTH_KEY = "webapp2_extras.auth.Auth"
SESSION_KEY = "_user"
DAY = 24 * 60 * 60

User = dict[str, object]

default_config: dict[str, object] = {
    "user_model": "webapp2_extras.appengine.auth.models.User",
    "session_backend": "securecookie",
    "cookie_name": "auth",
    "token_max_age": 3 * 7 * DAY,
    "token_new_age": DAY,
    "token_cache_age": 60 * 60,
    "user_attributes": [],
}
"""What an application may set under `"webapp2_extras.auth"`.

`token_max_age`: seconds after which a token counts no more; `token_new_age`: after which it is
replaced; `token_cache_age`: for which a session's copy of the user counts. `user_attributes`: what
of the user stands in the session.
"""


class AuthError(Exception):
    """A user cannot be signed in."""


class InvalidAuthIdError(AuthError):
    """There is no user of that id."""


class InvalidPasswordError(AuthError):
    """The user has another password."""


class UserModel(Protocol):
    """What `auth` asks of the class that keeps users."""

    def get_id(self) -> object:
        """Returns the user's id."""

    def get_by_auth_password(self, auth_id: str, password: str) -> "UserModel":
        """Returns the user; a class method."""

    def get_by_auth_token(
        self, user_id: object, token: str
    ) -> tuple["UserModel | None", int | None]:
        """Returns the user and when the token was made; a class method."""

    def create_auth_token(self, user_id: object) -> str:
        """Returns a new token; a class method."""

    def delete_auth_token(self, user_id: object, token: str) -> None:
        """Deletes a token; a class method."""


class AuthStore:
    """Users of one application, as the configured model keeps them."""

    config_key: ClassVar[str] = "webapp2_extras.auth"

    def __init__(self, app: WSGIApplication, config: Mapping[str, object] | None = None) -> None:
        self.app = app
        self.config = app.config.load_config(self.config_key, default_config, config)

    @cached_property
    def session_attributes(self) -> list[str]:
        """The names of what stands in a session, in the order in which it does."""
        return [*self.user_attributes, "user_id", "remember", "token", "token_ts", "cache_ts"]

    @cached_property
    def user_attributes(self) -> list[str]:
        """The attributes of the user that stand in a session."""
        names = self.config["user_attributes"]
        return [str(name) for name in names] if isinstance(names, list | tuple) else []

    @cached_property
    def user_model(self) -> UserModel:
        """The class that keeps users, imported where the configuration has its name."""
        model: UserModel = self.config["user_model"]  # type: ignore[assignment]  # or its name
        if isinstance(model, str):
            model = import_string(model)  # type: ignore[assignment]  # what stands there
        return model

    def get_user_by_auth_password(
        self, auth_id: str, password: str, silent: bool = False
    ) -> User | None:
        """Returns the user of an id and a password; `silent`: None instead of an error.

        Raises:
            InvalidAuthIdError, InvalidPasswordError: see there.
        """
        try:
            return self.user_to_dict(self.user_model.get_by_auth_password(auth_id, password))
        except (InvalidAuthIdError, InvalidPasswordError):
            if not silent:
                raise
            return None

    def get_user_by_auth_token(self, user_id: object, token: str) -> tuple[User | None, int | None]:
        """Returns the user of a token and when it was made, in seconds since 1970; or two None."""
        user, made = self.user_model.get_by_auth_token(user_id, token)
        return (None if user is None else self.user_to_dict(user)), made

    def create_auth_token(self, user_id: object) -> str:
        """Returns a new token of a user."""
        return self.user_model.create_auth_token(user_id)

    def delete_auth_token(self, user_id: object, token: str) -> None:
        """Deletes a token: sessions that have it end."""
        self.user_model.delete_auth_token(user_id, token)

    def user_to_dict(self, user: UserModel | None) -> User | None:
        """Returns what of a user stands in a session."""
        if user is None:
            return None
        return {
            **{name: getattr(user, name) for name in self.user_attributes},
            "user_id": user.get_id(),
        }

    def get_session(self, request: Request) -> SessionDict:
        """Returns the session in which the user stands."""
        return get_session_store(request=request).get_session(
            str(self.config["cookie_name"]), backend=str(self.config["session_backend"])
        )

    def serialize_session(self, data: Mapping[str, object]) -> list[object]:
        """Returns the values of a session without their names, which every cookie would repeat."""
        return [data.get(name) for name in self.session_attributes]

    def deserialize_session(self, data: list[object]) -> User | None:
        """Returns the values of a session by name; None where the configuration was another."""
        if len(data) != len(self.session_attributes):
            return None
        return dict(zip(self.session_attributes, data, strict=True))

    def validate_password(self, auth_id: str, password: str, silent: bool = False) -> User | None:
        """See `get_user_by_auth_password`."""
        return self.get_user_by_auth_password(auth_id, password, silent=silent)

    def validate_token(
        self, user_id: object, token: str, token_ts: int | None = None
    ) -> tuple[User | None, str | None]:
        """Returns the user of a token, and the token: a new one where it has become old.

        Args:
            user_id: the user's id.
            token: the token, which is deleted where it counts no more or is replaced.
            token_ts: when it was made, in seconds since 1970, as far as the session knows.

        Returns:
            Two None where the token counts no more, or never has.
        """
        user, made = None, token_ts
        if not self._is_older(token_ts, "token_max_age"):
            user, stored = self.get_user_by_auth_token(user_id, token)
            made = token_ts or stored
        expired = self._is_older(made, "token_max_age")
        if expired or self._is_older(made, "token_new_age"):
            self.delete_auth_token(user_id, token)
            token = "" if expired or user is None else self.create_auth_token(user_id)
        return (None, None) if user is None or expired else (user, token)

    def validate_cache_timestamp(self, cache_ts: int, token_ts: int | None = None) -> bool:
        """Returns whether a session's copy of the user still counts."""
        return not (
            self._is_older(cache_ts, "token_cache_age") or self._is_older(token_ts, "token_max_age")
        )

    def _is_older(self, timestamp: int | None, age: str) -> bool:
        return timestamp is not None and time.time() - timestamp > int(str(self.config[age]))


class Auth:
    """The user of one request."""

    request: Request
    store: AuthStore

    def __init__(self, request: Request) -> None:
        self.request = request
        self.store = get_store(app=registry.app_of(request))
        self._user: User | None = None

    @cached_property
    def session(self) -> SessionDict:
        """The session in which the user stands."""
        return self.store.get_session(self.request)

    def get_user_by_session(self, save_session: bool = True) -> User | None:
        """Returns the user who is signed in; `save_session`: renews token and copy where due."""
        data = None if self._user else self.get_session_data(pop=save_session)
        if data is not None:
            self._user = self.get_user_by_token(
                data["user_id"],
                str(data["token"]),
                token_ts=_number(data["token_ts"]),
                cache=data,
                cache_ts=_number(data["cache_ts"]),
                remember=bool(data["remember"]),
                save_session=save_session,
            )
        return self._user

    def get_user_by_token(
        self,
        user_id: object,
        token: str,
        token_ts: int | None = None,
        cache: User | None = None,
        cache_ts: int | None = None,
        remember: bool = False,
        save_session: bool = True,
    ) -> User | None:
        """Returns the user of a token.

        Args:
            user_id: the user's id.
            token: the token.
            token_ts: when it was made, in seconds since 1970.
            cache: a copy of the user, instead of the stored one while it is young enough.
            cache_ts: when the copy was made.
            remember: the session outlives the browser.
            save_session: puts user and token into the session.
        """
        user, valid = None, token_ts
        if cache and cache_ts and self.store.validate_cache_timestamp(cache_ts, token_ts):
            user = cache
        else:
            cache_ts = None
            user, renewed = self.store.validate_token(user_id, token, token_ts)
            valid, token = (token_ts, token) if renewed == token else (None, renewed or "")
        self._user = user
        if user is not None and save_session:
            self.set_session(user, token, valid, cache_ts, remember)
        return self._user

    def get_user_by_password(
        self,
        auth_id: str,
        password: str,
        remember: bool = False,
        save_session: bool = True,
        silent: bool = False,
    ) -> User | None:
        """Signs a user in and returns it.

        Args:
            auth_id: what the user signs in with, such as an address.
            password: what the user types.
            remember: the session outlives the browser.
            save_session: puts the user into the session, with a new token.
            silent: None instead of an error.

        Raises:
            InvalidAuthIdError, InvalidPasswordError: see there.
        """
        if save_session:
            self.session.clear()
        self._user = self.store.validate_password(auth_id, password, silent=silent)
        if self._user is not None and save_session:
            self.set_session(self._user, remember=remember)
        return self._user

    def set_session(
        self,
        user: User,
        token: str | None = None,
        token_ts: int | None = None,
        cache_ts: int | None = None,
        remember: bool = False,
        **session_args: object,
    ) -> None:
        """Puts a user into the session, with a new token unless one is given.

        Further arguments are the session cookie's: `domain`, `secure` and so on.
        """
        now = int(time.time())
        max_age = self.store.config["token_max_age"] if remember else None
        session_args.setdefault("max_age", max_age)
        data = {
            **user,
            "token": token or self.store.create_auth_token(user["user_id"]),
            "token_ts": token_ts or now,
            "cache_ts": cache_ts or now,
            "remember": int(remember),
        }
        self.set_session_data(data, **session_args)
        self._user = data

    def unset_session(self) -> None:
        """Signs the user out: empties the session and deletes its token."""
        self._user = None
        if (data := self.get_session_data(pop=True)) is not None:
            self.store.delete_auth_token(data["user_id"], str(data["token"]))

    def get_session_data(self, pop: bool = False) -> User | None:
        """Returns what of a user stands in the session; `pop`: and removes it."""
        data = self.session.pop(SESSION_KEY, None) if pop else self.session.get(SESSION_KEY)
        return self.store.deserialize_session(data) if isinstance(data, list) else None

    def set_session_data(self, data: Mapping[str, object], **session_args: object) -> None:
        """Puts a user's data into the session; further arguments are its cookie's."""
        self.session[SESSION_KEY] = self.store.serialize_session(data)
        self.session.container.session_args.update(session_args)


def get_store(
    factory: Callable[[WSGIApplication], AuthStore] = AuthStore,
    key: str = STORE_KEY,
    app: WSGIApplication | None = None,
) -> AuthStore:
    """Returns the users of an application, by default of the current one; made once."""
    return registry.of_app(factory, key, app)


def set_store(store: AuthStore, key: str = STORE_KEY, app: WSGIApplication | None = None) -> None:
    """Sets the users of an application, by default of the current one."""
    registry.set_of_app(key, store, app)


def get_auth(
    factory: Callable[[Request], Auth] = Auth,
    key: str = AUTH_KEY,
    request: Request | None = None,
) -> Auth:
    """Returns the user of a request, by default of the current one; made once."""
    return registry.of_request(factory, key, request)


def set_auth(auth: Auth, key: str = AUTH_KEY, request: Request | None = None) -> None:
    """Sets the user of a request, by default of the current one."""
    registry.set_of_request(key, auth, request)


def _number(value: object) -> int | None:
    return value if isinstance(value, int) else None
