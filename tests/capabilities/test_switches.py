"""What is switched off is off for one application, everywhere, until it is switched on again."""

import pytest
from google.appengine.api import capabilities, mail, memcache
from google.appengine.ext import db
from google.appengine.runtime import apiproxy_errors
from msgspec.structs import replace

from appengine.capabilities.admin import REASON, show_capabilities
from appengine.capabilities.server.switches import Switches, open_switches
from appengine.capabilities.server.switches import capabilities as all_capabilities
from appengine.rpc.admin import Visit
from appengine.rpc.client import transport
from appengine.rpc.rooms import find_services
from tests.rpc.one_process import OneProcess


class Parrot(db.Model):
    name = db.StringProperty()


@pytest.fixture
def process(tmp_path, monkeypatch):
    monkeypatch.setenv("APPLICATION_ID", "dev~trial")
    made = OneProcess(tmp_path)
    token = transport.set(made)
    yield made
    transport.reset(token)
    made.close()


@pytest.fixture
def turn(process):
    """Returns what shows the page, after a button if one is named."""

    def visit(application="trial", sends_form=False, **arguments):
        seen = Visit(
            application=application,
            arguments=arguments,
            sends_form=sends_form or bool(arguments),
            resources=process.resources,
        )
        return show_capabilities(seen).values

    return visit


def test_every_service_but_the_one_that_tells_can_be_switched(turn):
    names = [each.name for each in turn()["capabilities"]]
    assert names == all_capabilities()
    assert {"mail", "datastore_v3", "datastore_v3.write"} <= set(names)
    assert len(names) == len(find_services())  # one less, and one part
    assert {each.reason for each in turn()["capabilities"]} == {None}


def test_a_call_of_what_is_off_raises_and_says_why(turn):
    """Source: App Engine, `apiproxy_errors.CapabilityDisabledError`."""
    assert "mail is off" in turn(off="mail", reason="moving house")["message"]
    with pytest.raises(apiproxy_errors.CapabilityDisabledError, match=r"mail\.send: moving house"):
        mail.send_mail("a@example.com", "b@example.com", "s", "b")
    mails = capabilities.CapabilitySet("mail")
    assert not mails.is_enabled()
    assert mails.admin_message() == "moving house"
    turn(on="mail")
    mail.send_mail("a@example.com", "b@example.com", "s", "b")
    assert mails.is_enabled() and mails.admin_message() == ""


def test_a_datastore_that_is_off_for_writes_can_be_read(turn):
    """Source: App Engine, "Capabilities": `CapabilitySet("datastore_v3", ["write"])`."""
    key = Parrot(name="Tom").put()
    turn(off="datastore_v3.write")
    with pytest.raises(apiproxy_errors.CapabilityDisabledError, match=REASON):
        Parrot(name="Kim").put()
    with pytest.raises(apiproxy_errors.CapabilityDisabledError):
        db.delete(key)
    assert Parrot.get(key).name == "Tom" and Parrot.all().count() == 1
    assert capabilities.CapabilitySet("datastore_v3").is_enabled()
    assert not capabilities.CapabilitySet("datastore_v3", ["write"]).is_enabled()
    assert not capabilities.CapabilitySet("datastore_v3", methods=["Put"]).is_enabled()
    assert capabilities.CapabilitySet("datastore_v3", methods=["Get"]).is_enabled()


def test_memcache_that_is_off_is_empty_and_no_error(turn):
    """Source: App Engine, "Memcache": its loss is never an error; `memcache.CAPABILITY`."""
    memcache.set("a", 1)
    turn(off="memcache")
    assert memcache.get("a") is None
    assert memcache.set("a", 2) is False
    assert not memcache.CAPABILITY.is_enabled()
    turn(on="memcache")
    assert memcache.get("a") == 1


def test_another_application_is_not_concerned(process, turn):
    turn("trial", off="mail")
    process.caller = replace(process.caller, application="other")
    mail.send_mail("a@example.com", "b@example.com", "s", "b")
    assert turn("other")["capabilities"] != turn("trial")["capabilities"]


def test_another_process_and_the_next_start_know_it(process, turn, tmp_path):
    turn(off="mail", reason="x" * 500)
    path = tmp_path / "trial.capabilities.json"
    assert Switches(path).refusal("mail") == "x" * 200
    assert Switches(path).refusal("memcache") is None
    path.write_bytes(b"\xff no switches")
    assert Switches(path).refusal("mail") is None
    assert open_switches(process.resources, "trial").off() == {}


def test_nobody_switches_what_is_not_there(turn, tmp_path):
    for name in ("", "teleport", "capability_service"):
        assert turn(off=name, on="")["message"] == "Which one?"
    assert not (tmp_path / "trial.capabilities.json").exists()
