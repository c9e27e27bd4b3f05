"""Memcache as an application in its cage has it, behind a front of two workers."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.e2e.serving import DevServer, fetch, wsgi_application

SOURCE = """
import json
from google.appengine.api import memcache


def app(environ, start_response):
    command = json.loads(environ["wsgi.input"].read())
    method, arguments = command
    value = getattr(memcache, method)(*arguments)
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(value).encode()]
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = wsgi_application(tmp_path_factory.mktemp("application"), SOURCE)
    folder.parent.chmod(0o755)
    with DevServer([folder], "--workers=2") as running:
        yield running


def ask(server, method, *arguments):
    reply = server.request("POST", "/", json.dumps([method, arguments]).encode())
    assert reply.status == 200, reply.text
    return json.loads(reply.body)


def test_all_workers_have_one_cache(server):
    """Each request is a new connection, so both workers answer some."""
    for number in range(20):
        assert ask(server, "set", "k", number) is True
        assert ask(server, "get", "k") == number


def test_a_counter_loses_no_increment(server):
    with ThreadPoolExecutor(8) as pool:
        found = pool.map(lambda _: ask(server, "incr", "n", 1, None, 0), range(60))
        assert sorted(found) == list(range(1, 61))


def test_the_console_shows_what_the_application_has_stored(server):
    ask(server, "set", "shown", "by the console")
    page = fetch(f"{server.admin}/memcache?key=shown").text
    assert "by the console" in page and "Hit ratio" in page
