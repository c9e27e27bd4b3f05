"""Composite indexes are built while others write, and miss nothing."""

import threading

from tests.datastore.serving import Datastore, entity, key


def test_entities_written_and_deleted_while_an_index_is_built_are_right_in_it(datastore):
    datastore.put_all(*(entity(("A", n), x=1, y=n) for n in range(1, 501)))
    begun, stop = threading.Event(), threading.Event()
    written, gone = [], []

    def write():
        for number in range(501, 100_000):
            datastore.put_all(entity(("A", number), x=1, y=-number))
            written.append(number)
            datastore.delete_all(key("A", number - 500))
            gone.append(number - 500)
            begun.set()
            if stop.is_set():
                return

    thread = threading.Thread(target=write)
    thread.start()
    begun.wait()
    datastore.find("A", ("x", "=", 1), orders=("y",), limit=1)
    stop.set()
    thread.join()
    left = (set(range(1, 501)) | set(written)) - set(gone)
    expected = sorted(left, key=lambda number: number if number <= 500 else -number)
    assert datastore.ids("A", ("x", "=", 1), orders=("y",)) == expected


def test_a_build_that_died_is_finished_by_the_next_query(tmp_path):
    class Died(Exception):
        pass

    datastore = Datastore(tmp_path)
    datastore.put_all(*(entity(("A", n), x=1, y=-n) for n in range(1, 451)))
    commits = []

    def reach(point):
        commits.extend([point] if point == "before commit" else [])
        if len(commits) == 3:  # the definition, one piece, and then no more
            raise Died

    datastore.storage.reach = reach
    try:
        datastore.find("A", ("x", "=", 1), orders=("y",))
    except Died:
        commits.append("died")
    assert commits[-1] == "died"
    other = Datastore(tmp_path)
    assert other.ids("A", ("x", "=", 1), orders=("y",)) == list(range(450, 0, -1))
