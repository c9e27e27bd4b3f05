"""The users as whom versions run."""

import os

import pytest

from appengine.config.app_yaml import load_application
from appengine.supervisor import users
from appengine.supervisor.users import FIRST_UID, UIDS, Users
from tests.e2e.serving import DevServer, wsgi_application
from tests.e2e.test_life import descendants

NOTHING = "def app(environ, start_response):\n    start_response('200 OK', [])\n    return []\n"


@pytest.fixture
def as_root(monkeypatch):
    monkeypatch.setattr(os, "getuid", lambda: 0)
    monkeypatch.setattr(users, "_users_of_processes", lambda: {0})


def make_config(folder, name):
    return load_application(wsgi_application(folder / name, NOTHING, name))


@pytest.mark.usefixtures("as_root")
def test_each_version_has_a_user_of_its_own_and_keeps_it(tmp_path):
    given = Users()
    first, second = (make_config(tmp_path, name) for name in ("first", "second"))
    one, other = given.find(first), given.find(second)
    assert one != other
    assert {one, other} <= {*range(FIRST_UID, FIRST_UID + UIDS)}
    assert [given.find(first), given.find(second)] == [one, other]


@pytest.mark.usefixtures("as_root")
def test_a_user_as_whom_somebody_runs_is_left_to_him(tmp_path, monkeypatch):
    free = FIRST_UID + 17
    others = {*range(FIRST_UID, FIRST_UID + UIDS)} - {free}
    monkeypatch.setattr(users, "_users_of_processes", lambda: others)
    assert Users().find(make_config(tmp_path, "first")) == free


@pytest.mark.usefixtures("as_root")
def test_where_all_numbers_are_given_some_share_one(tmp_path, monkeypatch):
    monkeypatch.setattr(users, "UIDS", 1)
    given = Users()
    found = {given.find(make_config(tmp_path, name)) for name in ("first", "second")}
    assert found == {FIRST_UID}


def test_an_ordinary_user_s_versions_run_as_he(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "getuid", lambda: 1000)
    assert Users().find(make_config(tmp_path, "first")) is None


@pytest.mark.skipif(os.getuid() != 0, reason="only root gives versions users of their own")
def test_two_servers_of_one_application_run_it_as_two_users(tmp_path):
    """What one of them takes of threads is not taken from the other."""
    app = wsgi_application(tmp_path / "app", NOTHING)
    found = []
    with DevServer([app]) as first, DevServer([app]) as second:
        for server in (first, second):
            assert server.get("/").status == 200
            numbers = {os.stat(f"/proc/{pid}").st_uid for pid in descendants(server.pid)}
            found.append({number for number in numbers if number >= FIRST_UID})
    assert found[0] and found[1] and not found[0] & found[1]
