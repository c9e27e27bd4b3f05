"""What the front knows of instances: their figures, read from outside."""

import threading
import time

from appengine.rpc.server import Resources, Server
from appengine.system.server.usage import Usage, read_cpu_seconds, read_memory_bytes
from appengine.system.service import (
    BackgroundRequest,
    BackgroundResponse,
    FrontendsNotSupported,
    StatsRequest,
    StatsResponse,
    SystemService,
    SystemStat,
)

MEGACYCLES = 1200
"""Of a CPU second. Source: `quota.MCYCLES_PER_SECOND`."""

MEGABYTE = 2**20
MINUTE = 60.0
MAX_INSTANCES = 1000
"""Whose figures are remembered; the oldest go first."""

REFUSAL = (
    "an instance runs code for open requests only: start threads within a request, "
    "or leave later work to appengine.taskqueue"
)


class SystemServer(Server, SystemService):
    """Tells an instance what it uses; refuses what would outlive its requests."""

    def stats(self, request: StatsRequest) -> StatsResponse:
        """Returns what the instance that asks uses."""
        usage = _usage_of(self.resources, self.caller.pid)
        now, cpu = time.monotonic(), read_cpu_seconds(self.caller.pid)
        usage.add(now, cpu, read_memory_bytes(self.caller.pid))
        used = max(0.0, cpu - self.caller.cpu_before) if self.caller.cpu_before else 0.0
        return StatsResponse(
            cpu=SystemStat(
                total=cpu * MEGACYCLES,
                rate1m=usage.rate(now, MINUTE) * MEGACYCLES,
                rate10m=usage.rate(now, 10 * MINUTE) * MEGACYCLES,
            ),
            memory=SystemStat(
                current=usage.memory_bytes / MEGABYTE,
                average1m=usage.average(now, MINUTE) / MEGABYTE,
                average10m=usage.average(now, 10 * MINUTE) / MEGABYTE,
            ),
            request_cpu=round(used * MEGACYCLES),
            request_api=round(
                sum(each.milliseconds for each in self.caller.calls) * MEGACYCLES / 1000
            ),
        )

    def start_background(self, request: BackgroundRequest) -> BackgroundResponse:
        """Refuses."""
        raise FrontendsNotSupported(REFUSAL)


class _Usages:
    """What is remembered of instances, by process number."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.found: dict[int, Usage] = {}


def _usage_of(resources: Resources, pid: int) -> Usage:
    usages = resources.once("system.usages", _Usages)
    with usages.lock:
        if (usage := usages.found.get(pid)) is None:
            while len(usages.found) >= MAX_INSTANCES:
                del usages.found[next(iter(usages.found))]
            usage = usages.found[pid] = Usage()
        return usage
