"""`os.environ`: each request's own, above what the application set while it was imported."""

import contextvars
import os
from wsgiref.handlers import read_environ

import pytest

from appengine.sandbox import environment


@pytest.fixture
def outside(monkeypatch):
    """Installs the environment as a zygote does."""
    monkeypatch.setattr(os, "environ", os.environ)
    environment.install({"PWD": "/app"})


def in_request(variables, function):
    def run():
        environment.enter(variables)
        return function()

    return contextvars.copy_context().run(run)


def test_what_is_set_while_the_application_is_imported_holds_in_every_request(outside):
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mysite.settings")
    assert in_request({}, lambda: os.environ["DJANGO_SETTINGS_MODULE"]) == "mysite.settings"


def test_a_request_s_own_variable_wins(outside):
    os.environ["PATH_INFO"] = "set at import"
    assert in_request({"PATH_INFO": "/"}, lambda: os.environ["PATH_INFO"]) == "/"


def test_what_a_request_sets_ends_with_it(outside):
    in_request({}, lambda: os.environ.update(LEFT="behind"))
    assert in_request({}, lambda: os.environ.get("LEFT")) is None
    assert "LEFT" not in os.environ


def test_a_script_s_variables_are_utf_8_and_wsgiref_makes_wsgi_s_of_them(outside):
    """Source: PEP 3333, "Unicode Issues"."""
    sent = {"PATH_INFO": "/Ä".encode().decode("latin-1"), "HTTP_X": "\xff", "USER_EMAIL": "ä@b.c"}
    variables = environment.as_script_s(sent)
    assert variables == {"PATH_INFO": "/Ä", "HTTP_X": "\udcff", "USER_EMAIL": "ä@b.c"}
    found = in_request(variables, read_environ)
    assert (found["PATH_INFO"], found["HTTP_X"]) == (sent["PATH_INFO"], "\xff")
