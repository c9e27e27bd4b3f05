"""CGI scripts, as App Engine ran them first.

Source: App Engine, "Request handlers and CGI", section "App Caching"; RFC 3875.
"""

import pytest

from tests.e2e.serving import DevServer, write_files

YAML = """\
application: trial
version: 1
runtime: python27
api_version: 1
threadsafe: no
automatic_scaling:
  max_instances: 1
handlers:
- url: /(cached|plain|greedy)
  script: \\1.py
- url: /deep/(.*)
  script: deep/\\1.py
"""
CACHED = """\
import os, sys
import counted
counted.loads += 1

def main():
    body = sys.stdin.read()
    print("Status: 201 Made")
    print("Content-Type: text/plain\\nX-Kind: cgi\\n")
    print(__name__, counted.loads, os.environ["REQUEST_METHOD"], os.environ["QUERY_STRING"], body)

if __name__ == "__main__":
    main()
"""
PLAIN = """\
import counted
counted.plain += 1
print("Content-Type: text/plain\\n")
print("run", counted.plain)
"""
GREEDY = PLAIN.replace("plain += 1", "plain += 10") + "\ndef main(arguments):\n    1 / 0\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    files = {"app.yaml": YAML, "cached.py": CACHED, "plain.py": PLAIN, "greedy.py": GREEDY}
    files |= {"counted.py": "loads = plain = 0\n", "deep/er.py": PLAIN.replace("plain", "loads")}
    app = write_files(tmp_path_factory.mktemp("cgi") / "app", files)
    with DevServer([app]) as running:
        yield running


def test_a_script_with_a_main_is_loaded_once_and_called_for_each_request(server):
    first = server.request("POST", "/cached?a=1", b"body")
    assert (first.status, first.headers["X-Kind"]) == (201, "cgi")
    assert first.text == "__main__ 1 POST a=1 body\n"
    assert server.get("/cached?a=2").text == "__main__ 1 GET a=2 \n"


def test_a_script_without_one_is_run_for_each_request(server):
    assert [server.get("/plain").text for _ in range(2)] == ["run 1\n", "run 2\n"]


def test_a_main_that_needs_arguments_is_none_of_the_platform_s(server):
    before = int(server.get("/greedy").text.split()[1])
    reply = server.get("/greedy")
    assert (reply.status, int(reply.text.split()[1])) == (200, before + 10)


def test_a_group_of_the_url_names_the_script(server):
    assert server.get("/deep/er").status == 200
    missing = server.get("/deep/nothing")
    assert missing.status == 500 and "script 'nothing.py'" in missing.text
    assert server.get("/deep/../plain").status in (404, 500)
