"""The datastore's page in the Admin Console, and the loop that builds what index.yaml lists."""

import threading

import pytest

from appengine.config.settings import Settings
from appengine.datastore.admin import show_datastore
from appengine.datastore.server import building, statistics
from appengine.datastore.server.building import Builds
from appengine.datastore.server.catalog import Catalog
from appengine.datastore.server.listed import build_changed, build_listed
from appengine.datastore.server.statistics import Statistics
from appengine.datastore.service import NeedIndexError
from appengine.datastore.worker import LOOPS
from appengine.rpc.admin import Visit
from tests.datastore.serving import entity, key

LISTED = "indexes:\n- kind: A\n  properties:\n  - name: x\n  - name: y\n    direction: desc\n"


@pytest.fixture
def show(datastore):
    def visit(**arguments):
        return show_datastore(
            Visit(
                application="guestbook",
                arguments=arguments,
                sends_form=bool(arguments),
                resources=datastore.resources,
            )
        ).values

    return visit


@pytest.fixture
def listing(datastore, tmp_path):
    """A datastore that builds what its index.yaml lists, and no other index."""
    path = tmp_path / "index.yaml"
    path.write_text(LISTED)
    datastore.settings["datastore.require_indexes"] = "true"
    datastore.settings["datastore.index_yaml:guestbook"] = str(path)
    datastore.put_all(*(entity(("A", n), x=1, y=n) for n in range(1, 31)))
    return datastore


def test_the_page_shows_indexes_and_no_statistics_before_there_are_any(datastore, show):
    assert (show()["indexes"], show()["total"], show()["kinds"]) == ([], None, [])
    datastore.put_all(entity(("A", 1), x=1, y=2))
    datastore.find("A", ("x", "=", 1), orders=("-y",))
    (index,) = show()["indexes"]
    assert (index.kind, index.properties, index.ancestor) == ("A", "x, y desc", False)
    assert index.state == "serving"
    assert show()["total"] is None  # looking makes none


def test_the_button_makes_statistics_however_young_the_last_ones_are(datastore, show):
    datastore.clock.freeze(1_000_000)
    datastore.put_all(entity(("A", 1), n=1), entity(("B", 1), s="long" * 100))
    assert show(action="statistics")["total"].count == 2
    datastore.delete_all(key("A", 1))
    datastore.clock.advance(5)
    values = show(action="statistics")
    assert [(kind.name, kind.count) for kind in values["kinds"]] == [("B", 1)]
    assert (values["total"].count, values["total"].made_at) == (1, 1_000_005)
    assert values["total"].size == values["kinds"][0].size


def test_a_large_datastore_is_counted_while_the_page_says_so(datastore, show, monkeypatch):
    monkeypatch.setattr(statistics, "AT_ONCE", 5)
    datastore.put_all(*(entity(("A", n), n=n) for n in range(1, 11)))
    go_on = threading.Event()
    datastore.storage.reach = lambda _point: go_on.wait(60)
    assert show(action="statistics")["is_counting"]
    go_on.set()
    datastore.storage.companion(Statistics, "guestbook").wait()
    assert (show()["is_counting"], show()["total"].count) == (False, 10)


def test_what_index_yaml_lists_is_built_before_a_query_asks(listing, show):
    seen = {}
    build_changed(listing.resources, seen)
    (index,) = show()["indexes"]
    assert (index.kind, index.properties, index.state) == ("A", "x, y desc", "serving")
    assert listing.ids("A", ("x", "=", 1), orders=("-y",), limit=2) == [30, 29]
    with pytest.raises(NeedIndexError):
        listing.ids("A", ("x", "=", 1), orders=("y",))


def test_a_changed_index_yaml_is_followed_and_one_with_a_mistake_left_alone(
    listing, tmp_path, caplog
):
    seen = {}
    build_changed(listing.resources, seen)
    (tmp_path / "index.yaml").write_text(f"{LISTED}- kind: A\n  colour: red\n")
    build_changed(listing.resources, seen)
    assert "its indexes are not built" in caplog.text
    (tmp_path / "index.yaml").write_text(LISTED + LISTED.partition("\n")[2].replace(" y", " z"))
    build_changed(listing.resources, seen)
    catalog = listing.storage.companion(Catalog, "guestbook")
    assert [item.state for item in catalog.known.all_composites()] == ["serving", "serving"]
    (tmp_path / "index.yaml").unlink()
    build_changed(listing.resources, seen)


def test_the_page_shows_how_far_a_build_is(listing, show, monkeypatch):
    monkeypatch.setattr(building, "CHUNK", 10)
    halfway, go_on, commits = threading.Event(), threading.Event(), []

    def reach(point):
        commits.extend([point] if point == "after commit" else [])
        if len(commits) == 3:  # the definition, and two pieces
            halfway.set()
            go_on.wait(60)

    listing.storage.reach = reach
    stop = threading.Event()
    loop = threading.Thread(target=build_listed, args=(listing.resources, stop))
    loop.start()
    assert halfway.wait(60)
    (index,) = show()["indexes"]
    assert (index.state, index.done, index.total) == ("building", 20, 30)
    go_on.set()
    stop.set()
    loop.join()
    assert show()["indexes"][0].state == "serving"
    assert listing.storage.companion(Builds, "guestbook") is not None


def test_the_loop_runs_only_where_indexes_are_required():
    (loop,) = LOOPS
    assert not loop.is_needed(Settings())
    assert loop.is_needed(Settings(require_indexes=True))
