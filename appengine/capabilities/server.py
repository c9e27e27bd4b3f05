"""What the front knows of services: a service that is declared can be used."""

from appengine.capabilities.service import (
    CapabilityService,
    IsEnabledRequest,
    IsEnabledResponse,
    Status,
)
from appengine.rpc.rooms import find_services
from appengine.rpc.server import Server

NAMES = {"datastore_v3": "datastore"}
"""What App Engine calls a service, where its name on the wire is another."""


class CapabilityServer(Server, CapabilityService):
    """Knows what is declared."""

    def is_enabled(self, request: IsEnabledRequest) -> IsEnabledResponse:
        """Returns whether a service can be used."""
        service = find_services().get(NAMES.get(request.package, request.package))
        if service is None:
            return IsEnabledResponse(
                status=Status.UNKNOWN,
                admin_message=f"there is no service {request.package!r} here",
            )
        return IsEnabledResponse(status=Status.ENABLED)
