"""Seeding: entities that are not stored are put once, and nothing before the supervisor asks."""

import socket
import threading

import pytest

from appengine.datastore.server.ids import scatter
from appengine.datastore.server.seed import check_seed, describe, load, put_absent, serve
from appengine.datastore.service import AllocateRequest
from appengine.rpc.errors import CapabilityDisabledError
from appengine.storage.engine import Storage
from appengine.storage.errors import StorageFullError
from appengine.storage.files import data_file
from tests.datastore.serving import Datastore, entity, key


@pytest.fixture
def read(tmp_path):
    """Returns what reads a file of a given text."""

    def read(text, applications=("guestbook",), auth_domain="example.com"):
        file = tmp_path / "seed.yaml"
        file.write_text(text)
        return check_seed(file, applications, auth_domain)

    return read


def test_absent_entities_are_put_and_stored_ones_are_left(datastore):
    datastore.put_all(entity(("A", 1), x="changed"))
    new = [entity(("A", 1), x="seed"), entity(("A", "b"), x="seed")]
    assert put_absent(datastore.server(), new) == 1
    assert datastore.get_one(key("A", 1)) == entity(("A", 1), x="changed")
    assert datastore.ids("A", ("x", "=", "seed")) == ["b"]
    assert put_absent(datastore.server(), new) == 0


def test_a_put_that_fails_leaves_nothing_of_it(tmp_path):
    def fail(point):
        if point == "after claim":
            raise StorageFullError("the disk is full")

    datastore = Datastore(tmp_path, reach=fail)
    with pytest.raises(CapabilityDisabledError, match="the disk is full"):
        put_absent(datastore.server(), [entity(("A", number)) for number in range(1, 600)])
    assert Datastore(tmp_path).find("A") == []


def test_more_entities_than_one_call_may_hold_are_put_together(datastore):
    new = [entity(("A", number), x=number) for number in range(1, 1202)]
    assert put_absent(datastore.server(), new) == 1201
    assert len(datastore.find("A")) == 1201


def test_ids_of_a_seed_are_never_given_out(datastore):
    chosen = [entity(("A", 5)), entity(("P", 1, "A", 9)), entity(("A", scatter(3)))]
    put_absent(datastore.server(), chosen)
    assert datastore.allocate(AllocateRequest(key=key("A", 1), size=1)).start == 6
    assert datastore.allocate(AllocateRequest(key=key("P", 1, "A", 1), size=1)).start == 10
    given = datastore.put_all(entity(("A", None)))
    assert given == [key("A", scatter(4))]


def test_an_id_that_was_taken_before_is_not_given_out_after(datastore):
    datastore.put_all(entity(("A", None)))  # this process holds a thousand ids now
    put_absent(datastore.server(), [entity(("A", scatter(7)))])
    given = datastore.put_all(*[entity(("A", None))] * 20)
    assert key("A", scatter(7)) not in given


def test_an_id_out_of_reach_costs_no_ids(datastore):
    put_absent(datastore.server(), [entity(("A", 2**53 - 1)), entity(("A", 2**63 - 1))])
    assert datastore.put_all(entity(("A", None))) == [key("A", scatter(1))]


def test_each_application_gets_its_own_entities(read, tmp_path):
    text = "- {kind: A, id: 1}\n- {kind: A, id: 1, application: second}\n- {kind: A, id: 2}\n"
    data = tmp_path / "data"
    data.mkdir()
    assert load(data, read(text, applications=("first", "second"))) == (3, 0)
    assert Datastore(data, "first").ids("A") == [1, 2]
    assert Datastore(data, "second").ids("A") == [1]


@pytest.mark.parametrize(
    ("counts", "line"),
    [
        ((12, 3), "seed.yaml: 12 entities loaded, 3 were there already"),
        ((1, 1), "seed.yaml: 1 entity loaded, 1 was there already"),
        ((0, 2), "seed.yaml: 0 entities loaded, 2 were there already"),
        ((2, 0), "seed.yaml: 2 entities loaded"),
    ],
)
def test_the_report_counts_what_was_loaded_and_what_was_there(counts, line):
    assert describe("seed.yaml", *counts) == line


@pytest.fixture
def talk(tmp_path):
    """Returns what serves a file in a thread, and the supervisor's end of the socket."""
    threads, ends = [], []
    data = tmp_path / "data"
    data.mkdir()

    def talk(text):
        file = tmp_path / "seed.yaml"
        file.write_text(text)
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        arguments = (str(theirs.detach()), str(data), "gmail.com", str(file), "guestbook")
        thread = threading.Thread(target=serve, args=arguments)
        thread.start()
        threads.append(thread)
        ends.append(ours)
        return ours, data

    yield talk
    for end in ends:
        end.close()
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()


def test_nothing_is_touched_before_the_supervisor_asks(talk):
    supervisor, data = talk("- {kind: A, id: 1}\n")
    assert supervisor.recv(100) == b"checked"
    assert list(data.iterdir()) == []
    supervisor.send(b"load")
    assert supervisor.recv(1000).endswith(b"seed.yaml: 1 entity loaded")
    assert Datastore(data).ids("A") == [1]


def test_the_end_of_the_supervisor_ends_the_process_and_touches_nothing(talk, tmp_path):
    supervisor, data = talk("- {kind: A, id: 1}\n")
    assert supervisor.recv(100) == b"checked"
    supervisor.close()
    assert list(data.iterdir()) == []


def test_a_file_that_is_wrong_is_refused(talk, tmp_path):
    supervisor, data = talk("- {kind: A}\n")
    answer = supervisor.recv(1000).decode()
    assert answer.startswith(f"refused {tmp_path}/seed.yaml:1: [0]: an entity has")
    assert list(data.iterdir()) == []


def test_a_storage_that_fails_is_told_in_the_words_of_the_storage(talk):
    supervisor, data = talk("- {kind: A, id: 1}\n")
    supervisor.recv(100)
    Storage(data_file(data, "guestbook")).close()
    data_file(data, "guestbook").write_bytes(b"no database at all" * 10)
    supervisor.send(b"load")
    answer = supervisor.recv(1000).decode()
    assert "seed.yaml cannot be loaded: " in answer and "is not a SQLite database" in answer
