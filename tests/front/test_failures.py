"""The pages in the place of an application's answer, by who asks and what app.yaml states."""

import os

import pytest

from appengine.config.handlers import ScriptHandler
from appengine.config.sections import ErrorHandlerSection
from appengine.front.answers import page
from appengine.front.dispatch import Work
from appengine.front.failures import FailurePages
from appengine.front.spool import Spool
from appengine.rpc.callers import Caller
from appengine.rpc.failures import Failure, Frame, Link
from tests.front.routes import make_route

FAILURE = Failure(
    "Traceback\nValueError: <x>\n",
    [Link("ValueError", "<x>", [Frame("main.py", 2, "f", [(2, "raise X")], [("pet", "'rex'")])])],
)
PAGES = (
    ErrorHandlerSection(file="default.html"),
    ErrorHandlerSection(file="late.txt", error_code="timeout", mime_type="text/plain"),
)


@pytest.fixture
def replace(tmp_path):
    (tmp_path / "default.html").write_text("sorry")
    (tmp_path / "late.txt").write_text("late")

    def open_file(name):
        path = tmp_path / name
        return os.open(path, os.O_RDONLY) if path.exists() else None

    def replace(cause, failure=None, *, shown=True, pages=PAGES, accept="text/html"):
        work = Work(
            route=make_route(error_handlers=pages),
            script="main.app",
            caller=Caller(application="trial", request_id="abc123"),
            environ={"HTTP_ACCEPT": accept, "PATH_INFO": "/x"},
            body=Spool(),
            method="GET",
        )
        answer = page(500, "The cause.", cause=cause, headers=[("Retry-After", "1")])
        answer.failure = failure
        found = FailurePages(are_shown=shown).replace(answer, work, open_file)
        headers = dict(found.headers)
        return found.status, headers["Content-Type"], b"".join(found.body).decode()

    return replace


def test_users_get_the_page_for_the_error_s_code_or_the_default(replace):
    assert replace("timeout", shown=False) == (500, "text/plain", "late")
    assert replace("default", shown=False) == (500, "text/html", "sorry")
    assert replace("over_quota", FAILURE, shown=False) == (500, "text/html", "sorry")


def test_without_a_page_users_get_the_request_s_number_and_nothing_else(replace):
    for pages in ((), (ErrorHandlerSection(file="gone.html"),)):
        _, _, text = replace("default", FAILURE, shown=False, pages=pages)
        assert "abc123" in text
        assert "ValueError" not in text and "rex" not in text and "The cause" not in text


def test_developers_get_the_exception_before_any_page(replace):
    _, kind, text = replace("default", FAILURE)
    assert kind == "text/html; charset=utf-8"
    assert "&lt;x&gt;" in text and "&#39;rex&#39;" in text and "default.html" in text
    _, kind, text = replace("default", FAILURE, accept="*/*")
    assert (kind, text) == (
        "text/plain; charset=utf-8",
        "Traceback\nValueError: <x>\n\nRequest abc123\n",
    )


def test_developers_get_the_cause_where_nothing_was_raised_and_no_page_is_stated(replace):
    assert "The cause." in replace("default", pages=())[2]
    assert replace("timeout")[2] == "late"


def test_a_404_names_the_patterns_to_developers_alone():
    route = make_route(handlers=(ScriptHandler(url="/pets/(.*)", script="main.app"),))
    for shown in (True, False):
        answer = FailurePages(are_shown=shown).missing(route, "/x<", {"HTTP_ACCEPT": "text/html"})
        text = b"".join(answer.body).decode()
        assert answer.status == 404 and "/x&lt;" in text
        assert ("/pets/(.*)" in text) is shown
