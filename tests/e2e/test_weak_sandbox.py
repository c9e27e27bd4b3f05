"""Machines that lack a layer of the sandbox: named and served without it, or refused.

Source: docs/security.md.
"""

import html
import os
import re
import subprocess
import sys

import pytest

from tests.e2e import ordinary_user
from tests.e2e.lacking import REFUSED
from tests.e2e.serving import CHECKOUT, DevServer, fetch, wsgi_application

APP = """
def app(environ, start_response):
    try:
        text = open("/etc/shadow" if environ["PATH_INFO"] == "/shadow" else "/etc/passwd").read()
    except OSError as error:
        text = f"refused: {type(error).__name__}"
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [text.encode()]
"""
MINIMUM = ("limits", "seccomp")
LISTED = re.compile("sandbox: (?!no )")
LAYERS = {"namespaces", "privileges", "limits", "landlock", "seccomp", "python"}


@pytest.fixture
def app(tmp_path):
    return wsgi_application(tmp_path / "app", APP)


def lacking(layers, app, *flags, stays_root=False):
    """Returns a server on a machine without some layers.

    Without namespaces it is an ordinary user's: Python may lie in root's home.
    """
    tool = [sys.executable, str(CHECKOUT / "tests/e2e/lacking.py"), layers]
    server = DevServer([app], *flags, prefix=tool, environ={"PYTHONPATH": str(CHECKOUT)})
    if "namespaces" in layers and not stays_root and not ordinary_user.missing():
        server.command = ordinary_user.as_nobody(server.command, [CHECKOUT, app])
    return server


def refusal(layers, app, *flags):
    """Returns what a server says that does not start there."""
    server = lacking(layers, app, *flags)
    done = subprocess.run(
        server.command,
        capture_output=True,
        text=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
        check=False,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
    )
    assert done.returncode == 78, done.stderr
    assert not server.status_file.exists()
    return done.stderr


def assert_serves_without(layer, server):
    """It answers, and says in its log, on the console and to monitoring what is missing."""
    error = "PermissionError" if layer == "namespaces" else "FileNotFoundError"
    assert server.get("/").text == f"refused: {error}"
    (line,) = [each for each in server.log.splitlines() if "MISSING here: " in each]
    assert f"MISSING here: {layer} (" in line
    (on,) = [each for each in server.log.splitlines() if LISTED.match(each)]
    assert set(on.removeprefix("sandbox: ").split(", ")) - {"cgroups"} == LAYERS - {layer}
    page = html.unescape(fetch(server.admin + "/instances").text)
    reason = line.partition(f"{layer} (")[2].partition(")")[0]
    assert reason and reason in page


@pytest.mark.parametrize("layer", [name for name in REFUSED if name not in MINIMUM])
def test_development_serves_without_a_layer_and_names_it(app, layer):
    with lacking(layer, app) as server:
        assert_serves_without(layer, server)


@pytest.mark.parametrize("layer", MINIMUM)
def test_without_the_minimum_nothing_is_served_unless_it_is_given_up_by_name(app, layer):
    told = refusal(layer, app)
    assert f"the sandbox is not whole here ({layer}: " in told
    assert f"--allow_weak_sandbox={layer} serves all the same" in told
    assert "Traceback" not in told
    other = "limits" if layer == "seccomp" else "seccomp"
    assert f"({layer}: " in refusal(layer, app, f"--allow_weak_sandbox={other}")
    with lacking(layer, app, f"--allow_weak_sandbox={layer}") as server:
        assert_serves_without(layer, server)


@pytest.mark.parametrize("layer", REFUSED)
def test_a_required_sandbox_is_whole_but_for_what_is_given_up_by_name(app, layer):
    assert f"({layer}: " in refusal(layer, app, "--require_sandbox")
    flags = ("--require_sandbox", f"--allow_weak_sandbox={layer}")
    with lacking(layer, app, *flags) as server:
        assert_serves_without(layer, server)


def test_several_are_named_together_and_given_up_together(app):
    told = refusal("namespaces,landlock", app, "--require_sandbox")
    assert "--allow_weak_sandbox=namespaces,landlock serves all the same" in told
    flags = ("--require_sandbox", "--allow_weak_sandbox=landlock")
    assert "(namespaces: " in refusal("namespaces,landlock", app, *flags)
    both = "--allow_weak_sandbox=namespaces,landlock"
    with lacking("namespaces,landlock", app, "--require_sandbox", both) as server:
        assert "MISSING here: namespaces (" in server.log
        assert "; landlock (" in server.log
        assert server.get("/shadow").text == "refused: PermissionError", "it is root's"


@pytest.mark.skipif(os.getuid() != 0, reason="needs root: others stay who they are")
def test_what_no_namespace_shows_elsewhere_must_be_open_to_the_application_s_user(tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    app = wsgi_application(closed / "app", APP)
    with lacking("namespaces", app, stays_root=True) as server:
        reply = server.get("/")
        assert reply.status == 500
        assert ", as whom it runs here, may not enter /" in html.unescape(reply.text)
        assert "where everybody may" in server.log


def test_a_whole_sandbox_is_told_as_such(app):
    with DevServer([app], "--require_sandbox") as server:
        (line,) = [each for each in server.log.splitlines() if LISTED.match(each)]
        assert set(line.removeprefix("sandbox: ").split(", ")) - {"cgroups"} == LAYERS
        assert "MISSING" not in server.log
