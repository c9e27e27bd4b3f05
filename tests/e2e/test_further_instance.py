"""One more instance costs little memory: it shares most of it with its zygote."""

from pathlib import Path

from benchmarks.cage import measure_memory


def test_a_further_instance_takes_three_megabytes(tmp_path: Path) -> None:
    """It adds so much to the memory of all processes together, when all have served requests."""
    figure = measure_memory(tmp_path)
    assert figure.value <= figure.goal, figure
