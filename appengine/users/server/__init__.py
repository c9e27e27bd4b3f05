"""What the front does for users: makes their links, and knows them by their cookies."""

from appengine.rpc.server import Server
from appengine.users.server.cookies import Identity, identify
from appengine.users.server.links import check_destination, make_link
from appengine.users.service import (
    CreateLoginURLRequest,
    CreateLoginURLResponse,
    CreateLogoutURLRequest,
    CreateLogoutURLResponse,
    UsersService,
)

__all__ = [
    "Identity",
    "UsersServer",
    "identify",
]


class UsersServer(Server, UsersService):
    """Makes the links on which users sign in and out."""

    def create_login_url(self, request: CreateLoginURLRequest) -> CreateLoginURLResponse:
        """Returns the login page's URL; the destination is on the host that the client reached."""
        link = self._link("/_ah/login", request.destination_url)
        return CreateLoginURLResponse(login_url=link)

    def create_logout_url(self, request: CreateLogoutURLRequest) -> CreateLogoutURLResponse:
        """Returns the URL that signs out; the destination is on the host that was reached."""
        link = self._link("/_ah/logout", request.destination_url)
        return CreateLogoutURLResponse(logout_url=link)

    def _link(self, page: str, destination: str) -> str:
        origin = f"{self.caller.scheme}://{self.caller.host}" if self.caller.host else ""
        return make_link(origin + page, check_destination(destination, origin))
