"""Who the application is, as it asks itself.

Source: App Engine, "Application Identity" (`google.appengine.api.app_identity`).
"""

import os
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

from appengine.app_identity.service import (
    MAX_BLOB_BYTES,
    MAX_SCOPE,
    MAX_SCOPES,
    AppIdentityService,
    BackendDeadlineExceeded,
    BlobSizeTooLarge,
    CertificatesResponse,
    InvalidScope,
    NameResponse,
    NotAllowed,
    Nothing,
    SignRequest,
    SignResponse,
    TokenRequest,
    TokenResponse,
)
from appengine.rpc.client import begin, stub
from appengine.rpc.errors import DeadlineExceededError
from appengine.rpc.service import Message
from appengine.rpc.user_rpc import UserRPC

Result = TypeVar("Result")
AnyRPC = UserRPC[Any]

SAFETY_SECONDS = 300
"""Before a token expires, a new one is made. Source: `app_identity`, the token cache."""

MAX_TOKENS = 100
SERVICE = "app_identity_service"

_identity = stub(AppIdentityService)
_tokens: dict[tuple[str, ...], tuple[str, float]] = {}


class PublicCertificate:
    """A certificate that a signature can be checked with: its name, and X.509 in PEM."""

    def __init__(self, key_name: str, x509_certificate_pem: str) -> None:
        self.key_name = key_name
        self.x509_certificate_pem = x509_certificate_pem


def create_rpc(
    deadline: float | None = None, callback: Callable[[], object] | None = None
) -> AnyRPC:
    """Returns an object for one asynchronous call, to be handed to a `make_..._call`."""
    return UserRPC(SERVICE, deadline, callback)


def get_application_id() -> str:
    """Returns the application's id, without its partition: `guestbook`."""
    name = os.environ.get("APPLICATION_ID") or os.environ.get("GAE_APPLICATION", "")
    return name.rpartition("~")[2]


def get_default_version_hostname() -> str | None:
    """Returns where the default version is reached: `guestbook.appspot.com`."""
    return os.environ.get("DEFAULT_VERSION_HOSTNAME")


def make_sign_blob_call(rpc: AnyRPC, bytes_to_sign: bytes | str) -> None:
    """Starts `sign_blob`.

    Raises:
        TypeError: it is neither bytes nor text. BlobSizeTooLarge: it has more than 8192 bytes.
    """
    if not isinstance(bytes_to_sign, (bytes, str)):
        raise TypeError(f"bytes_to_sign must be str or bytes: {bytes_to_sign!r}")
    blob = bytes_to_sign.encode() if isinstance(bytes_to_sign, str) else bytes_to_sign
    if len(blob) > MAX_BLOB_BYTES:
        raise BlobSizeTooLarge(f"{len(blob)} bytes to sign; at most {MAX_BLOB_BYTES}")

    def result(response: Message) -> tuple[str, bytes]:
        signed = cast(SignResponse, response)
        return signed.key_name, signed.signature

    _start(rpc, "sign", SignRequest(blob=blob), result)


def make_get_public_certificates_call(rpc: AnyRPC) -> None:
    """Starts `get_public_certificates`."""

    def result(response: Message) -> list[PublicCertificate]:
        found = cast(CertificatesResponse, response)
        return [PublicCertificate(*each) for each in found.certificates]

    _start(rpc, "certificates", Nothing(), result)


def make_get_service_account_name_call(rpc: AnyRPC) -> None:
    """Starts `get_service_account_name`."""
    _start(rpc, "account", Nothing(), lambda response: cast(NameResponse, response).name)


def make_get_default_gcs_bucket_name_call(rpc: AnyRPC) -> None:
    """Starts `get_default_gcs_bucket_name`."""
    _start(rpc, "bucket", Nothing(), lambda response: cast(NameResponse, response).name or None)


def make_get_access_token_call(
    rpc: AnyRPC, scopes: str | Sequence[str], service_account_id: str | None = None
) -> None:
    """Starts `get_access_token_uncached`.

    Raises:
        InvalidScope: there are no scopes, or too many, or one is too long.
        NotAllowed: no account has such a name.
    """

    def result(response: Message) -> tuple[str, float]:
        made = cast(TokenResponse, response)
        return made.token, made.expires

    account = str(service_account_id or "")
    if len(account) > MAX_SCOPE:
        raise NotAllowed(f"{account[:100]!r}... is not the application's own account")
    request = TokenRequest(scopes=_scopes(scopes), account=account)
    _start(rpc, "token", request, result)


def sign_blob(bytes_to_sign: bytes | str, deadline: float | None = None) -> tuple[str, bytes]:
    """Returns the name of the application's key, and a signature: RSA with SHA-256.

    Raises:
        BlobSizeTooLarge: it has more than 8192 bytes.
    """
    rpc: UserRPC[tuple[str, bytes]] = create_rpc(deadline)
    make_sign_blob_call(rpc, bytes_to_sign)
    return rpc.get_result()


def get_public_certificates(deadline: float | None = None) -> list[PublicCertificate]:
    """Returns the certificates that signatures of `sign_blob` can be checked with."""
    rpc: UserRPC[list[PublicCertificate]] = create_rpc(deadline)
    make_get_public_certificates_call(rpc)
    return rpc.get_result()


def get_service_account_name(deadline: float | None = None) -> str:
    """Returns the name of the application's service account: an e-mail address."""
    rpc: UserRPC[str] = create_rpc(deadline)
    make_get_service_account_name_call(rpc)
    return rpc.get_result()


def get_default_gcs_bucket_name(deadline: float | None = None) -> str | None:
    """Returns the name of the application's default bucket, or None."""
    rpc: UserRPC[str | None] = create_rpc(deadline)
    make_get_default_gcs_bucket_name_call(rpc)
    return rpc.get_result()


def get_access_token(
    scopes: str | Sequence[str], service_account_id: str | None = None
) -> tuple[str, float]:
    """Returns a token for some scopes, and when it expires, in seconds since 1970.

    Args:
        scopes: one or several, such as `https://www.googleapis.com/auth/calendar`.
        service_account_id: the application's own, by its name, which is the default.

    It is this server's own: other services do not know it. One is kept until five minutes before
    its end.

    Raises:
        InvalidScope: there are no scopes, or one is none.
        NotAllowed: the account is not the application's own.
    """
    key = (service_account_id or "", *_scopes(scopes))
    if (kept := _tokens.get(key)) is not None and kept[1] - SAFETY_SECONDS > time.time():
        return kept
    made = get_access_token_uncached(scopes, service_account_id=service_account_id)
    if len(_tokens) >= MAX_TOKENS:
        _tokens.clear()
    _tokens[key] = made
    return made


def get_access_token_uncached(
    scopes: str | Sequence[str],
    deadline: float | None = None,
    service_account_id: str | None = None,
) -> tuple[str, float]:
    """Returns a new token; see `get_access_token`."""
    rpc: UserRPC[tuple[str, float]] = create_rpc(deadline)
    make_get_access_token_call(rpc, scopes, service_account_id)
    return rpc.get_result()


def _scopes(scopes: str | Sequence[str]) -> tuple[str, ...]:
    found = (scopes,) if isinstance(scopes, str) else tuple(scopes or ())
    if not found or not all(isinstance(scope, str) and scope for scope in found):
        raise InvalidScope(f"scopes must be texts, one at least, not {scopes!r:.200}")
    if len(found) > MAX_SCOPES or max(map(len, found)) > MAX_SCOPE:
        raise InvalidScope(f"at most {MAX_SCOPES} scopes of {MAX_SCOPE} characters")
    return found


def _start(
    rpc: UserRPC[Result], method: str, request: Message, make: Callable[[Message], Result]
) -> None:
    if rpc.service != SERVICE:
        raise AssertionError(f"an RPC of {rpc.service!r}, not of {SERVICE!r}")

    def result(done: UserRPC[Result]) -> Result:
        try:
            done.check_success()
        except DeadlineExceededError as error:
            raise BackendDeadlineExceeded(str(error)) from error
        assert done.response is not None  # noqa: S101  # there is one where there is no error
        return make(done.response)

    rpc.follow(begin(getattr(_identity, method), request), method, request, result)
