"""The health page: a status for programs, and the walls by name for whoever asks."""

import json

import pytest

from appengine.front.health import answer_health
from appengine.rpc.boot import Layer
from tests.front.routes import make_route

LAYERS = [Layer("seccomp", True, "two filters"), Layer("landlock", False, "<no> kernel")]


def ask(accept=None, **route):
    environ = {} if accept is None else {"HTTP_ACCEPT": accept}
    answer = answer_health(environ, make_route(**route), LAYERS)
    headers, body = dict(answer.headers), b"".join(answer.body)
    assert headers["Content-Length"] == str(len(body))
    return answer.status, headers["Content-Type"], body.decode()


@pytest.mark.parametrize("accept", [None, "*/*", "text/html,*/*;q=0.8", "image/png", ""])
def test_people_read_each_layer_on_or_off_and_why(accept):
    status, kind, text = ask(accept)
    assert status == 200
    assert kind.startswith("text/html")
    assert "seccomp: on, two filters" in text
    assert "landlock: OFF, &lt;no&gt; kernel" in text


@pytest.mark.parametrize("accept", ["application/json", "text/html;q=0.5, application/json"])
def test_programs_get_json_where_they_ask_for_it(accept):
    status, kind, text = ask(accept)
    assert (status, kind) == (200, "application/json")
    assert json.loads(text) == {
        "status": "ok",
        "application": "trial",
        "module": "default",
        "version": "1",
        "layers": [
            {"name": "seccomp", "on": True, "detail": "two filters"},
            {"name": "landlock", "on": False, "detail": "<no> kernel"},
        ],
    }


def test_an_application_that_has_failed_is_unavailable():
    assert ask(failure="SyntaxError: x")[0] == 503
    status, _, text = ask("application/json", failure="SyntaxError: x")
    assert (status, json.loads(text)["status"]) == (503, "failed")
    assert "SyntaxError" not in text
