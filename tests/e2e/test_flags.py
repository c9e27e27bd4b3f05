"""What flags of dev_appserver.py and keys of app.yaml change, seen by whoever uses the server.

Source: App Engine, "Using the Local Development Server", and "app.yaml Reference".
"""

import json
import socket
import threading
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from tests.e2e.serving import DevServer, wait_until, write_files

APP = """
import json, logging, os, threading, time
from google.appengine.api import users
from google.appengine.ext import db

class Note(db.Model):
    text = db.StringProperty()
    rank = db.IntegerProperty()

running, most = 0, 0
lock = threading.Lock()

def busy():
    global running, most
    with lock:
        running += 1
        most = max(most, running)
    time.sleep(0.3)
    with lock:
        running -= 1
    return most, os.environ["INSTANCE_ID"]

def app(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/environ":
        answer = dict(os.environ)
    elif path == "/ids":
        answer = [Note(text="x").put().id() for _ in range(3)]
    elif path == "/count":
        answer = Note.all().count()
    elif path == "/busy":
        answer = busy()
    elif path == "/skipped":
        answer = [name for name in ("kept.txt", "skipped.txt") if os.path.exists(name)]
    elif path == "/query":
        try:
            answer = Note.all().filter("text =", "x").order("-rank").count()
        except db.NeedIndexError as error:
            answer = type(error).__name__
    elif path == "/nickname":
        answer = users.User("ann@example.org").nickname()
    elif path == "/log":
        answer = logging.debug("a line of the least level")
    else:
        answer = "first"
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(answer).encode()]
"""
YAML = """\
application: {name}
runtime: python312
env_variables:
  COLOUR: red
  SHAPE: round
skip_files:
- skipped.*
{keys}
handlers:
- url: /static
  static_dir: static
- url: /.*
  script: auto
"""
FLAGS = (
    "--application=other --auth_domain=example.org --env_var=COLOUR=blue --env_var=SIZE=L "
    "--auto_id_policy=sequential --threadsafe_override=no --allow_skipped_files --require_indexes "
    "--automatic_restart=no --dev_appserver_log_level=warning --max_module_instances=1"
).split()


def make_application(folder, name, keys="", source=APP):
    yaml = YAML.format(name=name, keys=keys)
    texts = {"kept.txt": "", "skipped.txt": "", "main.py": source, "static/a.txt": "a"}
    texts["serving.py"] = "import main\n\ndef start(environ, start_response):\n"
    texts["serving.py"] += "    start_response('200 OK', [])\n    return [b'\"by serving\"']\n"
    return write_files(folder, {"app.yaml": yaml, **texts})


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return make_application(tmp_path_factory.mktemp("flags") / "app", "trial")


@pytest.fixture(scope="module")
def flagged(folder):
    with DevServer([folder], *FLAGS) as running:
        yield running


@pytest.fixture(scope="module")
def plain(folder, keys_folder, tmp_path_factory):
    """The same application without flags, and one of two modules, whose app.yaml says more."""
    entry = "service: entry\nentrypoint: gunicorn -b :$PORT serving:start\n"
    third = make_application(tmp_path_factory.mktemp("entry") / "app", "keys", entry)
    with DevServer([folder, keys_folder, third], "--max_module_instances=default:1") as running:
        yield running


@pytest.fixture(scope="module")
def keys_folder(tmp_path_factory):
    keys = "auto_id_policy: legacy\nthreadsafe: false\ninstance_class: F2\n"
    keys += "service: default\ndefault_expiration: 1h 1s\nautomatic_scaling:\n  max_instances: 1\n"
    return make_application(tmp_path_factory.mktemp("keys") / "app", "keys", keys)


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """The same with as many instances as it likes, and with all lines of its log."""
    app = make_application(tmp_path_factory.mktemp("many") / "app", "many")
    with DevServer([app], "--threadsafe_override=default:no", "--debug") as running:
        yield running


def value(server, path, application=0):
    return json.loads(server.get(path, application).body)


def overlap(server, application=0):
    """Returns how many of four requests an instance has had at once, and which had any."""
    found = []
    ask = lambda: found.append(value(server, "/busy", application))  # noqa: E731
    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    return max(most for most, _ in found), {instance for _, instance in found}


def test_application_is_another_id(flagged, plain):
    assert value(flagged, "/environ")["APPLICATION_ID"] == "dev~other"
    assert value(plain, "/environ")["APPLICATION_ID"] == "dev~trial"


def test_auth_domain_is_whose_users_have_short_nicknames(flagged, plain):
    assert value(flagged, "/environ")["AUTH_DOMAIN"] == "example.org"
    assert value(flagged, "/nickname") == "ann"
    assert value(plain, "/nickname") == "ann@example.org"


def test_env_var_adds_to_the_environment_and_wins_over_app_yaml(flagged, plain):
    seen, unflagged = value(flagged, "/environ"), value(plain, "/environ")
    assert [seen[name] for name in ("COLOUR", "SHAPE", "SIZE")] == ["blue", "round", "L"]
    assert (unflagged["COLOUR"], "SIZE" in unflagged) == ("red", False)


def test_auto_id_policy_gives_ids_in_a_row_by_flag_or_by_app_yaml(flagged, plain):
    assert value(flagged, "/ids") == [1, 2, 3]
    assert value(plain, "/ids", application=1) == [1, 2, 3]
    assert min(value(plain, "/ids")) > 2**32


def test_threadsafe_says_whether_an_instance_has_several_requests_at_once(flagged, plain):
    assert overlap(flagged)[0] == 1, "by --threadsafe_override"
    assert overlap(plain, application=1)[0] == 1, "by app.yaml"
    assert overlap(plain)[0] > 1


def test_max_module_instances_is_how_many_there_are_at_most(flagged, plain, many):
    """Each takes one request at a time, so four at once ask for more."""
    assert len(overlap(flagged)[1]) == 1, "by the flag"
    assert len(overlap(plain, application=1)[1]) == 1, "by app.yaml"
    assert len(overlap(many)[1]) > 1


def test_allow_skipped_files_shows_them_to_the_application(flagged, plain):
    assert value(flagged, "/skipped") == ["kept.txt", "skipped.txt"]
    assert value(plain, "/skipped") == ["kept.txt"]


def test_require_indexes_refuses_a_query_that_index_yaml_has_no_index_for(flagged, folder):
    assert value(flagged, "/query") == "NeedIndexError"
    assert not (folder / "index.yaml").exists()


def test_a_missing_index_is_written_beside_the_first_module(plain, keys_folder):
    assert value(plain, "/query", application=1) >= 0
    assert "kind: Note" in (keys_folder / "index.yaml").read_text()


def test_instance_class_is_told_and_has_its_memory(plain):
    assert value(plain, "/environ", application=1)["GAE_MEMORY_MB"] == "512"
    assert value(plain, "/environ")["GAE_MEMORY_MB"] == "256"


def test_default_expiration_is_of_static_files(plain):
    assert "max-age=3601" in plain.get("/static/a.txt", 1).headers["Cache-Control"]
    assert "max-age=0" in plain.get("/static/a.txt").headers["Cache-Control"]


def test_entrypoint_names_what_is_served(plain):
    assert value(plain, "/", application=2) == "by serving"


def test_automatic_restart_is_whether_an_edit_is_served(flagged, plain, folder):
    assert value(flagged, "/") == value(plain, "/") == "first"
    write_files(folder, {"main.py": APP.replace('"first"', '"second"')})
    wait_until(lambda: value(plain, "/") == "second", 30)
    assert value(flagged, "/") == "first"


def test_dev_appserver_log_level_is_the_server_s_own(flagged, plain):
    assert value(plain, "/count") >= 0 and value(flagged, "/count") >= 0
    wait_until(lambda: "INFO front: GET /count" in plain.log, 30)
    assert "INFO front" not in flagged.log


def test_debug_shows_the_least_lines_of_the_log(many, plain):
    value(many, "/log"), value(plain, "/log")
    wait_until(lambda: "a line of the least level" in many.log, 30)
    wait_until(lambda: "INFO front: GET /log" in plain.log, 30)
    assert "a line of the least level" not in plain.log


def free_port(host):
    with socket.socket() as probe:
        probe.bind((host, 0))
        return probe.getsockname()[1]


def test_addresses_ports_and_data_are_those_of_the_flags(folder, tmp_path):
    port, admin_port = free_port("127.0.0.2"), free_port("127.0.0.3")
    flags = [f"--port={port}", f"--admin_port={admin_port}"]
    flags += ["--host=127.0.0.2", "--admin_host=127.0.0.3"]
    with DevServer([folder], *flags, storage=tmp_path / "data") as server:
        assert urlsplit(server.urls[0]).netloc == f"127.0.0.2:{port}"
        assert urlsplit(server.admin).netloc == f"127.0.0.3:{admin_port}"
        console = HTTPConnection("127.0.0.3", admin_port, timeout=20)
        console.request("GET", "/")
        assert console.getresponse().status in (200, 302)
        console.close()
        for host, number in (("127.0.0.1", port), ("127.0.0.2", admin_port)):
            with socket.socket() as client:
                assert client.connect_ex((host, number)) != 0
        value(server, "/ids")
    assert (tmp_path / "data").is_dir()
    with DevServer([folder], storage=tmp_path / "data") as server:
        assert value(server, "/count") == 3
    with DevServer([folder], "--clear_datastore", storage=tmp_path / "data") as server:
        assert value(server, "/count") == 0
