"""Megacycles of the open request.

Source: App Engine, `google.appengine.api.quota`.
"""

from appengine.system.client import get_stats

__all__ = [
    "MCYCLES_PER_SECOND",
    "cpu_seconds_to_megacycles",
    "get_request_api_cpu_usage",
    "get_request_cpu_usage",
    "megacycles_to_cpu_seconds",
]

MCYCLES_PER_SECOND = 1200.0
"""Of a processor of 1.2 GHz."""


def get_request_cpu_usage() -> int:
    """Returns the megacycles that the open request has used so far."""
    return get_stats().request_cpu


def get_request_api_cpu_usage() -> int:
    """Returns the megacycles of the open request's service calls so far, by their time."""
    return get_stats().request_api


def megacycles_to_cpu_seconds(mcycles: float) -> float:
    """Returns megacycles as seconds of a processor."""
    return mcycles / MCYCLES_PER_SECOND


def cpu_seconds_to_megacycles(cpu_secs: float) -> float:
    """Returns seconds of a processor as megacycles."""
    return cpu_secs * MCYCLES_PER_SECOND
