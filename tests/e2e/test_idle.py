"""What a server costs that has nothing to do."""

import os

import pytest

from benchmarks.processes import idle_figures
from tests.e2e.serving import DevServer, wait_until, wsgi_application
from tests.e2e.test_life import HELLO, descendants

MAX_MEMORY_MB = 150
"""Of all processes together, shared pages divided among those that share them."""

MAX_CPU_PERCENT = 1.0
MEASURED_SECONDS = 6.0


@pytest.mark.skipif(os.getuid() != 0, reason="only root may read the memory of caged processes")
def test_an_idle_server_costs_little_memory_and_next_to_no_processor_time(tmp_path):
    app = wsgi_application(tmp_path / "app", HELLO)
    with DevServer([app]) as server:
        assert server.get("/").status == 200
        wait_until(lambda: idle_figures(server.pid, 1.0)[1] < MAX_CPU_PERCENT)
        memory_mb, cpu_percent = idle_figures(server.pid, MEASURED_SECONDS)
        assert len(descendants(server.pid)) >= 8
    assert memory_mb <= MAX_MEMORY_MB
    assert cpu_percent < MAX_CPU_PERCENT
