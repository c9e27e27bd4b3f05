"""Memcache's page in the Admin Console."""

import pytest

from appengine import memcache
from appengine.memcache.admin import show_memcache
from appengine.rpc.admin import Visit


@pytest.fixture
def show(local):
    def visit(sends_form=False, **arguments):
        return show_memcache(
            Visit(
                application="trial",
                arguments=arguments,
                sends_form=sends_form,
                resources=local.resources,
            )
        ).values

    return visit


def test_it_shows_an_item_by_key_and_namespace(show):
    memcache.set("k", "<b>ü</b>")
    memcache.set("k", [1], namespace="blue")
    assert show(key="k")["item"].text == "<b>ü</b>"
    blue = show(key="k", namespace="blue")["item"]
    assert blue.kind == "pickle" and "not opened" in blue.text
    assert show(key="other")["item"] is None
    assert show()["stats"].items == 2


def test_looking_counts_no_hit_and_bytes_are_shown_as_such(show):
    memcache.set("k", b"\0\xff'")
    item = show(key="k")["item"]
    assert item.text == "\\x00\\xff'"
    assert not item.may_change


def test_it_stores_deletes_and_flushes(show):
    show(sends_form=True, action="set", key="k", value="a\r\nb")
    assert memcache.get("k") == "a\nb"
    assert "gone" in show(sends_form=True, action="delete", key="k")["message"]
    assert memcache.get("k") is None
    memcache.set("k", 1)
    show(sends_form=True, action="flush")
    assert memcache.get("k") is None


def test_a_cache_that_is_lost_has_a_page(show, local):
    local.store().close()
    local.resources.kept.clear()
    (local.directory / "memcache-trial.db").write_bytes(b"no database" * 1000)
    assert show(key="k")["stats"].is_available is False
