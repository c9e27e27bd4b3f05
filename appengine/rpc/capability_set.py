"""Inside: whether a service can be used, for the rooms that offer it beside their own functions.

Source: App Engine, "Capabilities" (`google.appengine.api.capabilities`).
"""

import warnings
from collections.abc import Sequence

from appengine.rpc.client import begin_by_name
from appengine.rpc.rooms import find_services

MAX_NAME = 100
"""Characters of a name, and names of a kind: more than any service has."""

SERVICE, METHOD = "capability_service", "is_enabled"
ENABLED = "enabled"


class CapabilitySet:
    """A service, or parts of it: `CapabilitySet("datastore_v3", ["write"])`."""

    def __init__(
        self,
        package: str,
        capabilities: Sequence[str] | None = None,
        methods: Sequence[str] | None = None,
        stub_map: object = None,
    ) -> None:
        """Takes the service's name; `stub_map` is accepted for old callers.

        Raises:
            ValueError: a name is none, or longer than 100 characters, or there are more names.
        """
        self._package = package
        self._capabilities = ("*", *(capabilities or ()))
        self._methods = tuple(methods or ())
        for names in ((package,), self._capabilities, self._methods):
            _check(names)

    def is_enabled(self) -> bool:
        """Returns whether all of it can be used now."""
        return self._ask()[0] == ENABLED

    def will_remain_enabled_for(self, time: float = 60) -> bool:
        """Returns whether it will be usable for so many seconds; deprecated for `is_enabled`."""
        warnings.warn(
            "will_remain_enabled_for() is deprecated: use is_enabled instead.",
            DeprecationWarning,
            stacklevel=2,
        )
        return self.is_enabled()

    def admin_message(self) -> str:
        """Returns what the administrators say about it; "" for nothing."""
        return self._ask()[1]

    def _ask(self) -> tuple[str, str]:
        make_request = find_services()[SERVICE].methods[METHOD].request
        request = make_request(
            package=self._package, capabilities=self._capabilities, methods=self._methods
        )
        response = begin_by_name(SERVICE, METHOD, request).result()
        return str(getattr(response, "status", "")), str(getattr(response, "admin_message", ""))


def _check(names: Sequence[str]) -> None:
    if len(names) > MAX_NAME:
        raise ValueError(f"{len(names)} names; at most {MAX_NAME}")
    for name in names:
        if not isinstance(name, str) or len(name) > MAX_NAME:
            raise ValueError(
                f"a name is a text of at most {MAX_NAME} characters, not {name!r:.200}"
            )
