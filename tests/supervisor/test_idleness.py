"""Which instances have nothing to do."""

from appengine.front.table import Table
from appengine.supervisor.idleness import Idleness


class World:
    """A clock and the processor time of instances, both set by hand."""

    def __init__(self, tmp_path):
        self.time = 0.0
        self.used = {1: 0.0, 2: 0.0}
        self.table = Table(tmp_path / "table", workers=1)
        self.idleness = Idleness(self.table, now=lambda: self.time, cpu=self.used.__getitem__)

    def idle_at(self, seconds):
        self.time = seconds
        return self.idleness.find_idle(self.used, 60.0)


def test_an_instance_is_idle_when_it_has_used_nothing_for_so_long(tmp_path):
    world = World(tmp_path)
    assert world.idle_at(0) == []
    assert world.idle_at(59) == []
    assert world.idle_at(60) == [1, 2]


def test_one_that_works_is_busy_from_then_on(tmp_path):
    world = World(tmp_path)
    world.idle_at(0)
    world.used[1] = 0.001
    assert world.idle_at(50) == []
    assert world.idle_at(65) == [2]
    assert world.idle_at(110) == [2, 1]


def test_one_that_holds_a_request_is_busy_however_still_it_is(tmp_path):
    world = World(tmp_path)
    world.idle_at(0)
    with world.table.held(1):
        assert world.idle_at(70) == [2]
    assert world.idle_at(100) == [2]
    assert world.idle_at(130) == [2, 1]
