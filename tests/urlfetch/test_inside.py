"""Fetches of applications that this server serves itself: never a standstill, never a loop."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.e2e.serving import DevServer, wsgi_application

APPLICATION = """
import json
from urllib.parse import parse_qs
from google.appengine.api import urlfetch


def app(environ, start_response):
    path, host = environ["PATH_INFO"], environ["HTTP_HOST"]
    query = {key: values[0] for key, values in parse_qs(environ["QUERY_STRING"]).items()}
    status, text = "200 OK", ""
    if path == "/deep":
        left = int(query["left"])
        if left:
            url = f"http://{host}/deep?left={left - 1}"
            answer = urlfetch.fetch(url, method="POST", deadline=50)
            status = "200 OK" if answer.status_code == 200 else "503 Inner"
            text = answer.content.decode()
        text = f"{left} {text}"
    elif path == "/ask":
        answer = urlfetch.fetch(query["url"], follow_redirects=False, deadline=50)
        text = json.dumps([answer.status_code, answer.content.decode(), dict(answer.headers)])
    elif path == "/late":
        try:
            urlfetch.fetch(f"http://{host}/sleep", deadline=0.5)
        except urlfetch.DeadlineExceededError:
            text = "too late"
    elif path == "/sleep":
        import time
        time.sleep(2)
    else:
        seen = {name: value for name, value in environ.items() if isinstance(value, str)}
        text = json.dumps(seen)
    start_response(status, [("Content-Type", "text/plain")])
    return [text.encode()]
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folders = [
        wsgi_application(tmp_path_factory.mktemp("application"), APPLICATION, name)
        for name in ("first", "second")
    ]
    for folder in folders:
        folder.parent.chmod(0o755)
    with DevServer(folders) as running:
        yield running


def ask(server, url):
    status, text, headers = json.loads(server.get(f"/ask?url={url}", timeout=60).text)
    return status, text, {name.lower(): value for name, value in headers.items()}


def test_an_application_asks_itself_and_another(server):
    for number in (0, 1):
        status, text, _ = ask(server, server.urls[number] + "/seen")
        seen = json.loads(text)
        assert status == 200
        assert seen["APPLICATION_ID"] == ("dev~first", "dev~second")[number]
        assert seen["HTTP_X_APPENGINE_INBOUND_APPID"] == "first"
        assert seen["REMOTE_ADDR"] == "0.1.0.40"
        assert seen["HTTP_HOST"] == server.urls[number].removeprefix("http://")


def test_static_files_and_pages_of_the_platform_are_answered_inside_too(server):
    status, text, _ = ask(server, server.urls[0] + "/static/small.txt")
    assert (status, text) == (200, "small\n")
    status, text, _ = ask(server, server.urls[0] + "/_ah/mail/a@example.com")
    assert status == 403 and "closed from outside" in text
    login = server.urls[0] + "/_ah/login?action=Login%26email=a@b.c%26admin=True"
    assert "set-cookie" not in ask(server, login)[2] or ask(server, login)[0] != 302


def test_the_admin_console_cannot_be_asked(server):
    assert server.get(f"/ask?url={server.admin}/").status == 500
    assert "the Admin Console, closed to fetches" in server.log


def test_a_chain_of_fetches_ends_at_eight(server):
    assert server.get("/deep?left=8", timeout=60).text.split() == [str(n) for n in range(8, -1, -1)]
    answer = server.get("/deep?left=9", timeout=60)
    assert answer.status == 503 and "8 fetches" in answer.text


def test_a_fetch_of_oneself_ends_with_its_deadline(server):
    assert server.get("/late", timeout=60).text == "too late"


def test_140_requests_that_fetch_themselves_at_once_end_or_are_refused(server):
    """With every thread of the application in such a fetch there is no standstill."""

    def run(_number):
        return server.get("/deep?left=2", timeout=60)

    for _ in range(2):
        with ThreadPoolExecutor(140) as pool:
            answers = list(pool.map(run, range(140)))
        assert {answer.status for answer in answers} <= {200, 503}
        assert any(answer.status == 200 for answer in answers)
        for answer in answers:
            if answer.status == 503:
                assert "holds all of its threads" in answer.text or "none is free" in answer.text
    assert server.get("/seen").status == 200
