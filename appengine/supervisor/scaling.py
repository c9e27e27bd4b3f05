"""How many instances a module has: what app.yaml and the operator state, as plain numbers.

Source: App Engine, "app.yaml", scaling elements.
"""

from msgspec import Struct

from appengine.config.app_yaml import ApplicationConfig
from appengine.config.scaling import AutomaticScaling, BasicScaling, ManualScaling

SPARE_INSTANCES = 2
"""Kept ready by automatic scaling: one serves, the other takes over when it dies."""

MAX_INSTANCES = 8
"""Unless app.yaml or `--max_module_instances` says otherwise."""

IDLE_SECONDS = 60.0
"""After so long without a request an instance above the least number is stopped."""

SURPLUS_SECONDS = 5.0
"""The same for those above `max_idle_instances`."""

LONGEST_SECONDS = 60.0
"""Of a request's wait, unless `max_pending_latency` says: longer than any waits."""

NEED_SECONDS = 0.05
"""After a request has waited so long an instance more is started."""

FIRST_NEED_SECONDS = 0.01
"""The same with basic scaling, where the first request finds none."""

MAX_THREADS = 80
"""Requests that an instance serves at a time, whatever app.yaml says.

Source: App Engine, "app.yaml", `max_concurrent_requests`.
"""


class Scale(Struct, frozen=True, kw_only=True):
    """A module's numbers.

    Attributes:
        least: instances that are there whatever they do.
        most: instances.
        least_idle: kept ready, beside those that hold requests.
        most_idle: beside those that hold requests; others are stopped soon.
        idle_seconds: others above `least` are stopped after so long without a request.
        need_seconds: a request may wait so long before an instance more is started for it, unless
            one is being started.
        longest_seconds: the same, whatever is being started.
        threads: requests that one instance takes at a time.
    """

    least: int
    most: int
    least_idle: int = 0
    most_idle: int = 1000
    idle_seconds: float = IDLE_SECONDS
    need_seconds: float = NEED_SECONDS
    longest_seconds: float = LONGEST_SECONDS
    threads: int = 10


def find_scale(config: ApplicationConfig, most_stated: int | None = None) -> Scale:
    """Returns the numbers of a module; `most_stated` is the operator's `--max_module_instances`."""
    scaling = config.scaling
    if isinstance(scaling, ManualScaling):
        return Scale(least=int(scaling.instances), most=int(scaling.instances))
    if isinstance(scaling, BasicScaling):
        most = max(1, most_stated or scaling.max_instances)
        idle = float(scaling.idle_timeout)
        return Scale(least=0, most=most, idle_seconds=idle, need_seconds=FIRST_NEED_SECONDS)
    return _automatic(scaling, most_stated)


def _automatic(scaling: AutomaticScaling, most_stated: int | None) -> Scale:
    most = max(1, most_stated or scaling.max_instances or MAX_INSTANCES)
    least_idle = int(_stated(scaling.min_idle_instances, 0))
    least = max(SPARE_INSTANCES, scaling.min_instances or 0, least_idle)
    longest = _stated(scaling.max_pending_latency, LONGEST_SECONDS)
    return Scale(
        least=min(least, most),
        most=most,
        least_idle=least_idle,
        most_idle=int(_stated(scaling.max_idle_instances, 1000)),
        need_seconds=_stated(scaling.min_pending_latency, min(NEED_SECONDS, longest)),
        longest_seconds=longest,
        threads=min(scaling.max_concurrent_requests, MAX_THREADS),
    )


def _stated(value: float | str, otherwise: float) -> float:
    """Returns a number of app.yaml, or another one where it says `automatic`."""
    return otherwise if isinstance(value, str) else float(value)
