"""What App Engine promises of runtime, quota and background threads."""

import os
import time

import pytest
from msgspec.structs import replace

from appengine.rpc.client import transport
from appengine.system import (
    background_thread,
    cpu_usage,
    is_shutting_down,
    memory_usage,
    quota,
    set_shutdown_hook,
    shutdown,
)
from appengine.system.server.usage import Usage
from tests.logservice.conftest import CALL
from tests.rpc.one_process import OneProcess


@pytest.fixture(autouse=True)
def process(tmp_path):
    """The calling instance is this process."""
    made = OneProcess(tmp_path)
    made.caller = replace(made.caller, pid=os.getpid(), cpu_before=0.01, calls=[CALL])
    token = transport.set(made)
    yield made
    transport.reset(token)
    made.close()


def test_the_instance_is_told_its_processor_time_in_megacycles():
    """Source: `runtime.cpu_usage`: total, rate1m, rate10m."""
    first = cpu_usage()
    end = time.process_time() + 0.1
    while time.process_time() < end:
        pass
    second = cpu_usage()
    assert second.total - first.total >= 0.05 * 1200
    assert second.rate1m > 0 and second.rate10m > 0


def test_the_instance_is_told_its_memory_in_megabytes():
    """Source: `runtime.memory_usage`: current, average1m, average10m."""
    usage = memory_usage()
    assert 5 < usage.current < 5000
    assert usage.average1m > 5 and usage.average10m > 5


def test_rates_and_averages_are_those_of_their_time():
    """Source: `runtime.cpu_usage`, `runtime.memory_usage`: over one and over ten minutes."""
    usage = Usage()
    for minute in range(20):
        usage.add(minute * 60.0, cpu_seconds=minute * minute, memory_bytes=minute)
    now = 19 * 60.0
    assert usage.rate(now, 60) == pytest.approx((19**2 - 18**2) / 60)
    assert usage.rate(now, 600) == pytest.approx((19**2 - 9**2) / 600)
    assert (usage.average(now, 60), usage.average(now, 600)) == (18.5, 14)
    assert (Usage().rate(0, 60), Usage().average(0, 60), Usage().memory_bytes) == (0, 0, 0)


def test_a_request_is_told_what_it_and_its_calls_have_used():
    """Source: `quota.get_request_cpu_usage`, `quota.get_request_api_cpu_usage`."""
    assert quota.get_request_cpu_usage() > 0
    assert quota.get_request_api_cpu_usage() == 2  # 2 ms at 1200 megacycles a second


def test_megacycles_are_those_of_1200_a_second():
    """Source: `quota.MCYCLES_PER_SECOND`."""
    assert quota.MCYCLES_PER_SECOND == 1200.0
    assert quota.cpu_seconds_to_megacycles(2) == 2400
    assert quota.megacycles_to_cpu_seconds(600) == 0.5


def test_a_background_thread_is_refused_with_what_there_is_instead():
    """Source: `background_thread`: FrontendsNotSupported."""
    with pytest.raises(background_thread.FrontendsNotSupported, match="taskqueue"):
        background_thread.start_new_background_thread(print, ["x"], {"end": ""})
    thread = background_thread.BackgroundThread(target=print)
    with pytest.raises(background_thread.Error):
        thread.start()
    assert not thread.is_alive()
    assert issubclass(background_thread.BackgroundThreadLimitReachedError, background_thread.Error)


def test_a_hook_is_called_once_when_the_instance_is_told_to_stop(monkeypatch):
    """Source: `runtime.set_shutdown_hook`, `runtime.is_shutting_down`."""
    monkeypatch.setattr(shutdown, "_shutdown", shutdown._Shutdown())
    called = []
    assert set_shutdown_hook(lambda: called.append(1)) is None
    previous = set_shutdown_hook(lambda: called.append(2))
    previous()
    assert not is_shutting_down()
    shutdown.begin_shutdown()
    shutdown.begin_shutdown()
    assert is_shutting_down() and called == [1, 2]
    with pytest.raises(TypeError, match="hook must be callable"):
        set_shutdown_hook("no function")
    assert set_shutdown_hook(None) is not None
