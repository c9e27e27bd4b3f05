"""Who may have a URL, and by which scheme: `login`, `auth_fail_action` and `secure`.

Source: App Engine, "app.yaml", handlers.
"""

import pytest

from appengine.config.handlers import ScriptHandler
from appengine.front.access import check_access, check_scheme
from appengine.rpc.callers import Caller

NOBODY = Caller(application="trial")
ANN = Caller(application="trial", user_email="ann@example.com")
BOB = Caller(application="trial", user_email="bob@example.com", user_is_admin=True)


def environ(scheme="http"):
    return {
        "wsgi.url_scheme": scheme,
        "HTTP_HOST": "localhost:8080",
        "PATH_INFO": "/a b",
        "QUERY_STRING": "c=d",
    }


def handler(**fields):
    return ScriptHandler(url="/a", script="main.app", **fields)


def answer(found):
    return found and (found.status, dict(found.headers).get("Location"))


LINK = "/_ah/login?continue=http%3A%2F%2Flocalhost%3A8080%2Fa%2520b%3Fc%3Dd"


@pytest.mark.parametrize(
    ("fields", "caller", "expected"),
    [
        ({}, NOBODY, None),
        ({"login": "optional"}, NOBODY, None),
        ({"login": "required"}, NOBODY, (302, LINK)),
        ({"login": "required"}, ANN, None),
        ({"login": "admin"}, NOBODY, (302, LINK)),
        ({"login": "admin"}, ANN, (401, None)),
        ({"login": "admin"}, BOB, None),
        ({"login": "required", "auth_fail_action": "unauthorized"}, NOBODY, (401, None)),
        ({"login": "admin", "auth_fail_action": "unauthorized"}, NOBODY, (401, None)),
        ({"login": "admin", "auth_fail_action": "redirect"}, NOBODY, (302, LINK)),
    ],
)
def test_a_handler_says_who_may_have_its_url(fields, caller, expected):
    assert answer(check_access(handler(**fields), caller, environ())) == expected


@pytest.mark.parametrize(
    ("fields", "scheme", "expected"),
    [
        ({}, "http", None),
        ({"secure": "optional"}, "https", None),
        ({"secure": "always"}, "https", None),
        ({"secure": "always"}, "http", (302, "https://localhost:8080/a%20b?c=d")),
        ({"secure": "never"}, "http", None),
        ({"secure": "never"}, "https", (302, "http://localhost:8080/a%20b")),
        (
            {"secure": "always", "redirect_status": 301},
            "http",
            (301, "https://localhost:8080/a%20b?c=d"),
        ),
    ],
)
def test_a_handler_says_by_which_scheme_it_is_had(fields, scheme, expected):
    assert answer(check_scheme(handler(**fields), environ(scheme))) == expected
