"""Users, their tokens, and values that only one of them may have: models of the datastore.

They are models of `db`; in classic applications they were `ndb`'s. A model of an application's own
extends `User`, or is any class with the methods that `auth.UserModel` names.

Source: webapp2, "API Reference", `webapp2_extras.appengine.auth.models`.
"""

import calendar
from collections.abc import Iterable, Mapping
from typing import ClassVar, Self, cast

from appengine.datastore import db
from appengine.webapp2_extras import auth, security

__all__ = ["Unique", "User", "UserToken"]

SALT_CHARACTERS = 12
TOKEN_BITS = 128
AUTH, SIGNUP = "auth", "signup"


class Unique(db.Model):
    """A value that is taken: its text is the key's name, and a key is there once."""

    @classmethod
    def create(cls, value: str) -> bool:
        """Takes a value; returns False where it is taken already."""
        return bool(db.run_in_transaction(cls._create, value))

    @classmethod
    def _create(cls, value: str) -> bool:
        if cls.get_by_key_name(value) is not None:
            return False
        cls(key_name=value).put()
        return True

    @classmethod
    def create_multi(cls, values: Iterable[str]) -> tuple[bool, list[str]]:
        """Takes all of the values or none; returns whether, and which were taken already."""
        wanted = list(values)
        created = [value for value in wanted if cls.create(value)]
        taken = [value for value in wanted if value not in created]
        if taken:
            cls.delete_multi(created)
        return not taken, taken

    @classmethod
    def delete_multi(cls, values: Iterable[str]) -> None:
        """Gives values free."""
        db.delete([db.Key.from_path(cls.kind(), value) for value in values])


class UserToken(db.Model):
    """A token by which a user is known again, for a subject: `auth`, `signup`, or another."""

    created = db.DateTimeProperty(auto_now_add=True)
    updated = db.DateTimeProperty(auto_now=True)
    user = db.StringProperty(required=True, indexed=False)
    subject = db.StringProperty(required=True)
    token = db.StringProperty(required=True)

    @classmethod
    def get_key(cls, user: object, subject: str, token: str) -> db.Key:
        """Returns the key of a token."""
        return db.Key.from_path(cls.kind(), f"{user}.{subject}.{token}")

    @classmethod
    def create(cls, user: object, subject: str, token: str | None = None) -> Self:
        """Stores a token, by default a new one, and returns it."""
        text = token or security.generate_random_string(entropy=TOKEN_BITS)
        name = cls.get_key(user, subject, text).name()
        entity = cls(key_name=name, user=str(user), subject=subject, token=text)
        entity.put()
        return entity

    @classmethod
    def get(  # type: ignore[override]  # webapp2's name
        cls, user: object = None, subject: str | None = None, token: str | None = None
    ) -> Self | None:
        """Returns a token; without a user it is searched for, and a new one may not be found yet.

        Raises:
            AssertionError: subject or token is missing.
        """
        if not subject or not token:
            raise AssertionError("subject and token must be provided to UserToken.get().")
        if user:
            return cast("Self | None", db.get(cls.get_key(user, subject, token)))
        query = cls.all().filter("subject =", subject).filter("token =", token)
        return query.get()


class User(db.Expando):
    """A user of the application, with any further properties.

    Attributes:
        auth_ids: what the user signs in with, such as addresses; each is one user's alone.
        password: hashed, as `security.generate_password_hash` makes it.
    """

    unique_model: ClassVar[type[Unique]] = Unique
    token_model: ClassVar[type[UserToken]] = UserToken

    created = db.DateTimeProperty(auto_now_add=True)
    updated = db.DateTimeProperty(auto_now=True)
    auth_ids = db.StringListProperty()
    password = db.StringProperty(indexed=False)

    def get_id(self) -> object:
        """Returns the id of the user's key."""
        return self.key().id_or_name()

    def add_auth_id(self, auth_id: str) -> tuple[bool, "Self | list[str]"]:
        """Lets the user sign in with one more id; returns whether, and the user or what is taken.

        Where another user has the id, that is `["auth_id"]`.
        """
        taken = self._take({"auth_id": auth_id})
        if taken:
            return False, taken
        self.auth_ids = [*(self.auth_ids or ()), auth_id]
        self.put()
        return True, self

    @classmethod
    def get_by_auth_id(cls, auth_id: str) -> Self | None:
        """Returns the user of an id; None where there is none."""
        return cls.all().filter("auth_ids =", auth_id).get()

    @classmethod
    def get_by_auth_token(cls, user_id: object, token: str) -> tuple[Self | None, int | None]:
        """Returns the user of a token and when it was made, in seconds since 1970; or two None."""
        found = cls.token_model.get(user_id, AUTH, token)
        user = db.get(db.Key.from_path(cls.kind(), cast("int | str", user_id)))
        if found is None or found.created is None or user is None:
            return None, None
        return cast(Self, user), calendar.timegm(found.created.timetuple())

    @classmethod
    def get_by_auth_password(cls, auth_id: str, password: str) -> Self:
        """Returns the user of an id and a password.

        Raises:
            InvalidAuthIdError, InvalidPasswordError: see there.
        """
        user = cls.get_by_auth_id(auth_id)
        if user is None:
            raise auth.InvalidAuthIdError(f"no user {auth_id!r}")
        if not security.check_password_hash(password, str(user.password or "")):
            raise auth.InvalidPasswordError(f"another password than {auth_id!r} has")
        return user

    @classmethod
    def validate_token(cls, user_id: object, subject: str, token: str) -> bool:
        """Returns whether a user has a token for a subject."""
        return cls.token_model.get(user=user_id, subject=subject, token=token) is not None

    @classmethod
    def create_auth_token(cls, user_id: object) -> str:
        """Returns a new token that a session is kept by."""
        return str(cls.token_model.create(user_id, AUTH).token)

    @classmethod
    def validate_auth_token(cls, user_id: object, token: str) -> bool:
        """Returns whether a session is kept by a token."""
        return cls.validate_token(user_id, AUTH, token)

    @classmethod
    def delete_auth_token(cls, user_id: object, token: str) -> None:
        """Deletes a token: the session that it keeps ends."""
        db.delete(cls.token_model.get_key(user_id, AUTH, token))

    @classmethod
    def create_signup_token(cls, user_id: object) -> str:
        """Returns a new token that is sent to a user's address, to prove that it is theirs."""
        return str(cls.token_model.create(user_id, SIGNUP).token)

    @classmethod
    def validate_signup_token(cls, user_id: object, token: str) -> bool:
        """Returns whether a token was sent to a user."""
        return cls.validate_token(user_id, SIGNUP, token)

    @classmethod
    def delete_signup_token(cls, user_id: object, token: str) -> None:
        """Deletes a token that was sent to a user."""
        db.delete(cls.token_model.get_key(user_id, SIGNUP, token))

    @classmethod
    def create_user(
        cls, auth_id: str, unique_properties: Iterable[str] | None = None, **user_values: object
    ) -> tuple[bool, "Self | list[str]"]:
        """Stores a new user; returns whether, and the user or the properties that are taken.

        Args:
            auth_id: what the user signs in with.
            unique_properties: names among the values that no two users may have alike.
            user_values: properties; `password_raw` is what the user types and is stored hashed.

        Raises:
            AssertionError: a hashed `password`, or `auth_ids`, are among the values.
        """
        if user_values.get("password") is not None:
            raise AssertionError("Use password_raw instead of password to create new users.")
        if user_values.get("auth_ids") is not None:
            raise AssertionError("Use auth_id instead of auth_ids to create new users.")
        if (raw := user_values.pop("password_raw", None)) is not None:
            user_values["password"] = security.generate_password_hash(
                str(raw), length=SALT_CHARACTERS
            )
        taken = cls._take(
            {
                "auth_id": auth_id,
                **{name: str(user_values[name]) for name in unique_properties or ()},
            }
        )
        if taken:
            return False, taken
        user = cls(auth_ids=[auth_id], **user_values)  # type: ignore[arg-type]  # its properties
        user.put()
        return True, user

    @classmethod
    def _take(cls, values: Mapping[str, str]) -> list[str]:
        """Takes values for a user; returns the names of those that others have."""
        names = {f"{cls.__name__}.{name}:{value}": name for name, value in values.items()}
        _, taken = cls.unique_model.create_multi(names)
        return [names[value] for value in taken]
