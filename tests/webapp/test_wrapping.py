"""`wrap_wsgi_app`: the bundled services of the modern runtime, by its own names."""

import os

import pytest
from google.appengine.api import wrap_wsgi_app
from google.appengine.runtime import context

from appengine.rpc import namespace_manager
from appengine.sandbox import environment

HEADERS = {
    "HTTP_X_APPENGINE_USER_EMAIL": "ann@example.com",
    "HTTP_X_APPENGINE_USER_IP": "192.0.2.7",
    "HTTP_X_FORWARDED_PROTO": "https",
    "HTTP_HOST": "pets.example.com:8080",
    "PATH_INFO": "/",
}


@pytest.fixture(autouse=True)
def request_environ(monkeypatch):
    """Each test is a request: `os.environ` is its own, as in an instance."""
    outside = environment.RequestEnviron({"APPLICATION_ID": "dev~pets"})
    monkeypatch.setattr(os, "environ", outside)
    return outside


def ask(application, headers=HEADERS):
    started = []
    body = application(dict(headers), lambda status, fields, info=None: started.append(status))
    return started, b"".join(body)


def answering(value):
    """Returns an application that answers with what a function gives."""

    def application(environ, start_response):
        start_response("200 OK", [])
        return [repr(value(environ)).encode()]

    return application


def show(value, headers=HEADERS, **options):
    return ask(wrap_wsgi_app(answering(value), **options), headers)[1].decode()


def test_headers_of_the_platform_stand_in_the_environment_by_their_bare_names():
    """Source: App Engine, "Request headers", and the limits' page, section 5."""
    names = ("USER_EMAIL", "REMOTE_ADDR", "wsgi.url_scheme", "SERVER_PORT", "SERVER_NAME")
    assert show(lambda environ: [environ[name] for name in names]) == (
        "['ann@example.com', '192.0.2.7', 'https', '443', 'pets.example.com']"
    )


def test_who_states_nothing_is_no_administrator_of_gmail_com():
    """Source: the limits' page, section 5: "defaults AUTH_DOMAIN=gmail.com, USER_IS_ADMIN=0"."""
    found = show(lambda environ: (environ["AUTH_DOMAIN"], environ["USER_IS_ADMIN"]), {})
    assert found == "('gmail.com', '0')"


def test_os_environ_is_the_requests_in_legacy_mode_alone():
    """Source: `wrap_wsgi_app`, `use_legacy_context_mode`."""
    assert show(lambda _: os.environ.get("USER_EMAIL")) == "'ann@example.com'"


def test_without_legacy_mode_os_environ_stays_as_it_is():
    """Source: `wrap_wsgi_app`, `use_legacy_context_mode`."""
    assert show(lambda _: os.environ.get("USER_EMAIL"), use_legacy_context_mode=False) == "None"


def test_the_context_knows_the_request_without_os_environ(monkeypatch):
    """Source: `google.appengine.runtime.context`, `get`."""
    monkeypatch.setattr(context, "READ_FROM_OS_ENVIRON", False)
    assert show(lambda _: context.get("USER_EMAIL"), use_legacy_context_mode=False) == (
        "'ann@example.com'"
    )
    assert context.get("USER_EMAIL", "nobody") == "nobody"  # outside of the request


def test_the_namespace_of_a_task_is_current():
    """Source: App Engine, "Request headers", `X-AppEngine-Current-Namespace`."""
    headers = {**HEADERS, "HTTP_X_APPENGINE_CURRENT_NAMESPACE": "blue"}
    assert show(lambda _: namespace_manager.get_namespace(), headers) == "'blue'"
    assert namespace_manager.get_namespace() == ""


def test_an_error_is_logged_and_goes_on(caplog):
    def fail(environ, start_response):
        raise KeyError("pet")

    with pytest.raises(KeyError):
        ask(wrap_wsgi_app(fail))
    assert "KeyError: 'pet'" in caplog.text


def test_an_answer_is_closed_after_its_last_piece():
    """Source: PEP 3333, "Specification Details": `close()` of the iterable."""
    events = []

    class Pieces:
        def __iter__(self):
            yield b"one"
            events.append("read")

        def close(self):
            events.append("closed")

    assert ask(wrap_wsgi_app(lambda environ, start: Pieces())) == ([], b"one")
    assert events == ["read", "closed"]


def test_deferred_tasks_are_answered_or_their_absence_is_told():
    """Source: `wrap_wsgi_app`, `use_deferred`."""
    try:
        import google.appengine.ext.deferred  # noqa: F401
    except ImportError:
        with pytest.raises(ImportError, match="deferred"):
            wrap_wsgi_app(answering(len), use_deferred=True)
    else:
        wrap_wsgi_app(answering(len), use_deferred=True)


def test_the_id_stands_under_both_names(request_environ):
    """Source: `google.appengine.api.full_app_id`, `normalize`, called by `wrap_wsgi_app`."""
    wrap_wsgi_app(answering(len))
    assert request_environ["GAE_APPLICATION"] == "dev~pets"
