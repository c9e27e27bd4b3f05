"""The page of URL fetch in the Admin Console: it says where a URL would lead, and goes nowhere."""

import pytest

from appengine.config.settings import Settings
from appengine.rpc.admin import Visit
from appengine.urlfetch.admin import show_urlfetch
from tests.urlfetch.serving import make_resources
from tests.urlfetch.test_networks import OneServed


def show(url="", applications=None, **options):
    visit = Visit(
        application="trial",
        arguments={"url": url},
        sends_form=False,
        resources=make_resources(Settings(**options), applications),
    )
    values = show_urlfetch(visit).values
    return values["answer"], values["is_open"]


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("http://169.254.169.254/latest", "a metadata address"),
        ("http://10.0.0.1/", "a private address"),
        ("http://2130706433/", "a loopback address"),
        ("http://[::ffff:127.0.0.1]/", "a loopback address"),
        ("ftp://example.com/", "only http and https"),
        ("http://example.com:22/", "port 22"),
        ("http://nowhere.invalid/", "no address of 'nowhere.invalid'"),
        ("http://a:secret@example.com/", "no name and password"),
        ("x" * 20_000, "at most 10240"),
    ],
)
def test_what_is_closed_on_the_server_says_why(url, text):
    answer, is_open = show(url, urlfetch_networks=())
    assert text in answer and "secret" not in answer and not is_open


def test_what_is_open_says_where_it_leads(origin):
    seen = len(origin.requests)
    answer = show(f"http://127.0.0.1:{origin.port}/")
    assert answer == (f"127.0.0.1 is open: 127.0.0.1, port {origin.port}", True)
    proxied = show(f"http://127.0.0.1:{origin.port}/", urlfetch_proxy="http://127.0.0.1:1")
    assert proxied[0].endswith("through the proxy")
    assert show() == ("", False)
    assert len(origin.requests) == seen


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_applications_of_this_server_are_answered_inside(host):
    answer, is_open = show(f"http://{host}:99/", OneServed(99))
    assert "by the module 'default' of 'other'" in answer or "port 99" in answer
    assert is_open is ("inside" in answer)


def test_a_proxys_password_is_not_shown():
    visit = Visit(
        application="trial",
        arguments={},
        sends_form=False,
        resources=make_resources(Settings(urlfetch_proxy="http://ann:secret@proxy.example:8080")),
    )
    assert show_urlfetch(visit).values["proxy"] == "http://proxy.example:8080"
