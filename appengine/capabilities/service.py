"""Capabilities: which services, and which parts of them, can be used now.

Source: App Engine, "Capabilities" (`google.appengine.api.capabilities`).
"""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from appengine.rpc.service import Message, Service, call

Text = Annotated[str, Meta(max_length=100)]
Texts = Annotated[tuple[Text, ...], Meta(max_length=100)]


class Status(StrEnum):
    """Whether something can be used. Source: `CapabilityConfig`."""

    ENABLED = "enabled"
    DISABLED = "disabled"
    UNKNOWN = "unknown"


class IsEnabledRequest(Message):
    """What is asked for: a service, parts of it such as `write`, and calls by name."""

    package: Text
    capabilities: Texts = ()
    methods: Texts = ()


class IsEnabledResponse(Message):
    """The status of it all, and what there is to say about it."""

    status: Status
    admin_message: str = ""


class CapabilityService(
    Service, name="capability_service", aliases=("google.appengine.api.capabilities",)
):
    """Which services can be used now.

    Source: App Engine, "Capabilities" (`google.appengine.api.capabilities`).
    """

    @call()
    def is_enabled(self, request: IsEnabledRequest) -> IsEnabledResponse:
        """Returns whether a service can be used."""
