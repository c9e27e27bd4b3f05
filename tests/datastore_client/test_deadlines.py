"""A call's own deadline: what waits or reads beyond it is a `Timeout`.

Source: App Engine, `google.appengine.api.datastore`, function `CreateRPC`.
"""

import threading
import time
from contextlib import contextmanager

import msgspec
import pytest
from google.appengine.api import datastore
from google.appengine.ext import db

from appengine.datastore.service import PutRequest
from appengine.rpc.client import transport
from appengine.rpc.frames import Call, MalformedCallError, encode, from_instance
from tests.datastore_client.in_process import InProcess

MOST = 60.0
SHORT = 0.05

pytestmark = pytest.mark.usefixtures("pipe")


@contextmanager
def writing(pipe):
    """Another writer, whose transaction lasts as long as the block."""
    begun, end = threading.Event(), threading.Event()

    def hold():
        with pipe.storage.transaction():
            begun.set()
            end.wait(MOST)

    thread = threading.Thread(target=hold)
    thread.start()
    assert begun.wait(MOST)
    try:
        yield
    finally:
        end.set()
        thread.join()


def a(number=1, **values):
    entity = datastore.Entity("A", id=number)
    entity.update(values)
    return entity


class A(db.Expando):
    pass


WRITES = {
    "put": lambda: datastore.Put(a(n=2), deadline=SHORT),
    "put, by an rpc": lambda: datastore.Put(a(n=2), rpc=datastore.CreateRPC(deadline=SHORT)),
    "put, by a config": lambda: datastore.Put(a(n=2), config=db.create_config(deadline=SHORT)),
    "asynchronous put": lambda: datastore.PutAsync(a(n=2), deadline=SHORT).get_result(),
    "several puts": lambda: datastore.Put([a(n=2), a(3)], deadline=SHORT),
    "put of a new one": lambda: datastore.Put(datastore.Entity("A"), deadline=SHORT),
    "delete": lambda: datastore.Delete(a().key(), deadline=SHORT),
    "put of a model": lambda: A(value=1).put(deadline=SHORT),
    "puts of models": lambda: db.put([A(value=1)], rpc=db.create_rpc(deadline=SHORT)),
    "delete of a model": lambda: db.delete(a().key(), deadline=SHORT),
    "commit": lambda: db.run_in_transaction_options(
        db.create_transaction_options(deadline=SHORT), lambda: datastore.Put(a(n=2))
    ),
    "ids": lambda: datastore.AllocateIds(a().key(), size=10**6, deadline=SHORT),
}


@pytest.mark.parametrize("write", WRITES)
def test_a_write_that_waits_for_another_writer_ends_at_its_deadline_and_changes_nothing(
    pipe, write
):
    datastore.Put(a(n=1))
    before = [dict(found) for found in datastore.Query().Run()]
    with writing(pipe):
        started = time.monotonic()
        with pytest.raises(db.Timeout):
            WRITES[write]()
        assert time.monotonic() - started < 20  # the writer's own wait is 30 seconds
    assert [dict(found) for found in datastore.Query().Run()] == before


def test_several_calls_under_way_have_each_its_own(pipe):
    with writing(pipe):
        patient = datastore.CreateConfig(deadline=SHORT)
        operations = [datastore.PutAsync(a(number), config=patient) for number in (1, 2, 3)]
        for operation in operations:
            with pytest.raises(db.Timeout):
                operation.check_success()
    assert datastore.Query().Count() == 0


@pytest.fixture
def many_rows(pipe):
    """40 entities of 1,000 rows each: a query reads all of them for 40 results."""
    for number in range(1, 41):
        datastore.Put(a(number, n=list(range(1000))))


def late(read):
    """Expects that what takes far longer than its deadline ends in the middle."""
    with pytest.raises(db.Timeout, match="the call's deadline came before its answer"):
        read()


def seconds_of(read):
    started = time.monotonic()
    read()
    return time.monotonic() - started


@pytest.mark.usefixtures("many_rows")
def test_a_query_that_reads_beyond_its_deadline_ends():
    query = datastore.Query("A", {"n >=": 0})
    assert query.Count(deadline=MOST) == 40
    deadline = min(seconds_of(query.Count) for _ in range(3)) / 10
    late(lambda: query.Count(deadline=deadline))
    late(lambda: list(query.Run(deadline=deadline)))
    late(lambda: list(query.Run(config=datastore.CreateConfig(deadline=deadline))))
    late(lambda: list(query.Run(rpc=datastore.CreateRPC(deadline=deadline))))
    late(lambda: query.Get(50, deadline=deadline))
    late(lambda: A.gql("WHERE n >= 0").fetch(50, deadline=deadline))
    late(lambda: list(A.all(keys_only=True).filter("n >=", 0).run(deadline=deadline)))
    late(lambda: A.all().filter("n >=", 0).count(rpc=db.create_rpc(deadline=deadline)))
    assert query.Count() == 40


def test_a_deadline_that_is_over_at_once_is_a_timeout_of_every_read():
    key = datastore.Put(a())
    at_once = {"deadline": 1e-9}
    for read in (
        lambda: datastore.Get(key, **at_once),
        lambda: datastore.Get([key], **at_once),
        lambda: db.get(key, **at_once),
        lambda: datastore.Query("A").Get(1, **at_once),
        lambda: datastore.Query("A").Count(**at_once),
        lambda: datastore.GetIndexes(**at_once),
        lambda: datastore.AllocateIds(key, size=1, **at_once),
    ):
        with pytest.raises(db.Timeout):
            read()


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), "5"])
def test_a_deadline_is_a_positive_number(seconds):
    with pytest.raises(db.BadArgumentError, match="deadline argument should be"):
        datastore.CreateConfig(deadline=seconds)


@pytest.mark.parametrize("seconds", [True, 1, 2.5, 10**400, float("inf")])
def test_any_positive_number_is_one(seconds):
    assert datastore.Put(a(), deadline=seconds) == a().key()


def test_a_longer_deadline_extends_nothing(tmp_path):
    """The request's end is the end of all of its calls."""
    (tmp_path / "ending").mkdir()
    ending = InProcess(tmp_path / "ending", deadline=time.monotonic() + 0.2)
    token = transport.set(ending)
    try:
        with writing(ending):
            started = time.monotonic()
            with pytest.raises(db.Timeout):
                datastore.Put(a(), deadline=MOST)
            assert time.monotonic() - started < 20
    finally:
        transport.reset(token)
        ending.close()


def test_a_frame_without_a_deadline_is_a_call_as_before():
    message = msgspec.msgpack.encode(PutRequest(entities=()))
    old = msgspec.msgpack.encode(("call", 7, "datastore", "put", message))
    assert from_instance.decode(old) == Call(7, "datastore", "put", message)
    new = encode(Call(7, "datastore", "put", message, 0.5))[4:]
    assert from_instance.decode(new).deadline_seconds == 0.5


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan"), "1"])
def test_a_frame_with_another_deadline_is_malformed(seconds):
    with pytest.raises(MalformedCallError):
        from_instance.decode(msgspec.msgpack.encode(("call", 7, "datastore", "put", b"", seconds)))
