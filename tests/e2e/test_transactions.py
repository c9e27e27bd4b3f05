"""Transactions of a served application: two front workers, two instances, many clients.

Source: App Engine, "Transactions", sections "Isolation and consistency" and "Using transactions".
"""

import json
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.e2e.serving import DevServer, wait_until, wsgi_application

APP = '''
import json
import time
from google.appengine.api import namespace_manager, users
from google.appengine.ext import db, webapp


class Counter(db.Model):
    value = db.IntegerProperty(default=0)
    writer = db.StringProperty()


class Item(db.Model):
    rank = db.IntegerProperty()
    shown = db.BooleanProperty(default=True)
    value = db.IntegerProperty(default=0)


def increment(name, hold=0.0, attempts=None):
    attempts.append(1)
    counter = Counter.get_by_key_name(name) or Counter(key_name=name)
    read = counter.value
    if hold:
        print("holding", name, flush=True)
    time.sleep(hold)
    counter.value = read + 1
    counter.put()
    return read, counter.value


class Increment(webapp.RequestHandler):
    def post(self):
        attempts = []
        retries = self.request.get_range("retries", default=30)
        hold = float(self.request.get("hold", "0"))
        name = self.request.get("name", "shared")
        try:
            result = db.run_in_transaction_custom_retries(
                retries, increment, name, hold, attempts)
        except db.TransactionFailedError:
            result = None
        self.response.out.write(json.dumps({"result": result, "attempts": len(attempts)}))


class Value(webapp.RequestHandler):
    def get(self):
        counter = Counter.get_by_key_name(self.request.get("name", "shared"))
        self.response.out.write(str(counter.value if counter else 0))


class Snapshot(webapp.RequestHandler):
    """Reads A in a transaction, waits for the gate, then reads the rest of the group twice."""

    def post(self):
        self.response.out.write(json.dumps(db.run_in_transaction(self.read)))

    def read(self):
        parent = db.Key.from_path("Group", "one")
        first = Item.get_by_key_name("A", parent=parent).value
        print("holding", self.request.get("hold"), flush=True)
        time.sleep(float(self.request.get("hold")))
        seen = [self.look(parent), self.look(parent)]
        assert seen[0] == seen[1]
        return [first, seen[0]]

    def look(self, parent):
        names = ["A", "B", "C", "D", "E", "F"]
        entities = Item.get_by_key_name(names, parent=parent)
        gets = {name: entity.value for name, entity in zip(names, entities) if entity}
        query = Item.all().ancestor(parent).filter("shown =", True).order("rank")
        page = query.fetch(2)
        rest = query.with_cursor(query.cursor()).fetch(10) if page else []
        order = [entity.key().name() for entity in page + rest]
        every = Item.all().ancestor(parent).filter("shown =", True)
        return {"gets": gets, "order": order, "count": every.count()}


class Prepare(webapp.RequestHandler):
    def post(self):
        parent = db.Key.from_path("Group", "one")
        db.delete(Item.all(keys_only=True).ancestor(parent).fetch(100))
        rows = [("A", 1, True), ("B", 2, True), ("C", 3, True), ("E", 4, True), ("F", 5, False)]
        db.put([Item(parent=parent, key_name=n, rank=r, shown=s, value=r) for n, r, s in rows])


def change_everything():
    parent = db.Key.from_path("Group", "one")
    a, b, c, e, f = Item.get_by_key_name(["A", "B", "C", "E", "F"], parent=parent)
    a.value, b.value, e.shown, f.shown = 100, 200, False, True
    db.delete(c)
    db.put([a, b, e, f, Item(parent=parent, key_name="D", rank=0, value=9)])


class Change(webapp.RequestHandler):
    def post(self):
        db.run_in_transaction(change_everything)


class Mine(webapp.RequestHandler):
    """Environ, user and namespace stay the request's own between service calls."""

    def get(self):
        import os
        mark = self.request.get("mark")
        namespace_manager.set_namespace("n" + mark)
        seen = []
        for number in range(5):
            Counter(key_name="mine", writer=mark).put()
            found = Counter.get_by_key_name("mine")
            user = users.get_current_user()
            seen.append([
                os.environ["QUERY_STRING"], user.email() if user else "",
                namespace_manager.get_namespace(), found.writer,
            ])
        self.response.out.write(json.dumps(seen))


app = webapp.WSGIApplication([
    ("/increment", Increment), ("/value", Value), ("/snapshot", Snapshot),
    ("/prepare", Prepare), ("/change", Change), ("/mine", Mine)], debug=True)
'''
CLIENTS, TIMES = 16, 50
QUICK_SECONDS = 0.05


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    app = wsgi_application(tmp_path_factory.mktemp("transactions") / "app", APP)
    with DevServer([app], "--workers=2", "--max_module_instances=2") as running:
        yield running


def post(server, path):
    reply = server.request("POST", path)
    assert reply.status == 200, reply.text
    return reply.text


def test_every_acknowledged_increment_counts_and_their_history_has_no_gap(server):
    def client(_):
        return [json_of(post(server, "/increment")) for _ in range(TIMES)]

    with ThreadPoolExecutor(CLIENTS) as pool:
        outcomes = [outcome for each in pool.map(client, range(CLIENTS)) for outcome in each]
    committed = [outcome["result"] for outcome in outcomes if outcome["result"]]
    assert len(committed) > CLIENTS * TIMES * 0.9
    assert sorted(committed) == [[value, value + 1] for value in range(len(committed))]
    assert int(server.get("/value").text) == len(committed)
    assert sum(outcome["attempts"] for outcome in outcomes) > len(outcomes), "no conflict at all"


def json_of(text):
    return json.loads(text)


def test_a_transaction_that_is_held_open_stops_nobody_then_conflicts_and_retries(server):
    results = []
    held = threading.Thread(
        target=lambda: results.append(json_of(post(server, "/increment?name=held&hold=2")))
    )
    post(server, "/increment?name=held")
    held.start()
    wait_until(lambda: "holding held" in server.log, 10)
    times = []
    for value in range(1, 6):
        started = time.monotonic()
        assert json_of(post(server, "/increment?name=held"))["result"] == [value, value + 1]
        times.append(time.monotonic() - started)
    assert min(times) < QUICK_SECONDS, "the best of five: the machine may be busy"
    assert results == [], "the transaction ended before the others"
    held.join(30)
    assert results == [{"result": [6, 7], "attempts": 2}]
    assert server.get("/value?name=held").text == "7"


def test_without_retries_a_conflict_is_an_error_and_nothing_is_written(server):
    results = []
    path = "/increment?name=once&hold=2&retries=0"
    held = threading.Thread(target=lambda: results.append(json_of(post(server, path))))
    held.start()
    wait_until(lambda: "holding once" in server.log, 10)
    post(server, "/increment?name=once")
    held.join(30)
    assert results == [{"result": None, "attempts": 1}]
    assert server.get("/value?name=once").text == "1"


def test_a_transaction_sees_its_group_as_it_was_at_the_first_read(server):
    post(server, "/prepare")
    before = json_of(post(server, "/snapshot?hold=0"))
    results = []
    held = threading.Thread(
        target=lambda: results.append(json_of(post(server, "/snapshot?hold=1.5")))
    )
    held.start()
    wait_until(lambda: "holding 1.5" in server.log, 10)
    post(server, "/change")
    held.join(30)
    assert results == [before]
    assert before == [
        1,
        {
            "gets": {"A": 1, "B": 2, "C": 3, "E": 4, "F": 5},
            "order": ["A", "B", "C", "E"],
            "count": 4,
        },
    ]
    assert json_of(post(server, "/snapshot?hold=0"))[1] == {
        "gets": {"A": 100, "B": 200, "D": 9, "E": 4, "F": 5},
        "order": ["D", "A", "B", "F"],
        "count": 4,
    }


def test_200_requests_of_8_users_at_once_see_only_their_own(server):
    cookies = [sign_in(server, f"user{number}@example.com") for number in range(8)]

    def ask(number):
        user = number % 8
        reply = server.request("GET", f"/mine?mark={number}", headers={"Cookie": cookies[user]})
        assert reply.status == 200, reply.text
        own = [f"mark={number}", f"user{user}@example.com", f"n{number}", str(number)]
        return json_of(reply.text) == [own] * 5

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(ask, range(200)))


def sign_in(server, email):
    """Returns the cookie that a browser has after it has filled in the login page."""
    page = server.get("/_ah/login")
    seed = page.headers["Set-Cookie"].partition(";")[0]
    token = re.findall(r'name="token" value="([^"]+)"', page.text)[0]
    form = f"email={email}&token={token}&continue=%2F".replace("@", "%40")
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Cookie": seed,
        "Origin": server.urls[0],
    }
    reply = server.request("POST", "/_ah/login", form.encode(), headers)
    assert reply.status in (302, 303), reply.text
    return reply.headers["Set-Cookie"].partition(";")[0]
