"""What the supervisor tells the console: processes, instances, layers, requests, log lines."""

import os
import time
from collections import OrderedDict, deque
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import urljoin

import msgspec

from appengine.console.status import Instance, Process, RecentRequest, Status, Version
from appengine.front.table import WAITING, Table
from appengine.rpc.boot import Layer
from appengine.rpc.records import Trace
from appengine.supervisor.children import SERVERS
from appengine.supervisor.instance_processes import InstanceProcess
from appengine.supervisor.logs import Logs
from appengine.supervisor.versions import ModuleServer

KEPT_TRACES = 1000
KEPT_INSTANCES = 1000
"""Whose requests are counted: the living and those that died last."""

WINDOW_SECONDS = 60.0
SHOWN_REQUESTS = 50
TICKS = os.sysconf("SC_CLK_TCK")


class Count(msgspec.Struct):
    """What one instance has served; `recent` holds when, and how long in seconds."""

    requests: int = 0
    recent: deque[tuple[float, float]] = msgspec.field(default_factory=lambda: deque(maxlen=6000))


class Statistics:
    """What the front's workers have reported."""

    def __init__(self) -> None:
        self.started_at = time.time()
        self.traces: deque[Trace] = deque(maxlen=KEPT_TRACES)
        self._counts: OrderedDict[int, Count] = OrderedDict()

    def record(self, traces: Sequence[msgspec.Raw]) -> None:
        """Takes a batch of requests that have ended."""
        for raw in traces:
            trace = msgspec.msgpack.decode(raw, type=Trace)
            self.traces.append(msgspec.structs.replace(trace, calls=[]))  # 200 calls are 100 kB
            if trace.pid:
                count = self._counts.setdefault(trace.pid, Count())
                count.requests += 1
                count.recent.append((trace.started + trace.seconds, trace.seconds))
                self._counts.move_to_end(trace.pid)
        while len(self._counts) > KEPT_INSTANCES:
            self._counts.popitem(last=False)
        self._forget(time.time() - WINDOW_SECONDS)

    def _forget(self, since: float) -> None:
        """Drops the times of requests that ended before, also of instances long dead."""
        for count in self._counts.values():
            while count.recent and count.recent[0][0] < since:
                count.recent.popleft()

    def count(self, pid: int) -> tuple[int, float, float]:
        """Returns an instance's requests, and of the last 60 s: how many a second, mean ms."""
        count = self._counts.get(pid, Count())
        since = time.time() - WINDOW_SECONDS
        times = [seconds for at, seconds in count.recent if at >= since]
        mean = sum(times) / len(times) * 1000 if times else 0.0
        return count.requests, len(times) / WINDOW_SECONDS, mean


def make_status(
    pids: Mapping[str, int],
    modules: Sequence[tuple[ModuleServer, str]],
    layers: Sequence[Layer],
    logs: Logs,
    statistics: Statistics,
    table: Table,
) -> Status:
    """Returns the picture of this moment.

    Args:
        pids: of the processes that start with the supervisor, by role.
        modules: each with its URL.
    """
    named = [("supervisor", os.getpid()), *_with_workers(pids)]
    for module, _ in modules:
        if (generation := module.generation) is not None:
            named.append((f"keeper of {generation.label}", generation.keeper_pid))
            named.append((f"zygote of {generation.label}", generation.zygote_pid))
    known = {pid for _, pid in named}
    further = [pid for pid in _children(pids.get("nursery", 0)) if pid not in known]
    for pid in further:  # in reserve, or of files before an edit
        named.append(("further keeper", pid))
        named += [("further zygote", child) for child in _children(pid)]
    return Status(
        at=time.time(),
        started_at=statistics.started_at,
        processes=[_process(role, pid) for role, pid in named],
        versions=[_version(module, url, statistics, table) for module, url in modules],
        layers=list(layers),
        requests=[_request(trace) for trace in list(statistics.traces)[: -SHOWN_REQUESTS - 1 : -1]],
        log=list(logs.lines),
    )


def _with_workers(pids: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    for role, pid in pids.items():
        yield role, pid
        if role in SERVERS:
            for child in _children(pid):
                yield f"{role} worker", child


def _children(pid: int) -> list[int]:
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _version(module: ModuleServer, url: str, statistics: Statistics, table: Table) -> Version:
    config, generation = module.config, module.generation
    instances = list(generation.instances.values()) if generation else []
    held = table.open_requests()
    return Version(
        application=config.application,
        module=config.module,
        version=config.version,
        url=url,
        runtime=config.runtime,
        pending=table.total(generation.column, WAITING) if generation else 0,
        instances=[_instance(each, statistics, held[each.pid]) for each in instances],
        error=module.error,
        links=[(page.name, urljoin(url, page.url)) for page in config.console_pages],
    )


def _instance(instance: InstanceProcess, statistics: Statistics, open_requests: int) -> Instance:
    requests, rate, mean = statistics.count(instance.pid)
    return Instance(
        pid=instance.pid,
        state="busy" if open_requests else "idle",
        requests=requests,
        requests_a_second=rate,
        latency_ms=mean,
        cpu_seconds=_cpu_seconds(instance.pid),
        memory_bytes=_memory_bytes(instance.pid),
        started_at=instance.started,
    )


def _process(role: str, pid: int) -> Process:
    return Process(
        pid=pid, role=role, cpu_seconds=_cpu_seconds(pid), memory_bytes=_memory_bytes(pid)
    )


def _request(trace: Trace) -> RecentRequest:
    return RecentRequest(
        at=trace.started,
        application=trace.application,
        method=trace.method,
        url=trace.path,
        status=trace.status,
        milliseconds=trace.seconds * 1000,
        cpu_milliseconds=trace.cpu_seconds * 1000,
        pid=trace.pid,
        request_id=trace.request_id if trace.application else "",
    )


def _cpu_seconds(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:  # it has just ended
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS


def _memory_bytes(pid: int) -> int:
    """Returns a process's proportional share of memory; its private part where that is closed."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:  # of another user, or it has just ended
        return 0
    return 0
