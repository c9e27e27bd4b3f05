"""What is not in a process's memory cannot leak: nobody else's secret is in an application's.

All applications come from one nursery, so this is no matter of course.
"""

import os
import secrets
from pathlib import Path

import pytest

from tests.e2e import ordinary_user
from tests.e2e.memory import find_in_memory
from tests.e2e.serving import CHECKOUT, DevServer, wsgi_application
from tests.e2e.test_life import descendants, find_named, find_process

APP = """
import os
from google.appengine.api import users
from google.appengine.ext import db

WRITTEN = "{written}"

class Note(db.Model):
    text = db.StringProperty()

def app(environ, start_response):
    if environ["PATH_INFO"] == "/keep":
        Note(key_name="kept", text=environ["QUERY_STRING"]).put()
    kept = [note.text for note in Note.all()]
    start_response("200 OK", [("Content-Type", "text/plain")])
    known = os.environ["VARIABLE"], WRITTEN, kept, users.get_current_user()
    return [repr(list(map(str, known))).encode()]
"""
MODES = ("root", "ordinary user")


class Tenant:
    """One application and what only it may know."""

    def __init__(self, folder: Path, name: str) -> None:
        self.variable, self.written, self.kept = (secrets.token_hex(16) for _ in range(3))
        self.directory = wsgi_application(folder / name, APP.format(written=self.written), name)
        with (self.directory / "app.yaml").open("a") as yaml:
            yaml.write(f"env_variables:\n  VARIABLE: {self.variable}\n")

    @property
    def needles(self) -> set[bytes]:
        return {text.encode() for text in (self.variable, self.written, self.kept)}


class House:
    """A server of two applications, and the secrets of those who run it."""

    def __init__(self, folder: Path, mode: str) -> None:
        self.tenants = [Tenant(folder, name) for name in ("first", "second")]
        self.operator = secrets.token_hex(16)
        applications = [tenant.directory for tenant in self.tenants]
        environ = {"OPERATORS_SECRET": self.operator}
        self.server = DevServer(applications, "--require_sandbox", environ=environ)
        if mode == "ordinary user":
            needed = [CHECKOUT, *applications]
            self.server.command = ordinary_user.as_nobody(self.server.command, needed)

    def fill(self) -> None:
        """Makes everybody use what only he may know; a user signs in, an instance serves him."""
        self.platform = (self.server.storage / "secret").read_bytes()
        self.cookie = self.sign_in()
        for number, tenant in enumerate(self.tenants):
            self.server.get(f"/keep?{tenant.kept}", application=number)
            for _ in range(8):
                reply = self.server.get("/", application=number, headers={"Cookie": self.cookie})
                assert {needle for needle in tenant.needles if needle in reply.body}
                assert (b"user@example.com" in reply.body) == (number == 0)

    def sign_in(self) -> str:
        reply = self.server.get("/_ah/login?email=user@example.com&action=Login&continue=/")
        cookie = reply.headers["Set-Cookie"].partition(";")[0]
        assert len(cookie.partition("=")[2]) > 20
        return cookie

    @property
    def nobodys(self) -> set[bytes]:
        """What no process of an application may hold."""
        cookie = self.cookie.partition("=")[2].encode()
        return {self.operator.encode(), self.platform, self.platform.hex().encode(), cookie}


@pytest.fixture(scope="module", params=MODES)
def house(request, tmp_path_factory):
    if os.getuid() != 0:
        pytest.skip("needs root: the memory of sealed processes is read")
    if request.param == "ordinary user" and (reason := ordinary_user.missing()):
        pytest.skip(reason)
    made = House(tmp_path_factory.mktemp("memory"), request.param)
    with made.server:
        made.fill()
        yield made


def test_an_applications_processes_hold_what_is_its_own_and_no_others(house):
    nursery = find_process(house.server, b"appengine.sandbox.nursery")
    family = descendants(nursery)
    assert len(family) >= 8, "two keepers, two zygotes, two instances each"
    counts, nobodys = [0, 0], 0
    everything = house.tenants[0].needles | house.tenants[1].needles
    for pid in family:
        found = find_in_memory(pid, everything)
        if not found:  # keepers, and the zygote in reserve, which is nobody's yet
            nobodys += 1
            continue
        owner = next(n for n in (0, 1) if house.tenants[n].variable.encode() in found)
        assert found <= house.tenants[owner].needles
        counts[owner] += 1
    assert counts[0] >= 3 <= counts[1], "a zygote, two instances"
    assert nobodys <= 4
    assert find_in_memory(nursery, everything) == set()


def test_they_hold_nothing_of_the_operators_nor_of_the_platforms(house):
    nursery = find_process(house.server, b"appengine.sandbox.nursery")
    for pid in (nursery, *descendants(nursery)):
        assert find_in_memory(pid, house.nobodys) == set()


def test_the_search_finds_what_is_there(house):
    front = find_named(house.server, "appengine-front")
    held = [find_in_memory(pid, house.nobodys) for pid in descendants(front)]
    assert any(house.platform in found for found in held)
    assert find_in_memory(house.server.pid, house.nobodys) == {house.operator.encode()}
