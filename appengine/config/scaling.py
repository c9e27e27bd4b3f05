"""Scaling: how many instances of a version there are, and when.

Source: App Engine, "app.yaml", scaling elements.
"""

from typing import Annotated, Literal

from msgspec import Meta

from appengine.config.building import Ignored, Section
from appengine.config.errors import InvalidFieldError
from appengine.config.values import Duration, Latency

_Count = Annotated[int, Meta(ge=0, le=1000)]
_Instances = Annotated[int, Meta(ge=1, le=1000)]
_Share = Annotated[float, Meta(ge=0.5, le=0.95)]
_Automatic = Literal["automatic"]
_Flexible = Annotated[object, Ignored("it belongs to another environment")]


class AutomaticScaling(Section, frozen=True, kw_only=True):
    """Instances come and go with the requests; the default kind."""

    min_instances: _Count | None = None
    max_instances: _Count | None = None
    min_idle_instances: _Count | _Automatic = "automatic"
    max_idle_instances: _Instances | _Automatic = "automatic"
    min_pending_latency: Latency | _Automatic = "automatic"
    max_pending_latency: Latency | _Automatic = "automatic"
    max_concurrent_requests: _Instances = 10
    target_cpu_utilization: _Share | None = None
    target_throughput_utilization: _Share | None = None
    min_num_instances: _Flexible = None
    max_num_instances: _Flexible = None
    cool_down_period_sec: _Flexible = None
    cpu_utilization: _Flexible = None
    custom_metrics: _Flexible = None
    target_network_sent_bytes_per_sec: _Flexible = None
    target_network_sent_packets_per_sec: _Flexible = None
    target_network_received_bytes_per_sec: _Flexible = None
    target_network_received_packets_per_sec: _Flexible = None
    target_disk_write_bytes_per_sec: _Flexible = None
    target_disk_write_ops_per_sec: _Flexible = None
    target_disk_read_bytes_per_sec: _Flexible = None
    target_disk_read_ops_per_sec: _Flexible = None
    target_request_count_per_sec: _Flexible = None
    target_concurrent_requests: _Flexible = None

    def __post_init__(self) -> None:
        """Checks that no minimum exceeds its maximum; raises InvalidFieldError."""
        for name in ("instances", "idle_instances", "pending_latency"):
            low, high = getattr(self, f"min_{name}"), getattr(self, f"max_{name}")
            if isinstance(low, int | float) and isinstance(high, int | float) and low > high:
                text = f"{low} is more than 'max_{name}', which is {high}"
                raise InvalidFieldError(f"min_{name}", text)


class BasicScaling(Section, frozen=True, kw_only=True):
    """Instances start with a request and stop when they are idle."""

    max_instances: _Instances
    idle_timeout: Duration = Duration(300)


class ManualScaling(Section, frozen=True, kw_only=True):
    """A fixed number of instances."""

    instances: _Instances
