"""Odd arguments of public functions raise in the application, and never cost an instance its life.

A message that breaks a bound is malformed, and malformed is fatal: so clients look first.
"""

import functools
import itertools

import pytest
from google.appengine.api import (
    app_identity,
    capabilities,
    logservice,
    mail,
    memcache,
    modules,
    urlfetch,
    users,
)

from appengine.rpc.client import transport
from appengine.rpc.errors import InternalError
from appengine.rpc.frames import MalformedCallError
from tests.rpc.one_process import OneProcess

TEXTS = ["", "x", "x" * 300, "x" * 20_000, b"x", b"x" * 300, "\ud800", "\0", "a\nb"]
NUMBERS = [0, -1, 7, 2**31, 2**63, 2**64, -(2**63), 2**200, 1.5, float("nan"), float("inf"), True]
OTHERS = [None, [], ["x"] * 3, ["x"] * 2000, ("a", "b"), {}, {"a": 1}, {"k" * 300: "v"}, object()]
ODD = [*TEXTS, *NUMBERS, *OTHERS, [None], {1: 2}]
FEW = [*TEXTS[:4], 7, ["x"], {"a": 1}]

FUNCTIONS = {
    memcache: "add add_multi decr delete delete_multi get get_multi incr offset_multi peek "
    "peek_multi replace replace_multi set set_multi",
    logservice: "fetch get_calls write",
    app_identity: "get_access_token sign_blob",
    modules: "get_hostname get_num_instances get_versions set_num_instances start_version "
    "stop_version",
    users: "create_login_url create_logout_url",
    mail: "send_mail send_mail_to_admins",
    urlfetch: "fetch",
}
MESSAGE = {"sender": "a@example.com", "to": "b@example.com", "subject": "s", "body": "b"}
MAIL_FIELDS = "sender to cc bcc reply_to subject body html amp_html attachments headers".split()
FETCH_FIELDS = "payload method headers deadline follow_redirects validate_certificate".split()


def send(field, value):
    mail.EmailMessage(**{**MESSAGE, field: value}).send()


def fetch(field, value):
    urlfetch.fetch("http://127.0.0.1:1/", **{field: value})


def attach(value):
    send("attachments", [("a.txt", value)])


def count(name, value):
    memcache.incr("k", **{name: value})


def store(name, value):
    memcache.set("k", 1, **{name: value})


CALLS = {
    **{
        f"{module.__name__.rpartition('.')[2]}.{name}": getattr(module, name)
        for module, names in FUNCTIONS.items()
        for name in names.split()
    },
    "CapabilitySet": lambda *arguments: capabilities.CapabilitySet(*arguments).is_enabled(),
    "attachment": attach,
    **{f"mail {field}": functools.partial(send, field) for field in MAIL_FIELDS},
    **{f"fetch {field}": functools.partial(fetch, field) for field in FETCH_FIELDS},
    **{f"incr {name}": functools.partial(count, name) for name in ("delta", "initial_value")},
    **{f"set {name}": functools.partial(store, name) for name in ("time", "namespace")},
}


@pytest.fixture(scope="module")
def process(tmp_path_factory):
    made = OneProcess(tmp_path_factory.mktemp("data"))
    token = transport.set(made)
    yield made
    transport.reset(token)
    made.close()


@pytest.mark.parametrize("name", CALLS)
def test_an_odd_argument_is_the_applications_own_trouble(process, monkeypatch, name):
    """It has its effect, or raises what is neither the wire's nor a failure of the service."""
    monkeypatch.setenv("APPLICATION_ID", "dev~trial")
    fatal = []
    for arguments in (*((each,) for each in ODD), *itertools.product(FEW, ODD)):
        try:
            result = CALLS[name](*arguments)
            if hasattr(result, "__next__"):
                list(result)
        except (MalformedCallError, InternalError) as error:
            fatal.append((str(arguments)[:100], str(error)[:200]))
        except Exception:  # whatever it is, it is raised where it belongs
            continue
    assert fatal == []


def test_a_body_is_text_or_bytes(process):
    for field in ("body", "html", "amp_html"):
        with pytest.raises(TypeError, match="text or bytes, not 7"):
            send(field, 7)
