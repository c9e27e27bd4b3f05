"""Processor time that no request accounts for."""

import mmap
import os

from hypothesis import given
from hypothesis import strategies as st

from appengine.front.table import Table
from appengine.front.usage import private_bytes
from appengine.supervisor.excesses import Excesses


class World:
    """A clock and the processor time of instances, both set by hand."""

    def __init__(self, folder, processors=1):
        self.time = 0.0
        self.used = {1: 0.0, 2: 0.0}
        self.table = Table(folder / "table", workers=1)
        self.excesses = Excesses(
            self.table, lambda: self.time, self.used.__getitem__, processors=processors
        )

    def look(self, busy=(), **used):
        self.time += 1
        for name, seconds in used.items():
            self.used[int(name[1:])] += seconds
        return self.excesses.find([1, 2], busy)


def test_more_than_a_second_without_a_request_is_too_much(tmp_path):
    world = World(tmp_path)
    world.look()
    assert world.look(_1=0.9) == []
    assert world.look(_1=0.9, _2=0.5) == [1]


def test_time_under_a_request_counts_for_nothing(tmp_path):
    world = World(tmp_path)
    with world.table.held(1):
        world.look()
        assert [world.look(_1=1.0) for _ in range(10)] == [[]] * 10
    assert world.look(_1=1.0) == [], "it was open at the look before"
    world.look(_1=0.9)
    assert world.look(_1=0.9) == [1]


def test_short_requests_account_for_their_own_time_only(tmp_path):
    world = World(tmp_path)
    world.look()
    for _ in range(100):
        with world.table.held(1):
            pass  # at least a millisecond is counted for each
    assert world.look(_1=0.1) == []
    found = []
    for _ in range(4):
        with world.table.held(1):
            pass
        found += world.look(_1=0.9)
    assert found[:1] == [1], "a request a second does not cover a second of work"


def test_several_processors_serve_one_request(tmp_path):
    world = World(tmp_path, processors=4)
    with world.table.held(1):
        world.look()
        assert world.look(_1=4.0) == []


def test_who_works_for_others_requests_is_told_by_the_caller(tmp_path):
    world = World(tmp_path)
    world.look()
    assert [world.look(busy=[1], _1=0.9) for _ in range(5)] == [[]] * 5
    world.look(_1=0.9)
    assert world.look(_1=0.9) == [1]


@given(st.lists(st.floats(0, 0.03), max_size=200))
def test_a_little_now_and_then_never_adds_up(tmp_path_factory, uses):
    world = World(tmp_path_factory.mktemp("world"))
    world.look()
    assert all(world.look(_1=used) == [] for used in uses)


def test_memory_that_is_a_process_s_own_is_counted():
    before = private_bytes(os.getpid())
    with mmap.mmap(-1, 2**25, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as fresh:
        fresh.write(b"x" * 2**25)
        assert private_bytes(os.getpid()) - before > 2**24
    assert private_bytes(2**22 + 1) == 0
