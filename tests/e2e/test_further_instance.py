"""One more instance costs little memory: it shares most of it with its zygote."""

from pathlib import Path

from benchmarks.cage import measure_memory

SPARE_MB = 0.3
"""For what differs from run to run: how many threads an instance has come to need."""


def test_a_further_instance_takes_three_megabytes(tmp_path: Path) -> None:
    figure = measure_memory(tmp_path)
    assert figure.value <= figure.goal + SPARE_MB, figure
