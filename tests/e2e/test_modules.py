"""Several modules in one command: a port and a host name for each, dispatch.yaml before both."""

import subprocess
import sys

import pytest

from tests.e2e.serving import CHECKOUT, DevServer, wait_until, write_files

APP = """
import os

def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    names = ("CURRENT_MODULE_ID", "DEFAULT_VERSION_HOSTNAME", "SERVER_PORT", "CURRENT_VERSION_ID")
    return [" ".join(os.environ[name] for name in names).encode()]
"""
YAML = """\
application: shop
service: {service}
runtime: python27
api_version: 1
threadsafe: yes
handlers:
- url: /.*
  script: main.app
"""
DISPATCH = """\
dispatch:
- url: "*/tasks/*"
  module: backend
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_files(
        tmp_path_factory.mktemp("modules"),
        {
            "front/app.yaml": YAML.format(service="default"),
            "front/main.py": APP,
            "front/dispatch.yaml": DISPATCH,
            "back/app.yaml": YAML.format(service="backend"),
            "back/main.py": APP,
        },
    )


@pytest.fixture(scope="module")
def server(folder):
    flags = ["--specified_service_ports=backend:0", "--addn_host=shop.example"]
    with DevServer([folder / "front", folder / "back"], *flags) as running:
        yield running


def module(server, path, host=None, application=0):
    headers = {"Host": host} if host else {}
    return server.get(path, application=application, headers=headers).text.split()[0]


def test_each_module_has_a_port_of_its_own(server):
    assert module(server, "/") == "default"
    assert module(server, "/", application=1) == "backend"
    assert server.urls[0] != server.urls[1]


def test_each_module_has_a_host_name_of_its_own_on_every_port(server):
    assert module(server, "/", host="backend.localhost") == "backend"
    assert module(server, "/", host="1.backend.shop.example") == "backend"
    assert module(server, "/", host="default.localhost", application=1) == "default"


def test_dispatch_yaml_decides_before_port_and_host_do(server):
    assert module(server, "/tasks/1") == "backend"
    assert module(server, "/tasks/1", host="default.localhost") == "backend"
    assert module(server, "/tasksome") == "default"


def test_every_module_knows_the_host_of_the_first(server):
    host = server.urls[0].removeprefix("http://")
    assert server.get("/").text.split()[1] == host
    assert server.get("/", application=1).text.split()[1] == host


def test_a_module_s_name_stands_before_its_version_but_for_the_default_one(server):
    """Source: App Engine, "The Environment", `CURRENT_VERSION_ID`."""
    assert server.get("/").text.split()[3].startswith("1.")
    assert server.get("/", application=1).text.split()[3].startswith("backend:1.")


def test_an_edit_of_dispatch_yaml_is_served_and_a_wrong_one_is_told(server, folder):
    file = folder / "front" / "dispatch.yaml"
    file.write_text(DISPATCH.replace("tasks", "jobs"))
    wait_until(lambda: module(server, "/jobs/1") == "backend")
    assert module(server, "/tasks/1") == "default"
    file.write_text("dispatch: [{url: '*/x/*', modul: backend}]\n")
    wait_until(lambda: "dispatch[0].modul: there is no such key" in server.log)
    assert module(server, "/jobs/1") == "backend"
    file.write_text(DISPATCH)
    wait_until(lambda: module(server, "/tasks/1") == "backend")


def test_a_host_that_is_not_ours_is_refused(server):
    reply = server.get("/", headers={"Host": "evil.example"})
    assert reply.status == 400
    assert "--addn_host=evil.example" in reply.text


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["front", "dispatch.yaml"], "dispatch.yaml:3: dispatch[0].module: no module 'backend' is"),
        (["dispatch.yaml"], "dispatch.yaml: an application's app.yaml is missing"),
        (
            ["front", "--specified_service_ports=backnd:1"],
            "--specified_service_ports: no module 'backnd' is served",
        ),
        (
            ["front", "back", "--specified_service_ports=default:81,backend:81"],
            "--specified_service_ports: 'backend': port 81 is that of 'default' already",
        ),
    ],
)
def test_what_does_not_fit_together_is_told_before_anything_starts(folder, words, error):
    (folder / "dispatch.yaml").write_text(DISPATCH)
    paths = [word if word.startswith("-") else str(folder / word) for word in words]
    done = subprocess.run(
        [sys.executable, CHECKOUT / "dev_appserver.py", *paths],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert error in done.stderr
    assert len(done.stderr.splitlines()) == 1
