"""Composite indexes are built while others write, and miss nothing."""

import threading
import time

import pytest

from appengine.datastore.server import building, missing
from appengine.datastore.server.building import Builds
from appengine.datastore.server.catalog import Catalog
from appengine.datastore.server.indexes import kind_index
from appengine.datastore.server.keys import encode_key
from appengine.datastore.service import IndexesRequest, NeedIndexError, Timeout
from appengine.storage.patience import waits_end_at
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


LISTED = "indexes:\n- kind: A\n  properties:\n  - name: x\n  - name: y\n"


def test_a_listed_index_of_a_large_kind_is_built_in_the_background(tmp_path, monkeypatch):
    """Meanwhile its queries are refused, and told how far it is; what is written is in it."""
    monkeypatch.setattr(missing, "AT_ONCE", 400)
    monkeypatch.setattr(building, "CHUNK", 100)
    (tmp_path / "index.yaml").write_text(LISTED)
    datastore = Datastore(tmp_path)
    datastore.settings["datastore.require_indexes"] = "true"
    datastore.settings["datastore.index_yaml:guestbook"] = str(tmp_path / "index.yaml")
    datastore.put_all(*(entity(("A", n), x=1, y=-n) for n in range(1, 451)))
    halfway, go_on = threading.Event(), threading.Event()
    commits = []

    def reach(point):
        if point == "before commit" and threading.current_thread() is not threading.main_thread():
            commits.append(point)
            if len(commits) == 3:
                halfway.set()
                go_on.wait(60)

    datastore.storage.reach = reach
    with pytest.raises(NeedIndexError, match=r"is being built, \d+ of 450 entities are done"):
        datastore.ids("A", ("x", "=", 1), orders=("y",))
    assert halfway.wait(60)
    (index,) = datastore.indexes(IndexesRequest()).indexes
    assert (index.state, index.done, index.total) == ("building", 200, 450)
    go_on.set()
    builds = datastore.storage.companion(Builds, "guestbook")
    catalog = datastore.storage.companion(Catalog, "guestbook")
    builds.wait(catalog.known.all_composites()[0])
    datastore.put_all(entity(("A", 451), x=1, y=-451))
    assert datastore.ids("A", ("x", "=", 1), orders=("y",)) == list(range(451, 0, -1))
    (index,) = datastore.indexes(IndexesRequest()).indexes
    assert (index.state, index.done, index.total) == ("serving", 0, 0)


def test_a_query_does_not_wait_for_its_index_beyond_its_request(datastore, monkeypatch):
    """It is told how far the index is; the build goes on, and the next query is answered."""
    monkeypatch.setattr(missing, "AT_ONCE", 400)
    monkeypatch.setattr(building, "CHUNK", 100)
    datastore.put_all(*(entity(("A", n), x=1, y=-n) for n in range(1, 451)))
    go_on = threading.Event()

    def reach(point):
        if point == "before commit" and threading.current_thread() is not threading.main_thread():
            go_on.wait(60)

    datastore.storage.reach = reach
    soon = time.monotonic() + missing.MARGIN_SECONDS + 0.05
    with pytest.raises(Timeout, match="of 450 entities are done"), waits_end_at(soon):
        datastore.ids("A", ("x", "=", 1), orders=("y",))
    go_on.set()
    assert datastore.ids("A", ("x", "=", 1), orders=("y",)) == list(range(450, 0, -1))


def test_the_last_entities_of_a_large_kind_are_found_as_fast_as_the_first(datastore):
    """Each piece begins where the one before it ended, or a build's time grew with the square."""
    datastore.put_all(*(entity(("A", n), x=n) for n in range(1, 2001)))
    catalog = datastore.storage.companion(Catalog, "guestbook")
    kind = catalog.known.find(kind_index("A"))
    steps = []

    def find_behind(number):
        last = encode_key(key("A", number))
        with datastore.storage.read() as connection:
            connection.driver.set_progress_handler(lambda: steps.append(number), 10)
            found = building._next_of_kind.all(connection, "guestbook", kind.id, "", b"", last, 50)
            connection.driver.set_progress_handler(None, 0)
        assert [row[1] for row in found] == [
            encode_key(key("A", n)) for n in range(number + 1, number + 51)
        ]

    find_behind(1)
    find_behind(1950)
    assert 50 < steps.count(1950) < 1.1 * steps.count(1)


def test_a_piece_ends_where_its_rows_are_many(datastore, monkeypatch):
    monkeypatch.setattr(building, "MOST_ROWS", 30)
    datastore.put_all(*(entity(("A", n), x=[1, 2, 3], y=[-n, n]) for n in range(1, 41)))
    commits = []
    datastore.storage.reach = commits.append
    assert datastore.ids("A", ("x", "=", 3), ("y", "<", 0), orders=("y",)) == [*range(40, 0, -1)]
    pieces = -(-40 * 6 // 36)  # six rows of an entity; a piece ends behind its 31st
    assert commits.count("begun") >= pieces


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (list(range(150)), list(range(150))),
        ([f"{number:1000}" for number in range(30)], list(range(100))),
    ],
    ids=["by their number", "by their bytes"],
)
def test_an_index_in_which_an_entity_explodes_is_in_error_and_hurts_no_write(datastore, x, y):
    datastore.put_all(entity(("A", 1), x=x, y=y))
    for _time in range(2):
        with pytest.raises(NeedIndexError, match="an entity has too many rows in it"):
            datastore.ids("A", ("x", ">", x[0]), orders=("x", "y"))
    (index,) = datastore.indexes(IndexesRequest()).indexes
    assert index.state == "error"
    datastore.put_all(entity(("A", 1), x=[*x, 150], y=y))
    assert datastore.ids("A", ("x", "=", 150)) == [1]


def test_only_one_thread_builds_an_index(datastore):
    datastore.put_all(*(entity(("A", n), x=1, y=-n) for n in range(1, 451)))
    commits = []
    datastore.storage.reach = commits.append
    found = []

    def ask():
        found.append(datastore.ids("A", ("x", "=", 1), orders=("y",), limit=2))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [[450, 449]] * 4
    pieces, states = 3, 1
    assert commits.count("begun") <= pieces + states + len(threads)  # each may define it
