"""Application identity: its id and host name, and what it signs with.

Source: App Engine, "Application Identity" (`google.appengine.api.app_identity`).
"""

from typing import Annotated

from msgspec import Meta

from appengine.rpc.service import ApplicationError, Message, Service, call

MAX_BLOB_BYTES = 8192
"""Of what is signed. Source: App Engine, "Application Identity", limits."""

MAX_SCOPES = 100
MAX_SCOPE = 500
"""Characters of a scope, and of an account's name."""


class Error(ApplicationError):
    """Base of the errors of application identity."""


class BackendDeadlineExceeded(Error):
    """The call was not answered within its deadline."""


class BlobSizeTooLarge(Error):
    """What is to be signed has more than 8192 bytes."""


class InternalError(Error):
    """The key cannot be read."""


class InvalidScope(Error):
    """A scope is none, or there are none."""


class NotAllowed(Error):
    """The service account is another one than the application's own."""


class OperationNotImplemented(Error):
    """There is no such operation; here there are all, so none raises it."""


class Nothing(Message):
    """Nothing more is to be said."""


class SignRequest(Message):
    """What is to be signed."""

    blob: Annotated[bytes, Meta(max_length=MAX_BLOB_BYTES)]


class SignResponse(Message):
    """The signature, and the name of the key that it was made with."""

    key_name: str
    signature: bytes


class CertificatesResponse(Message):
    """Certificates that a signature can be checked with: names, and X.509 in PEM."""

    certificates: tuple[tuple[str, str], ...]


class NameResponse(Message):
    """A name."""

    name: str


class TokenRequest(Message):
    """What a token shall be good for."""

    scopes: Annotated[
        tuple[Annotated[str, Meta(max_length=MAX_SCOPE)], ...], Meta(max_length=MAX_SCOPES)
    ]
    account: Annotated[str, Meta(max_length=MAX_SCOPE)] = ""


class TokenResponse(Message):
    """A token, and when it expires, in seconds since 1970."""

    token: str
    expires: float


class AppIdentityService(
    Service,
    name="app_identity_service",
    aliases=("google.appengine.api.app_identity",),
):
    """Who the application is.

    Source: App Engine, "Application Identity" (`google.appengine.api.app_identity`).
    """

    @call(errors=(BlobSizeTooLarge, InternalError))
    def sign(self, request: SignRequest) -> SignResponse:
        """Signs with the application's own key: RSA, PKCS #1 1.5, SHA-256."""

    @call(errors=(InternalError,))
    def certificates(self, request: Nothing) -> CertificatesResponse:
        """Returns the certificates of the application's keys."""

    @call()
    def account(self, request: Nothing) -> NameResponse:
        """Returns the name of the application's service account."""

    @call()
    def bucket(self, request: Nothing) -> NameResponse:
        """Returns the name of the application's default bucket."""

    @call(errors=(InvalidScope, NotAllowed))
    def token(self, request: TokenRequest) -> TokenResponse:
        """Returns a token of this server's own: no other service knows it."""
