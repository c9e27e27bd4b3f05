"""Counts that the front's workers share through a file."""

from contextlib import ExitStack

from appengine.front.table import ENDED, OPEN, WAITING, Table


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


def test_an_instance_s_requests_are_counted_over_all_workers(tmp_path):
    first, second = Table(tmp_path / "table", workers=2), Table(tmp_path / "table", workers=2)
    first.use_row(0)
    second.use_row(1)
    with first.counted(3, OPEN), first.held(11):
        assert first.open_of(11, 3) == 1
        with second.counted(3, OPEN), second.held(11), second.counted(3, OPEN), second.held(12):
            assert (first.open_of(11, 3), second.open_of(12, 3)) == (2, 1)


def test_how_long_requests_were_held_is_added_up_over_all_workers(tmp_path):
    first, second = Table(tmp_path / "table", workers=1), Table(tmp_path / "table", workers=1)
    first.use_row(0)
    second.use_row(1)
    before = first.held_seconds(11)
    with first.held(11), second.held(11):
        assert first.held_seconds(11) == before
    assert 0.002 <= first.held_seconds(11) - before < 5
    assert first.held_seconds(12) == 0


def test_ended_requests_are_counted_for_their_version(tmp_path):
    table = Table(tmp_path / "table", workers=1)
    with table.counted(3, OPEN), table.counted(3, WAITING):
        assert table.total(3, ENDED) == 0
    assert [table.total(column, ENDED) for column in (3, 4)] == [1, 0]
