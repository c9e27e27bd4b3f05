"""The cookie by which a browser says who is signed in: signed, and good in one place only.

It names nobody to anybody else: a signature binds it to the application and the host, so that it is
worthless at another application, on another host, or after a change of a single character.
"""

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from typing import Annotated, Protocol

import msgspec
from msgspec import Meta

from appengine.config.hosts import host_name
from appengine.storage.secrets import Secrets

NAME = "appengine_login"
FORM_NAME = "appengine_form"
"""Names as `config.cookies` knows the platform's own: no application sees or sets them."""

HOST_PREFIX = "__Host-"
"""With it a browser takes a cookie only from the very host, over TLS, for all of its paths."""

PURPOSE = "signed-in user"
SIGNED_IN_SECONDS = 14 * 24 * 3600
"""How long one is signed in, on the platform clock."""

MAX_COOKIE = 4096
"""Characters of a cookie's value that are looked at. Source: RFC 6265, section 6.1."""

MAX_EMAIL = 254
"""Characters of an address. Source: RFC 5321, section 4.5.3.1.3."""


class Clock(Protocol):
    """What tells the platform's time."""

    def now(self) -> float:
        """Returns seconds since 1970."""


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Who is signed in."""

    email: Annotated[str, Meta(min_length=1, max_length=MAX_EMAIL)]
    user_id: str
    is_admin: bool


class _Content(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What the cookie holds; seconds are since 1970."""

    email: Annotated[str, Meta(min_length=1, max_length=MAX_EMAIL)]
    is_admin: bool
    signed_in_at: float


_decoder = msgspec.msgpack.Decoder(_Content)


def identify(
    environ: Mapping[str, object],
    application: str,
    secrets: Secrets,
    clock: Clock,
    administrators: Collection[str] = (),
) -> Identity | None:
    """Returns who signed in to an application from the browser of a WSGI request, or None.

    A cookie that is forged, too old, another application's or another host's is nobody's.

    Args:
        administrators: addresses in lower case; with any, nobody else is one.
    """
    name = cookie_name(application, is_secure=environ.get("wsgi.url_scheme") == "https")
    host = str(environ.get("HTTP_HOST", ""))
    for value in _values(str(environ.get("HTTP_COOKIE", "")), name):
        if (identity := open_cookie(value, application, host, secrets, clock)) is not None:
            return appointed(identity, administrators)
    return None


def appointed(identity: Identity, administrators: Collection[str]) -> Identity:
    """Returns an identity as the operator's list of administrators has it, if there is one."""
    if not administrators:
        return identity
    is_admin = identity.email.lower() in administrators
    return msgspec.structs.replace(identity, is_admin=is_admin)


def make_cookie(
    identity: Identity, application: str, host: str, secrets: Secrets, clock: Clock
) -> str:
    """Returns the value of the cookie that signs somebody in at `host`, its port left aside."""
    content = msgspec.msgpack.encode(_Content(identity.email, identity.is_admin, clock.now()))
    signature = secrets.sign(PURPOSE, application, host_name(host), content)
    return f"{_encode(content)}.{_encode(signature)}"


def open_cookie(
    value: str, application: str, host: str, secrets: Secrets, clock: Clock
) -> Identity | None:
    """Returns who a cookie's value says is signed in; None if it was not made for this place."""
    try:
        content, signature = map(_decode, value[: MAX_COOKIE + 1].split("."))
        if not secrets.is_signed(signature, PURPOSE, application, host_name(host), content):
            return None
        found = _decoder.decode(content)
    except (ValueError, Base64Error, msgspec.MsgspecError):
        return None
    if not 0 <= clock.now() - found.signed_in_at < SIGNED_IN_SECONDS:
        return None
    return make_identity(found.email, found.is_admin)


def make_identity(email: str, is_admin: bool) -> Identity:
    """Returns who an e-mail address is: the id is the same for every spelling of its case.

    Source: App Engine, the development server's login page: "1" and 20 digits of the MD5.
    """
    digest = hashlib.md5(email.lower().encode(), usedforsecurity=False).digest()
    user_id = "1" + "".join(f"{byte:02d}" for byte in digest[:10])[:20]  # two digits or three each
    return Identity(email=email, user_id=user_id, is_admin=is_admin)


@lru_cache(maxsize=1000)
def cookie_name(application: str, *, is_secure: bool) -> str:
    """Returns the cookie's name: each application has one, for ports of a host share cookies."""
    mark = hashlib.sha256(application.encode()).hexdigest()[:12]
    return f"{HOST_PREFIX if is_secure else ''}{NAME}_{mark}"


def form_cookie_name(*, is_secure: bool) -> str:
    """Returns the name of the cookie that holds the seed of the login form."""
    return f"{HOST_PREFIX if is_secure else ''}{FORM_NAME}"


def _values(header: str, name: str) -> Iterator[str]:
    for pair in header.split(";"):
        found, _, value = pair.strip().partition("=")
        if found == name:
            yield value


def _encode(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    """Returns the bytes of a text that is their only spelling."""
    data = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    if _encode(data) != text:
        raise ValueError("not the one spelling of these bytes")
    return data
