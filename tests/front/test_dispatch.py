"""Threads of a worker: no application, and no number of them, holds all."""

from contextlib import ExitStack

from appengine.front.dispatch import RESERVED_THREADS, Dispatcher

THREADS = 64


def test_applications_that_take_all_they_get_leave_some_to_others(tmp_path):
    dispatcher = Dispatcher(tmp_path, None, None, deadline_seconds=60, threads=THREADS)  # type: ignore[arg-type]  # none is reached
    with ExitStack() as held:
        taken = []
        for application in "abcdefgh":
            count = 0
            while held.enter_context(dispatcher._one_of_share(application)):
                count += 1
            taken.append(count)
        assert taken[0] == (THREADS - RESERVED_THREADS) // 2
        assert taken[1] == taken[0] // 2
        assert min(taken[:5]) >= 1
        assert sum(taken) <= THREADS - RESERVED_THREADS
    with dispatcher._one_of_share("h") as is_free:
        assert is_free


def test_what_was_refused_gives_nothing_back(tmp_path):
    dispatcher = Dispatcher(tmp_path, None, None, deadline_seconds=60, threads=THREADS)  # type: ignore[arg-type]  # none is reached
    with ExitStack() as held:
        while held.enter_context(dispatcher._one_of_share("a")):
            pass
        for _ in range(5):
            with dispatcher._one_of_share("a") as is_free:
                assert not is_free
