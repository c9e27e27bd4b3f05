"""What the front does for an application's identity: its key, its names, its tokens."""

from typing import TYPE_CHECKING

from appengine.app_identity.service import (
    AppIdentityService,
    CertificatesResponse,
    InternalError,
    InvalidScope,
    NameResponse,
    NotAllowed,
    Nothing,
    SignRequest,
    SignResponse,
    TokenRequest,
    TokenResponse,
)
from appengine.rpc.server import Resources, Server
from appengine.storage.secrets import Secrets, open_secrets

if TYPE_CHECKING:
    from appengine.app_identity.server.keys import SigningKey

TOKEN_SECONDS = 3600
"""For which a token is good. Source: App Engine, "Application Identity", access tokens."""

BUCKET = "app_default_bucket"
"""Source: App Engine, the development server's default bucket."""

TOKEN_PREFIX = "appengine-dev"  # noqa: S105  # it begins a token, and says whose it is


class AppIdentityServer(Server, AppIdentityService):
    """Signs and names for the calling application."""

    def sign(self, request: SignRequest) -> SignResponse:
        """Signs with the application's own key."""
        key = self._key()
        return SignResponse(key_name=key.name, signature=key.sign(request.blob))

    def certificates(self, request: Nothing) -> CertificatesResponse:
        """Returns the certificate of the application's key."""
        key = self._key()
        return CertificatesResponse(certificates=((key.name, key.certificate),))

    def account(self, request: Nothing) -> NameResponse:
        """Returns the name of the application's service account."""
        return NameResponse(name=account_name(self.caller.application))

    def bucket(self, request: Nothing) -> NameResponse:
        """Returns the name of the application's default bucket."""
        return NameResponse(name=BUCKET)

    def token(self, request: TokenRequest) -> TokenResponse:
        """Returns a token that this server has signed."""
        for scope in request.scopes:
            if not scope or not scope.isprintable() or " " in scope:
                raise InvalidScope(f"{scope!r} is no scope: a URL or a name, without blanks")
        if not request.scopes:
            raise InvalidScope("no scopes are stated")
        own = account_name(self.caller.application)
        if request.account not in ("", own):
            raise NotAllowed(f"{request.account!r} is not the application's own account, {own!r}")
        secrets = self.resources.once("app_identity.secrets", self._open_secrets)
        expires = int(self.resources.clock.now()) + TOKEN_SECONDS
        application, account = self.caller.application, request.account
        signature = secrets.sign("token", application, account, str(expires), *request.scopes)
        return TokenResponse(
            token=f"{TOKEN_PREFIX}.{application}.{expires}.{signature.hex()}",
            expires=float(expires),
        )

    def _open_secrets(self) -> Secrets:
        return open_secrets(self.resources.platform.path.parent)

    def _key(self) -> "SigningKey":
        return find_key(self.resources, self.caller.application)


def account_name(application: str) -> str:
    """Returns the name of an application's service account: an e-mail address."""
    return f"{application.rpartition(':')[2]}@appspot.gserviceaccount.com"


def find_key(resources: Resources, application: str) -> "SigningKey":
    """Returns an application's key, which is made when it is first asked for.

    Raises:
        InternalError: it can be neither read nor made.
    """
    # Eight megabytes of cryptography, for the few that sign.
    from appengine.app_identity.server.keys import KeyFileError, open_key  # noqa: PLC0415  # late

    directory = resources.platform.path.parent
    try:
        return resources.once(
            f"app_identity.key:{application}", lambda: open_key(directory, application)
        )
    except KeyFileError as error:
        raise InternalError(f"the key of {application!r} cannot be read: {error}") from error
