"""What the front knows of services: one that is declared can be used, unless it is switched off."""

from appengine.capabilities.server.switches import OWN, PUBLIC_NAMES, WRITE, WRITES, open_switches
from appengine.capabilities.service import (
    CapabilityService,
    IsEnabledRequest,
    IsEnabledResponse,
    Status,
)
from appengine.rpc.rooms import find_services
from appengine.rpc.server import Caller, Resources, Server


class CapabilityServer(Server, CapabilityService):
    """Knows what is declared, and what is switched off for the calling application."""

    @classmethod
    def judge_call(
        cls, resources: Resources, caller: Caller, service: str, method: str
    ) -> str | None:
        """Returns why a call of a service may not be made now, or None."""
        if service == OWN:
            return None
        switches = open_switches(resources, caller.application)
        return switches.refusal(PUBLIC_NAMES.get(service, service), method)

    def is_enabled(self, request: IsEnabledRequest) -> IsEnabledResponse:
        """Returns whether a service can be used."""
        package = PUBLIC_NAMES.get(request.package, request.package)
        if package not in {PUBLIC_NAMES.get(name, name) for name in find_services()}:
            return IsEnabledResponse(
                status=Status.UNKNOWN,
                admin_message=f"there is no service {request.package!r} here",
            )
        switches = open_switches(self.resources, self.caller.application)
        writes = sorted(WRITES.get(package, ()))
        methods = [*request.methods, *(writes[:1] if WRITE in request.capabilities else ())]
        for method in ("", *methods):
            if (reason := switches.refusal(package, method)) is not None:
                return IsEnabledResponse(status=Status.DISABLED, admin_message=reason)
        return IsEnabledResponse(status=Status.ENABLED)
