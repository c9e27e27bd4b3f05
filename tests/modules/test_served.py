"""Modules, runtime and identity of an application in its cage."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.e2e.serving import DevServer, wait_until, write_files

YAML = """\
application: trial
module: {module}
version: 1
runtime: python
api_version: 1
threadsafe: true
{scaling}
handlers:
- url: /.*
  script: main.app
"""

SOURCE = """
import json, os, time
from google.appengine.api import app_identity, background_thread, capabilities, modules
from google.appengine.api import memcache, quota, runtime
from google.appengine.api import lib_config

CONFIG = lib_config.register("shop", {"SIZE": 3})


def refusal():
    try:
        background_thread.start_new_background_thread(len, [()])
    except background_thread.FrontendsNotSupported as error:
        return str(error)


def app(environ, start_response):
    path = environ["PATH_INFO"]
    if path.startswith("/set/"):
        modules.set_num_instances(int(path[5:]), "back")
    if path in ("/stop", "/start"):
        getattr(modules, f"{path[1:]}_version")("back", "1")
    if path == "/wait":
        memcache.set("waits", True)
        while not memcache.get("go"):
            time.sleep(0.01)
    if path == "/go":
        memcache.set("go", True)
    found = {
        "waits": memcache.get("waits"),
        "modules": modules.get_modules(),
        "name": modules.get_current_module_name(),
        "version": modules.get_current_version_name(),
        "host": modules.get_hostname("back"),
        "instances": modules.get_num_instances("back"),
        "instance": modules.get_current_instance_id(),
        "id": app_identity.get_application_id(),
        "signature": len(app_identity.sign_blob(b"letter")[1]),
        "memory": runtime.memory_usage().current,
        "cycles": quota.get_request_cpu_usage(),
        "enabled": capabilities.CapabilitySet("datastore_v3").is_enabled(),
        "size": CONFIG.SIZE,
        "refusal": refusal(),
    }
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(found).encode()]
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("application")
    folder.chmod(0o755)
    back = "manual_scaling:\n  instances: 2"
    files = {
        "app.yaml": YAML.format(module="default", scaling=""),
        "back.yaml": YAML.format(module="back", scaling=back),
        "main.py": SOURCE,
        "appengine_config.py": "shop_SIZE = 4\n",
    }
    write_files(folder, files)
    with DevServer([folder / "app.yaml", folder / "back.yaml"]) as running:
        yield running


def test_an_application_asks_about_itself(server):
    found = json.loads(server.get("/").body)
    assert found["modules"] == ["default", "back"]
    assert (found["name"], found["version"], found["id"]) == ("default", "1", "trial")
    assert server.urls[1].endswith(found["host"])
    assert (found["signature"], found["enabled"], found["size"]) == (256, True, 4)
    assert found["memory"] > 5 and found["cycles"] >= 0 and found["instance"]
    assert "taskqueue" in found["refusal"]


def test_a_module_with_manual_scaling_gets_the_instances_that_it_asks_for(server):
    assert json.loads(server.get("/").body)["instances"] == 2
    assert json.loads(server.get("/set/3").body)["instances"] == 3
    names = set()

    def ask():
        names.add(json.loads(server.get("/", application=1).body)["instance"])
        return len(names) == 3

    wait_until(ask)


def test_a_version_that_is_stopped_answers_nobody_until_it_is_started(server):
    server.get("/set/2")
    for _ in range(2):  # the second time changes nothing
        assert json.loads(server.get("/stop").body)["instances"] == 0
    wait_until(lambda: server.get("/", application=1).status == 503)
    assert "stopped" in server.get("/", application=1).text
    for _ in range(2):
        assert json.loads(server.get("/start").body)["instances"] == 2
    wait_until(lambda: server.get("/", application=1).status == 200)
    names = set()

    def ask():
        names.add(json.loads(server.get("/", application=1).body)["instance"])
        return len(names) == 2

    wait_until(ask)


def test_a_request_ends_before_its_instance_is_stopped(server):
    server.get("/start")
    wait_until(lambda: server.get("/", application=1).status == 200)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(server.get, "/wait", 1)
        wait_until(lambda: json.loads(server.get("/").body)["waits"])
        assert json.loads(server.get("/stop").body)["instances"] == 0
        server.get("/go")
        assert waiting.result(30).status == 200
    wait_until(lambda: server.get("/", application=1).status == 503)
    server.get("/start")
