"""What a transaction of a caged application sees while others commit: its groups as they were.

Source: App Engine, "Transactions", section "Isolation and consistency".
"""

import pytest

from tests.e2e.serving import DevServer, wsgi_application
from tests.e2e.test_transactions import Waiting, transact

APP = '''
import json
import time
from google.appengine.api import memcache
from google.appengine.ext import db, webapp

NAMES = ["A", "B", "C", "D", "E", "F"]
BEFORE = {"A": 1, "B": 2, "C": 3, "E": 4, "F": 50}
AFTER = {"A": 9, "B": 0, "D": 5, "E": 60, "F": 6}


class Item(db.Model):
    rank = db.IntegerProperty()


class Mark(db.Model):
    pass


def group(name):
    return db.Key.from_path("Group", name)


def items(ranks, parent):
    return [Item(parent=parent, key_name=name, rank=rank) for name, rank in ranks.items()]


def change(names):
    for name in names:
        db.put(items(AFTER, group(name)))
        db.delete(db.Key.from_path("Item", "C", parent=group(name)))


def look(parent):
    """Returns what gets, counts, and queries in pages of 2, by cursor and by offset, find."""
    found = Item.get_by_key_name(NAMES, parent=parent)
    query = Item.all().ancestor(parent).filter("rank <", 10).order("rank")
    pages = []
    while page := query.fetch(2):
        pages.append([item.key().name() for item in page])
        query.with_cursor(query.cursor())
    again = Item.all().ancestor(parent).filter("rank <", 10).order("-rank")
    return {
        "gets": {name: item.rank for name, item in zip(NAMES, found) if item},
        "pages": pages,
        "descending": [item.rank for item in again.fetch(2)] + [
            item.rank for item in again.fetch(2, offset=2)],
        "count": Item.all().ancestor(parent).filter("rank <", 10).count(),
        "all": Item.all().ancestor(parent).count(),
    }


class Page(webapp.RequestHandler):
    def post(self):
        self.response.out.write(json.dumps(self.answer()))


class Prepare(Page):
    def answer(self):
        for name in self.request.get_all("group"):
            db.delete(Item.all(keys_only=True).ancestor(group(name)).fetch(100))
            db.put(items(BEFORE, group(name)))


class Look(Page):
    """Reads A of the first group; with a gate it waits there; then looks at every group twice."""

    def answer(self):
        self.attempts = 0
        options = db.create_transaction_options(xg=True)
        seen = db.run_in_transaction_options(options, self.transact)
        return {"seen": seen, "attempts": self.attempts}

    def transact(self):
        self.attempts += 1
        parents = [group(name) for name in self.request.get_all("group")]
        first = Item.get_by_key_name("A", parent=parents[0]).rank
        if self.request.get("writes"):
            Mark(parent=parents[0]).put()
        gate = self.request.get("gate")
        if gate and self.attempts == 1:
            print("waiting at", gate, flush=True)
            while not memcache.get(gate):
                time.sleep(0.01)
        return [first, [look(parent) for parent in parents], [look(parent) for parent in parents]]


class Change(Page):
    """Changes A and B, deletes C, adds D, moves E out of the range and F into it: of each group."""

    def answer(self):
        options = db.create_transaction_options(xg=True)
        db.run_in_transaction_options(options, change, self.request.get_all("group"))


class Open(Page):
    def answer(self):
        memcache.set(self.request.get("gate"), True)


app = webapp.WSGIApplication(
    [("/prepare", Prepare), ("/look", Look), ("/change", Change), ("/open", Open)], debug=True)
'''
BEFORE = {
    "gets": {"A": 1, "B": 2, "C": 3, "E": 4, "F": 50},
    "pages": [["A", "B"], ["C", "E"]],
    "descending": [4, 3, 2, 1],
    "count": 4,
    "all": 5,
}
AFTER = {
    "gets": {"A": 9, "B": 0, "D": 5, "E": 60, "F": 6},
    "pages": [["B", "D"], ["F", "A"]],
    "descending": [9, 6, 5, 0],
    "count": 4,
    "all": 5,
}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    app = wsgi_application(tmp_path_factory.mktemp("snapshots") / "app", APP)
    with DevServer([app], "--workers=2", "--max_module_instances=2") as running:
        yield running


@pytest.mark.parametrize("groups", [("one",), ("two", "three")])
def test_a_transaction_sees_its_groups_as_they_were_at_its_first_read(server, groups):
    """Also the group that it touches only after the commit that changed both."""
    query = "&".join(f"group={group}" for group in groups)
    transact(server, f"/prepare?{query}")
    held = Waiting(server, "-".join(groups), f"/look?{query}&gate={'-'.join(groups)}")
    transact(server, f"/change?{query}")
    assert transact(server, f"/look?{query}")["seen"] == [9, *[[AFTER] * len(groups)] * 2]
    assert held.is_waiting()
    (answer,) = held.go_on()
    assert answer == {"seen": [1, *[[BEFORE] * len(groups)] * 2], "attempts": 1}


def test_one_that_also_writes_sees_the_same_then_conflicts_and_sees_what_is_new(server):
    transact(server, "/prepare?group=four&group=five")
    path = "/look?group=four&group=five&writes=1&gate=writes"
    held = Waiting(server, "writes", path)
    transact(server, "/change?group=four&group=five")
    assert held.go_on() == [{"seen": [9, *[[AFTER] * 2] * 2], "attempts": 2}]
