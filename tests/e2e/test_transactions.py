"""Transactions of a served application: two front workers, two instances, many clients.

Source: App Engine, "Transactions", sections "Isolation and consistency" and "Using transactions".
"""

import json
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from benchmarks.processes import TICKS, cpu_seconds
from tests.e2e.serving import DevServer, wait_until, wsgi_application
from tests.e2e.test_life import children_of, find_named

APP = '''
import json
import os
import time
from google.appengine.api import memcache, namespace_manager, users
from google.appengine.ext import db, webapp


class Counter(db.Model):
    value = db.IntegerProperty(default=0)
    writer = db.StringProperty()


class Note(db.Model):
    pass


def wait(gate, seconds=0.0):
    """Says that it waits, and does so until the gate is open and the time is over."""
    print("waiting at", gate, flush=True)
    end = time.monotonic() + seconds
    while time.monotonic() < end or not memcache.get(gate):
        time.sleep(0.01)


class Page(webapp.RequestHandler):
    """Runs its transaction; answers what that returned, or its error, and how often it ran."""

    def post(self):
        self.attempts = 0
        retries = self.request.get_range("retries", default=30)
        options = db.create_transaction_options(retries=retries, xg=True)
        try:
            result = db.run_in_transaction_options(options, self.count)
        except db.TransactionFailedError as error:
            result = type(error).__name__
        answer = {"result": result, "attempts": self.attempts, "at": os.environ["INSTANCE_ID"]}
        self.response.out.write(json.dumps(answer))

    def count(self):
        self.attempts += 1
        return self.transact()

    def pause(self):
        """Between read and commit, the first time only."""
        gate = self.request.get("gate")
        if gate and self.attempts == 1:
            wait(gate, float(self.request.get("seconds", "0")))


class Increment(Page):
    def transact(self):
        name = self.request.get("name")
        counter = Counter.get_by_key_name(name) or Counter(key_name=name)
        read = counter.value
        self.pause()
        counter.value = read + 1
        db.put([counter, Note(parent=counter)])
        return read, counter.value


class ReadShared(Page):
    """Reads one group, and writes another."""

    def transact(self):
        shared = Counter.get_by_key_name("shared")
        own = Counter.get_by_key_name(self.request.get("name"))
        assert own is None
        self.pause()
        Counter(key_name=self.request.get("name"), value=shared.value).put()


class GoOffDuty(Page):
    """Two are on duty, of two groups; who leaves makes sure that the other stays."""

    def transact(self):
        mine, other = Counter.get_by_key_name([self.request.get("mine"), self.request.get("other")])
        self.pause()
        if other.value:
            mine.value = 0
            mine.put()
        return other.value


class Values(webapp.RequestHandler):
    """GET ?name=...: values, and how many notes of the first."""

    def get(self):
        counters = Counter.get_by_key_name(self.request.get_all("name"))
        notes = Note.all().ancestor(db.Key.from_path("Counter", self.request.get("name"))).count()
        values = [counter and counter.value for counter in counters]
        self.response.out.write(json.dumps([values, notes]))

    def post(self):
        db.put([Counter(key_name=name, value=1) for name in self.request.get_all("name")])


class Open(webapp.RequestHandler):
    def post(self):
        memcache.set(self.request.get("gate"), True)


class Mine(webapp.RequestHandler):
    """Environ, user and namespace stay the request's own between service calls."""

    def get(self):
        mark = self.request.get("mark")
        namespace_manager.set_namespace("n" + mark)
        seen = []
        for number in range(5):
            Counter(key_name="mine", writer=mark).put()
            found = Counter.get_by_key_name("mine")
            user = users.get_current_user()
            seen.append([
                os.environ["QUERY_STRING"], user.email() if user else "",
                os.environ["USER_EMAIL"], namespace_manager.get_namespace(), found.writer,
                found.key().namespace(),
            ])
        self.response.out.write(json.dumps([os.environ["INSTANCE_ID"], seen]))


app = webapp.WSGIApplication([
    ("/increment", Increment), ("/shared", ReadShared), ("/duty", GoOffDuty),
    ("/values", Values), ("/open", Open), ("/mine", Mine)], debug=True)
'''
SCALING = "automatic_scaling:\n  max_concurrent_requests: 40\n"
WORKERS, INSTANCES = 2, 2
CLIENTS, TIMES = 16, 50
QUICK_SECONDS = 0.05
HELD_SECONDS = 2.0
CONFLICT = "datastore.commit [0-9.]+ ConcurrentTransactionError"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    app = wsgi_application(tmp_path_factory.mktemp("transactions") / "app", APP)
    with (app / "app.yaml").open("a") as file:
        file.write(SCALING)
    flags = (f"--workers={WORKERS}", f"--max_module_instances={INSTANCES}")
    with DevServer([app], *flags) as running:
        yield running


def post(server, path, **options):
    reply = server.request("POST", path, timeout=60.0, **options)
    assert reply.status == 200, reply.text
    return reply


def transact(server, path):
    """Returns what the transaction answered."""
    return json.loads(post(server, path).text)


def values(server, *names):
    """Returns the values of counters, and how many notes the first has."""
    return json.loads(server.get("/values?" + "&".join(f"name={name}" for name in names)).text)


class Waiting:
    """Transactions that have read, and wait at a gate before they commit."""

    def __init__(self, server, gate, *paths):
        self._server, self._gate = server, gate
        self._pool = ThreadPoolExecutor(len(paths))
        self._answers = [self._pool.submit(transact, server, path) for path in paths]
        wait_until(lambda: server.log.count(f"waiting at {gate}\n") == len(paths))

    def is_waiting(self):
        return not any(answer.done() for answer in self._answers)

    def go_on(self):
        """Opens the gate; returns what the transactions answer."""
        post(self._server, f"/open?gate={self._gate}")
        with self._pool:
            return [answer.result() for answer in self._answers]


def test_every_acknowledged_increment_counts_and_their_history_has_no_gap(server):
    front = find_named(server, "appengine-front")
    wait_until(lambda: len(children_of(front)) == WORKERS)
    workers = {pid: cpu_seconds(pid) for pid in children_of(front)}

    def client(_):
        headers = {"X-AppEngine-Trace": "1"}
        path = "/increment?name=total"
        return [post(server, path, headers=headers) for _ in range(TIMES)]

    with ThreadPoolExecutor(CLIENTS) as pool:
        replies = [reply for each in pool.map(client, range(CLIENTS)) for reply in each]
    outcomes = [json.loads(reply.text) for reply in replies]
    acknowledged = [each["result"] for each in outcomes if isinstance(each["result"], list)]
    assert len(acknowledged) > CLIENTS * TIMES * 0.9
    assert sorted(acknowledged) == [[value, value + 1] for value in range(len(acknowledged))]
    assert values(server, "total") == [[len(acknowledged)], len(acknowledged)]
    conflicts = sum(
        len(re.findall(CONFLICT, reply.headers["X-AppEngine-Trace"])) for reply in replies
    )
    assert conflicts > 0, "the traces tell of none"
    assert sum(each["attempts"] for each in outcomes) > len(outcomes)
    assert len({each["at"] for each in outcomes}) == INSTANCES
    assert all(cpu_seconds(pid) - before > 5 / TICKS for pid, before in workers.items())


def test_a_transaction_that_is_held_open_stops_nobody_then_conflicts_and_retries(server):
    transact(server, "/increment?name=held")
    started = time.monotonic()
    held = Waiting(server, "held", f"/increment?name=held&gate=held&seconds={HELD_SECONDS}")
    times = []
    for value in range(1, 11):
        before = time.monotonic()
        answer = transact(server, "/increment?name=held")
        times.append(time.monotonic() - before)
        assert (answer["result"], answer["attempts"]) == ([value, value + 1], 1)
    assert held.is_waiting()
    assert min(times) < QUICK_SECONDS, "the best of ten: the machine may be busy"
    (answer,) = held.go_on()
    assert time.monotonic() - started >= HELD_SECONDS
    assert (answer["result"], answer["attempts"]) == ([11, 12], 2)
    assert values(server, "held") == [[12], 12]


def test_without_retries_a_conflict_is_an_error_and_nothing_is_written(server):
    held = Waiting(server, "once", "/increment?name=once&gate=once&retries=0")
    for value in range(2):
        assert transact(server, "/increment?name=once")["result"] == [value, value + 1]
    (answer,) = held.go_on()
    assert (answer["result"], answer["attempts"]) == ("TransactionFailedError", 1)
    assert values(server, "once") == [[2], 2]


def test_of_two_that_create_one_group_at_once_one_wins_and_the_other_retries(server):
    path = "/increment?name=new&gate=new"
    answers = Waiting(server, "new", path, path).go_on()
    assert sorted((each["result"], each["attempts"]) for each in answers) == [
        ([0, 1], 1),
        ([1, 2], 2),
    ]
    assert values(server, "new") == [[2], 2]


def test_25_at_once_that_read_one_group_and_write_25_others_do_not_conflict(server):
    post(server, "/values?name=shared")
    names = [f"reader{number}" for number in range(25)]
    paths = [f"/shared?name={name}&gate=shared" for name in names]
    answers = Waiting(server, "shared", *paths).go_on()
    assert [each["attempts"] for each in answers] == [1] * 25
    assert values(server, *names) == [[1] * 25, 0]


def test_write_skew_over_two_groups_is_refused(server):
    """Each has seen the other on duty: one leaves, the other looks again and stays."""
    post(server, "/values?name=ann&name=bob")
    paths = ("/duty?mine=ann&other=bob&gate=duty", "/duty?mine=bob&other=ann&gate=duty")
    answers = Waiting(server, "duty", *paths).go_on()
    found = sorted((each["result"], each["attempts"]) for each in answers)
    assert found == [(0, 2), (1, 1)]
    assert sorted(values(server, "ann", "bob")[0]) == [0, 1]


def test_200_requests_of_8_users_at_once_see_only_their_own(server):
    """They are sent at once; those that find no place are told to come again, and do."""
    cookies = [sign_in(server, f"user{number}@example.com") for number in range(8)]
    everyone = threading.Barrier(200)

    def ask(number):
        user = number % 8
        email = f"user{user}@example.com"
        headers = {"Cookie": cookies[user]}
        path = f"/mine?mark={number}"
        replies = []
        everyone.wait()
        wait_until(lambda: replies.append(server.get(path, headers=headers)) or is_served(replies))
        reply = replies[-1]
        assert reply.status == 200, reply.text
        own = [f"mark={number}", email, email, f"n{number}", str(number), f"n{number}"]
        instance, seen = json.loads(reply.text)
        assert seen == [own] * 5
        return instance

    with ThreadPoolExecutor(200) as pool:
        assert len(set(pool.map(ask, range(200)))) == INSTANCES


def is_served(replies):
    return replies[-1].status != 503


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
