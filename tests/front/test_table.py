"""Counts that the front's workers share through a file."""

from contextlib import ExitStack

from appengine.front.table import OPEN, WAITING, Table


def test_all_workers_see_the_sum(tmp_path):
    first, second = Table(tmp_path / "table", workers=3), Table(tmp_path / "table", workers=3)
    first.use_row(0)
    second.use_row(1)
    with first.counted(3, WAITING), first.counted(3, OPEN), second.counted(3, WAITING):
        assert first.total(3, WAITING) == second.total(3, WAITING) == 2
        assert second.total(3, OPEN) == 1
        assert second.total(4, WAITING) == 0
    assert first.total(3, WAITING) == 0


def test_the_row_of_a_dead_worker_is_forgotten(tmp_path):
    dead, living = Table(tmp_path / "table", workers=3), Table(tmp_path / "table", workers=3)
    dead.use_row(5)
    unfinished = ExitStack()
    unfinished.enter_context(dead.counted(1, OPEN))
    unfinished.enter_context(dead.held(77))
    assert living.total(1, OPEN) == 1
    living.clear_row(5)
    assert living.total(1, OPEN) == 0
    assert not living.open_requests()
    unfinished.close()


def test_requests_are_known_by_the_instance_that_holds_them(tmp_path):
    table = Table(tmp_path / "table", workers=3)
    with table.held(11), table.held(12), table.held(11):
        assert table.open_requests() == {11: 2, 12: 1}
    assert not table.open_requests()
