"""Capabilities: which services can be used now."""

from appengine.capabilities.client import UnknownCapabilityError
from appengine.capabilities.service import Status as CapabilityConfig
from appengine.rpc.capability_set import CapabilitySet

__all__ = ["CapabilityConfig", "CapabilitySet", "UnknownCapabilityError"]
