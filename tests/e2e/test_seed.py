"""A served application's data at the start: seeded, cleared, and refused where that is right."""

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.serving import CHECKOUT, DevServer, wsgi_application

APP = """
import json
from urllib.parse import parse_qsl

from google.appengine.api import users
from google.appengine.ext import db


class House(db.Model):
    pass


class Pet(db.Model):
    name = db.StringProperty()
    born = db.DateProperty()
    fed = db.TimeProperty()
    seen = db.DateTimeProperty()
    weight = db.FloatProperty()
    tame = db.BooleanProperty()
    owner = db.UserProperty()
    friend = db.SelfReferenceProperty()
    tags = db.StringListProperty()
    place = db.GeoPtProperty()
    home = db.LinkProperty()
    mail = db.EmailProperty()
    sort = db.CategoryProperty()
    story = db.TextProperty()
    picture = db.BlobProperty()
    stars = db.RatingProperty()
    chat = db.IMProperty()
    phone = db.PhoneNumberProperty()
    address = db.PostalAddressProperty()


def app(environ, start_response):
    path, query = environ["PATH_INFO"], dict(parse_qsl(environ["QUERY_STRING"]))
    if path == "/rename":
        pet = Pet.get_by_key_name("tom", parent=House(key_name="h"))
        pet.name = query["name"]
        pet.put()
    if path == "/add":
        Pet(name=query["name"]).put()
    found = [
        {name: repr(getattr(pet, name)) for name in Pet.properties() if name != "friend"}
        | {"path": pet.key().to_path()}
        for pet in Pet.all()
    ]
    if path == "/owned":
        owner = users.User(query["owner"])
        found = [pet.name for pet in Pet.all().filter("owner =", owner).filter("tags =", "soft")]
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(found).encode()]
"""

SEED = """\
- kind: Pet
  name: tom
  parent: [House, h]
  properties:
    name: Tom
    born: 2008-04-07
    fed: {time: 10:30:00}
    seen: 2008-04-07 10:30:00
    weight: 4.5
    tame: yes
    owner: {user: ann@example.com}
    friend: {key: [Pet, 7]}
    tags: [soft, grey]
    place: {geopt: [52.5, 13.25]}
    home: {link: "http://example.com/"}
    mail: {email: tom@example.com}
    sort: {category: cats}
    story: {text: Once upon a time}
    picture: {blob: AP8=}
    stars: {rating: 90}
    chat: {im: xmpp tom@example.com}
    phone: {phone: 030 1234}
    address: {postal: Main Street 1}
- kind: Pet
  id: 7
  properties: {name: Ann}
"""

TOM = {
    "address": "'Main Street 1'",
    "born": "datetime.date(2008, 4, 7)",
    "fed": "datetime.time(10, 30)",
    "home": "'http://example.com/'",
    "mail": "'tom@example.com'",
    "name": "'Tom'",
    "path": ["House", "h", "Pet", "tom"],
    "phone": "'030 1234'",
    "picture": r"b'\x00\xff'",
    "place": "datastore_types.GeoPt(52.5, 13.25)",
    "seen": "datetime.datetime(2008, 4, 7, 10, 30)",
    "sort": "'cats'",
    "stars": "90",
    "story": "'Once upon a time'",
    "tags": "['soft', 'grey']",
    "tame": "True",
    "weight": "4.5",
}


@pytest.fixture
def app(tmp_path):
    return wsgi_application(tmp_path / "app", APP)


@pytest.fixture
def seed_file(tmp_path):
    file = tmp_path / "seed.yaml"
    file.write_text(SEED)
    return file


def pets(server: DevServer, application: int = 0, path: str = "/") -> list[dict[str, object]]:
    return json.loads(server.get(path, application=application).text)


def refused(*arguments: str) -> str:
    """Returns the one line of a server that does not start."""
    done = subprocess.run(
        [sys.executable, str(CHECKOUT / "dev_appserver.py"), "--admin_port=0", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    return line


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "server.lock"}


def test_an_application_finds_the_entities_of_its_seed_with_their_types(app, seed_file):
    with DevServer([app], f"--seed_file={seed_file}", "--auth_domain=example.com") as server:
        assert server.log.splitlines()[0] == f"{seed_file}: 2 entities loaded"
        first, tom = sorted(pets(server), key=lambda pet: str(pet["name"]))
        assert {name: tom[name] for name in TOM} == TOM
        assert "'tom@example.com'" in str(tom["chat"]) and "ann@example.com" in str(tom["owner"])
        assert first["path"] == ["Pet", 7]
        assert pets(server, path="/owned?owner=ann@example.com") == ["Tom"]


def test_a_restart_keeps_what_users_changed_until_the_datastore_is_cleared(
    app, seed_file, tmp_path
):
    storage, flag = tmp_path / "data", f"--seed_file={seed_file}"
    with DevServer([app], flag, storage=storage) as server:
        server.get("/rename?name=Thomas")
        server.get("/add?name=Zoe")
        secret = (storage / "secret").read_bytes()
    with DevServer([app], flag, storage=storage) as server:
        assert server.log.splitlines()[0] == f"{seed_file}: 0 entities loaded, 2 were there already"
        assert {pet["name"] for pet in pets(server)} == {"'Ann'", "'Thomas'", "'Zoe'"}
    with DevServer([app], flag, "--clear_datastore", storage=storage) as server:
        assert "trial: all stored entities are forgotten" in server.log
        assert {pet["name"] for pet in pets(server)} == {"'Ann'", "'Tom'"}
        assert (storage / "secret").read_bytes() == secret


def test_other_applications_keep_their_entities(app, seed_file, tmp_path):
    second = wsgi_application(tmp_path / "second", APP, name="second")
    storage = tmp_path / "data"
    with seed_file.open("a") as file:
        file.write("- kind: Pet\n  id: 7\n  application: second\n  properties: {name: Bob}\n")
    with DevServer([app, second], f"--seed_file={seed_file}", storage=storage) as server:
        assert [pet["name"] for pet in pets(server, 1)] == ["'Bob'"]
        assert len(pets(server, 0)) == 2
    with DevServer([app], "--clear_datastore", storage=storage) as server:
        assert pets(server) == []
    with DevServer([app, second], storage=storage) as server:
        assert [pet["name"] for pet in pets(server, 1)] == ["'Bob'"]


def test_a_wrong_seed_stops_the_start_and_touches_nothing(app, seed_file, tmp_path):
    storage = tmp_path / "data"
    with DevServer([app], f"--seed_file={seed_file}", storage=storage) as server:
        assert len(pets(server)) == 2
    before = contents(storage)
    seed_file.write_text("- kind: Pet\n  id: 1\n  properties:\n    weight: {grams: 5}\n")
    line = refused(
        "--port=0",
        f"--storage_path={storage}",
        f"--seed_file={seed_file}",
        "--clear_datastore",
        str(app),
    )
    assert line == f"{seed_file}:4: [0].properties.weight.grams: there is no type 'grams'"
    assert contents(storage) == before


def test_a_port_that_is_taken_costs_no_data(app, seed_file, tmp_path):
    storage = tmp_path / "data"
    with DevServer([app], f"--seed_file={seed_file}", storage=storage) as server:
        pass
    before = contents(storage)
    with DevServer([app]) as server:
        port = server.address()[1]
        line = refused(f"--port={port}", f"--storage_path={storage}", "-c", str(app))
    assert f"port {port} on localhost is in use by " in line
    assert contents(storage) == before


def test_data_of_a_newer_format_is_refused_before_anything_is_started(app, seed_file, tmp_path):
    storage = tmp_path / "data"
    storage.mkdir()
    connection = sqlite3.connect(storage / "trial.db")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = contents(storage)
    flags = (f"--storage_path={storage}", f"--seed_file={seed_file}", "--clear_datastore")
    line = refused("--port=0", *flags, str(app))
    assert "trial.db has format 99, this version reads up to 1" in line
    assert line.endswith("nothing was changed")
    assert contents(storage) == before


def test_data_that_a_server_uses_is_not_cleared(app, seed_file):
    with DevServer([app], f"--seed_file={seed_file}") as server:
        line = refused("--port=0", f"--storage_path={server.storage}", "-c", str(app))
        assert f"is in use by process {server.pid}" in line
        assert len(pets(server)) == 2
