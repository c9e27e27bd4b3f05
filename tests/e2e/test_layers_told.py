"""Each layer of the sandbox is named, on or off and why: at the start, to programs, in the console.

An ordinary user is mostly given no cgroups, so that one layer is really off.
"""

import json
import re
import urllib.request

import pytest

from tests.e2e import ordinary_user
from tests.e2e.serving import CHECKOUT, DevServer, wsgi_application

APP = """
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"fine"]
"""
NAMES = ["namespaces", "privileges", "limits", "landlock", "seccomp", "python", "cgroups"]


@pytest.fixture(scope="module", params=["as whoever runs the tests", "ordinary user"])
def server(request, tmp_path_factory):
    app = wsgi_application(tmp_path_factory.mktemp("layers") / "app", APP)
    made = DevServer([app])
    if request.param == "ordinary user":
        if reason := ordinary_user.missing():
            pytest.skip(reason)
        made.command = ordinary_user.as_nobody(made.command, [CHECKOUT, app])
    with made:
        yield made


def health(server):
    reply = server.request("GET", "/_ah/health", headers={"Accept": "application/json"})
    return json.loads(reply.body)


def test_programs_are_told_every_layer_and_how_or_why_not(server):
    told = health(server)
    assert (told["status"], [each["name"] for each in told["layers"]]) == ("ok", NAMES)
    assert all(each["detail"] for each in told["layers"]), "how it is done, or why it cannot be"


def test_the_lines_at_the_start_say_the_same(server):
    layers = health(server)["layers"]
    on = [each["name"] for each in layers if each["on"]]
    assert f"sandbox: {', '.join(on)}\n" in server.log
    lines = "\n".join(line for line in server.log.splitlines() if line.startswith("sandbox"))
    for each in layers:
        if not each["on"]:
            assert re.search(rf"\b{each['name']} \({re.escape(each['detail'])}\)", lines)


def test_the_console_says_the_same(server):
    with urllib.request.urlopen(f"{server.admin}/instances") as answer:
        page = answer.read().decode()
    section = page.partition('<section id="sandbox">')[2].partition("</section>")[0]
    pattern = r'class="mark">(\w+)<.*?<strong>(\w+)</strong> <span class="faint">(.*?)</span>'
    told = [(name, mark == "on", bool(why)) for mark, name, why in re.findall(pattern, section)]
    assert told == [(each["name"], each["on"], True) for each in health(server)["layers"]]
