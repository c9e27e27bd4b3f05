"""The cookie: nobody but the platform can make one, and it is good in one place only."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appengine.config.cookies import is_platform_cookie
from appengine.storage.secrets import Secrets
from appengine.users.server import identify
from appengine.users.server.cookies import (
    SIGNED_IN_SECONDS,
    cookie_name,
    form_cookie_name,
    make_cookie,
    make_identity,
    open_cookie,
)

HOST = "localhost:8080"
ANN = make_identity("ann@example.com", is_admin=True)


class Clock:
    """A clock for examples: hypothesis shares no fixtures between them."""

    def __init__(self, seconds=1_700_000_000.0):
        self.seconds = seconds

    def now(self):
        return self.seconds


SECRETS = Secrets(b"s" * 32)
GOOD = make_cookie(ANN, "guestbook", HOST, SECRETS, Clock())


def _environ(value, application="guestbook", scheme="http", host=HOST):
    name = cookie_name(application, is_secure=scheme == "https")
    return {"wsgi.url_scheme": scheme, "HTTP_HOST": host, "HTTP_COOKIE": f"a=b; {name}={value}; c"}


def test_a_signed_cookie_says_who_is_signed_in():
    assert identify(_environ(GOOD), "guestbook", SECRETS, Clock()) == ANN


def test_without_a_cookie_nobody_is_signed_in():
    assert identify({"HTTP_HOST": HOST}, "guestbook", SECRETS, Clock()) is None


def test_another_port_of_the_host_is_the_same_place():
    environ = _environ(GOOD, host="LOCALHOST:9999")
    assert identify(environ, "guestbook", SECRETS, Clock()) == ANN


@pytest.mark.parametrize(
    ("application", "host", "secrets"),
    [
        ("petshop", HOST, SECRETS),
        ("guestbook", "localhost.evil.com", SECRETS),
        ("guestbook", "", SECRETS),
        ("guestbook", HOST, Secrets(b"t" * 32)),
    ],
)
def test_a_cookie_is_worthless_in_another_place(application, host, secrets):
    assert open_cookie(GOOD, application, host, secrets, Clock()) is None


def test_a_cookie_of_plain_http_is_not_read_over_tls():
    plain = _environ(GOOD) | {"wsgi.url_scheme": "https"}
    assert identify(plain, "guestbook", SECRETS, Clock()) is None
    assert identify(_environ(GOOD, scheme="https"), "guestbook", SECRETS, Clock()) == ANN


@given(st.text())
def test_text_that_the_platform_did_not_sign_is_nobody(value):
    assert open_cookie(value, "guestbook", HOST, SECRETS, Clock()) is None


@given(position=st.integers(0, len(GOOD) - 1), character=st.characters())
def test_a_cookie_with_one_character_changed_is_nobody(position, character):
    forged = GOOD[:position] + character + GOOD[position + 1 :]
    found = open_cookie(forged, "guestbook", HOST, SECRETS, Clock())
    assert found == (ANN if forged == GOOD else None)


@given(extra=st.text(min_size=1))
def test_a_cookie_with_anything_before_or_behind_it_is_nobody(extra):
    for forged in (GOOD + extra, extra + GOOD):
        assert open_cookie(forged, "guestbook", HOST, SECRETS, Clock()) is None


@given(email=st.emails(), is_admin=st.booleans(), host=st.from_regex(r"[a-z.]+(:\d+)?"))
def test_what_is_signed_in_is_what_is_found(email, is_admin, host):
    identity = make_identity(email, is_admin)
    value = make_cookie(identity, "guestbook", host, SECRETS, Clock())
    assert open_cookie(value, "guestbook", host, SECRETS, Clock()) == identity
    assert value.isascii() and not set(value) & set(' ;,"\\')


@pytest.mark.parametrize(
    ("seconds", "found"),
    [(0, ANN), (SIGNED_IN_SECONDS - 1, ANN), (SIGNED_IN_SECONDS, None), (-1, None)],
)
def test_a_cookie_ends_after_fourteen_days(seconds, found):
    later = Clock(1_700_000_000.0 + seconds)
    assert open_cookie(GOOD, "guestbook", HOST, SECRETS, later) == found


def test_a_signature_for_another_purpose_signs_nobody_in():
    content = GOOD.split(".")[0]
    signature = SECRETS.sign("login form", "guestbook", "localhost", content)
    forged = f"{content}.{signature.hex()}"
    assert open_cookie(forged, "guestbook", HOST, SECRETS, Clock()) is None


def test_an_id_is_the_same_for_every_spelling_of_an_address():
    """Source: App Engine, development server: "1", then 20 digits of the address's MD5."""
    identities = [make_identity(email, False) for email in ("Ann@Example.com", ANN.email)]
    assert identities[0].user_id == identities[1].user_id
    assert identities[0].user_id.isdigit() and len(ANN.user_id) == 21
    assert make_identity("test@example.com", False).user_id == "185804764220139124118"


def test_an_application_sees_and_sets_no_cookie_of_users():
    for secure in (False, True):
        for name in (
            cookie_name("guestbook", is_secure=secure),
            form_cookie_name(is_secure=secure),
        ):
            assert is_platform_cookie(f"{name}=x")
