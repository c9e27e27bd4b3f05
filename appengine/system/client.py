"""What applications ask of the instance they run in."""

from appengine.rpc.client import stub
from appengine.system.service import StatsRequest, StatsResponse, SystemService, SystemStat

system = stub(SystemService)


def get_stats() -> StatsResponse:
    """Returns the instance's figures."""
    return system.stats(StatsRequest())


def cpu_usage() -> SystemStat:
    """Returns megacycles: `total`, and a second `rate1m` and `rate10m`."""
    return get_stats().cpu


def memory_usage() -> SystemStat:
    """Returns megabytes: `current`, `average1m` and `average10m`."""
    return get_stats().memory
