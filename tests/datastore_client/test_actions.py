"""Calls of other services in a commit: all of it happens, or nothing."""

import pytest
import sqlalchemy as sql

from appengine.datastore import db, server
from appengine.datastore.server import DatastoreServer
from appengine.front.calls import Executor
from appengine.rpc.client import join_commit, transport
from appengine.rpc.rooms import find_services
from appengine.rpc.server import Resources, Server
from appengine.rpc.service import ApplicationError, Message, Service, call
from appengine.storage.clock import Clock
from tests.datastore_client.in_process import APPLICATION, InProcess

ABSENT_TABLE = "CREATE TABLE IF NOT EXISTS notes (application TEXT, text TEXT PRIMARY KEY)"


class TwiceError(ApplicationError):
    """The note is there already."""


class NoteRequest(Message):
    text: str


class NoteResponse(Message):
    pass


class NotesService(Service, name="notes"):
    """A room of the tests: it keeps notes in the application's own storage."""

    @call(errors=(TwiceError,))
    def add(self, request: NoteRequest) -> NoteResponse:
        """Adds a note."""


class NotesServer(Server, NotesService):
    def add(self, request):
        with self.storage.transaction() as connection:
            connection.execute(sql.text(ABSENT_TABLE))
            row = {"application": self.caller.application, "text": request.text}
            try:
                connection.execute(sql.text("INSERT INTO notes VALUES (:application, :text)"), row)
            except sql.exc.IntegrityError:
                raise TwiceError(f"{request.text!r} is noted already") from None
        return NoteResponse()


class Account(db.Model):
    amount = db.IntegerProperty(default=0)


@pytest.fixture(autouse=True)
def pipe(tmp_path, monkeypatch):
    """A datastore beside the room, reached through the executor."""
    monkeypatch.setattr(server, "find_services", lambda: {**find_services(), "notes": NotesService})
    pipe = InProcess(tmp_path)
    resources = Resources(
        open_storage=lambda application: pipe.storage, platform=pipe.platform, clock=Clock()
    )
    servers = {"datastore": DatastoreServer, "notes": NotesServer}
    pipe.executor = Executor(servers, resources, lambda caller, quota, units: None)
    token = transport.set(pipe)
    yield pipe
    transport.reset(token)
    pipe.close()


def notes(pipe):
    with pipe.storage.transaction() as connection:
        connection.execute(sql.text(ABSENT_TABLE))
        return [row.text for row in connection.execute(sql.text("SELECT text FROM notes"))]


def note(text):
    return join_commit("notes", "add", NoteRequest(text=text))


def test_an_action_is_done_with_the_commit(pipe):
    def change():
        Account(key_name="a", amount=1).put()
        assert note("changed")
        assert notes(pipe) == []

    db.run_in_transaction(change)
    assert notes(pipe) == ["changed"]
    assert Account.get_by_key_name("a").amount == 1


def test_a_transaction_may_consist_of_actions_only(pipe):
    db.run_in_transaction(note, "alone")
    assert notes(pipe) == ["alone"]


def test_an_action_that_fails_undoes_the_commit_and_the_actions_before_it(pipe):
    db.run_in_transaction(note, "first")

    def change():
        Account(key_name="a", amount=1).put()
        note("new")
        note("first")

    with pytest.raises(
        db.BadRequestError, match=r"notes.add: TwiceError: 'first' is noted already"
    ):
        db.run_in_transaction(change)
    assert notes(pipe) == ["first"]
    assert Account.get_by_key_name("a") is None


def test_a_conflict_leaves_no_action_and_the_next_attempt_does_it_once(pipe):
    Account(key_name="a", amount=1).put()
    attempts = []

    def change():
        account = Account.get_by_key_name("a")
        account.amount += 1
        account.put()
        note(f"attempt {len(attempts)}")
        attempts.append(None)
        if len(attempts) == 1:
            other_commit(pipe)

    db.run_in_transaction(change)
    assert notes(pipe) == ["attempt 1"]
    assert Account.get_by_key_name("a").amount == 11


@db.non_transactional
def other_commit(pipe):
    assert not note("outside")
    Account(key_name="a", amount=10).put()


@pytest.mark.parametrize("error", [db.Rollback, ZeroDivisionError])
def test_what_is_rolled_back_does_no_action(pipe, error):
    def change():
        note("never")
        raise error

    if error is db.Rollback:
        assert db.run_in_transaction(change) is None
    else:
        with pytest.raises(error):
            db.run_in_transaction(change)
    assert notes(pipe) == []


def test_outside_of_a_transaction_nothing_takes_an_action():
    assert not note("nobody")


def test_an_independent_transaction_has_its_own_actions(pipe):
    @db.transactional(propagation=db.INDEPENDENT)
    def inner():
        note("inner")

    def outer():
        inner()
        assert notes(pipe) == ["inner"]
        note("outer")

    db.run_in_transaction(outer)
    assert notes(pipe) == ["inner", "outer"]


def test_a_commit_takes_at_most_five_actions(pipe):
    def change(count):
        for number in range(count):
            note(f"{count}.{number}")

    db.run_in_transaction(change, 5)
    with pytest.raises(db.BadRequestError, match=r"at most 5 tasks into its commit; notes.add is"):
        db.run_in_transaction(change, 6)
    assert len(notes(pipe)) == 5


def test_a_read_only_transaction_takes_none():
    with pytest.raises(db.BadRequestError, match="read-only"):
        db.run_in_read_only_transaction(note, "no")


def test_an_action_is_the_callers_own(pipe):
    """The room sees the application that the front has dialled, as with any call."""
    db.run_in_transaction(note, "mine")
    with pipe.storage.read() as connection:
        rows = list(connection.execute(sql.text("SELECT application FROM notes")))
    assert [row.application for row in rows] == [APPLICATION]
