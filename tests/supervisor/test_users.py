"""The users as whom versions run."""

import os

from appengine.config.app_yaml import load_application
from appengine.supervisor import users
from appengine.supervisor.users import FIRST_UID, UIDS, Users
from tests.e2e.serving import wsgi_application


def make_config(folder, name):
    return load_application(wsgi_application(folder / name, "def app(): pass", name))


def test_versions_whose_numbers_would_be_one_have_users_of_their_own(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "getuid", lambda: 0)
    monkeypatch.setattr(users, "crc32", lambda text: 3999)
    given = Users()
    first, second = (make_config(tmp_path, name) for name in ("first", "second"))
    found = [given.find(first), given.find(second), given.find(first)]
    assert found == [FIRST_UID + UIDS - 1, FIRST_UID, FIRST_UID + UIDS - 1]


def test_a_version_has_the_same_user_at_each_start(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "getuid", lambda: 0)
    config = make_config(tmp_path, "first")
    assert Users().find(config) == Users().find(config)


def test_where_all_numbers_are_given_some_share_one(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "getuid", lambda: 0)
    monkeypatch.setattr(users, "UIDS", 1)
    given = Users()
    found = {given.find(make_config(tmp_path, name)) for name in ("first", "second")}
    assert found == {FIRST_UID}


def test_an_ordinary_user_s_versions_run_as_he(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "getuid", lambda: 1000)
    assert Users().find(make_config(tmp_path, "first")) is None
