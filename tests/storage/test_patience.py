"""Nobody waits for the storage longer than the request that asks goes on."""

import os
import signal
import subprocess
import sys
import threading
import time
from math import inf

import msgspec
import pytest

from appengine.datastore.datastore_errors import Timeout
from appengine.datastore.server import DatastoreServer
from appengine.datastore.service import Entity, Key, PutRequest
from appengine.front.calls import Executor
from appengine.rpc.server import Caller
from appengine.storage.errors import StorageLateError
from appengine.storage.patience import seconds_left, waits_end_at
from tests.datastore.serving import Datastore, entity

MOST = 60.0


def put(datastore, seconds):
    """Puts as a request that ends in some seconds; returns the error, and the seconds it took."""
    executor = Executor({"datastore": DatastoreServer}, datastore.resources, lambda *_: None)
    caller = Caller(application="guestbook", deadline=time.monotonic() + seconds)
    message = msgspec.msgpack.encode(PutRequest(entities=(Entity(Key("", ("A", 1)), ()),)))
    started = time.monotonic()
    outcome = executor.execute(caller, "datastore", "put", message)
    return outcome.error, time.monotonic() - started


def test_a_wait_ends_with_the_request():
    assert seconds_left(MOST) == MOST
    with waits_end_at(inf):
        assert seconds_left(MOST) == MOST
    with waits_end_at(time.monotonic() + 5):
        assert 0 < seconds_left(MOST) <= 5
    with waits_end_at(time.monotonic() - 5):
        assert seconds_left(MOST) == 0


def test_a_put_behind_another_threads_long_one_is_a_timeout_at_the_requests_end(tmp_path):
    datastore = Datastore(tmp_path)
    datastore.put_all(entity(("A", 1)))
    begun, end = threading.Event(), threading.Event()

    def hold():
        with datastore.storage.transaction():
            begun.set()
            end.wait(MOST)

    thread = threading.Thread(target=hold)
    thread.start()
    assert begun.wait(MOST)
    error, seconds = put(datastore, 0.2)
    end.set()
    thread.join()
    assert (error, seconds < 20) == (Timeout.__name__, True)
    assert put(datastore, MOST)[0] == ""


ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"


def test_what_is_read_without_end_ends_when_its_time_is_over(tmp_path):
    """And only that: the next statement of another call is answered."""
    storage = Datastore(tmp_path).storage
    with waits_end_at(time.monotonic() + 0.05):
        with pytest.raises(StorageLateError, match="deadline is over"):
            with storage.look() as connection:
                connection.driver.execute(ENDLESS)
        with pytest.raises(StorageLateError, match="deadline is over"):
            with storage.read() as connection:
                connection.driver.execute(ENDLESS)
    with storage.read() as connection:
        assert connection.driver.execute("SELECT 1").fetchone() == (1,)


def test_what_writes_is_never_ended_within_its_transaction(tmp_path):
    """SQLite would roll back what others have written in it, too."""
    storage = Datastore(tmp_path).storage
    some = f"{ENDLESS.removesuffix(' FROM n')} FROM (SELECT i FROM n LIMIT 100000)"
    with storage.transaction() as connection:
        with waits_end_at(time.monotonic() - 1):
            assert connection.driver.execute(some).fetchone() == (100_000,)


HOLDER = """
import sys
from pathlib import Path
from tests.datastore.serving import Datastore
with Datastore(Path(sys.argv[1])).storage.transaction():
    print("begun", flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("is_stopped", [False, True])
def test_a_put_behind_another_processs_long_one_is_a_timeout_too(tmp_path, is_stopped):
    datastore = Datastore(tmp_path)
    datastore.put_all(entity(("A", 1)))
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert holder.stdout.readline() == "begun\n"
    if is_stopped:
        os.kill(holder.pid, signal.SIGSTOP)
    error, seconds = put(datastore, 0.2)
    assert (error, seconds < 20) == (Timeout.__name__, True)
    os.kill(holder.pid, signal.SIGCONT)
    holder.communicate(timeout=MOST)
    assert put(datastore, MOST)[0] == ""
