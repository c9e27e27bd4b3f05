"""What is acknowledged survives `kill -9` of any process at any moment, against a clients' ledger.

`APPENGINE_TEST_KILLS` says how many times: 20 unless it is set. Two hundred take some minutes:
`APPENGINE_TEST_KILLS=200 .venv/bin/python -m pytest tests/e2e/test_sudden_death.py`.
"""

import http.client
import json
import os
import random
import signal
import threading

from tests.e2e.serving import CHECKOUT, DevServer, wait_until, wsgi_application
from tests.e2e.test_life import descendants, is_running

KILLS = int(os.environ.get("APPENGINE_TEST_KILLS", "20"))
CLIENTS = 6
PAUSE_SECONDS = 0.02
POINTS = ("before claim", "after claim", "before commit", "after commit")
ROUNDS = 3
APP = """
import json
from google.appengine.ext import db, webapp


class Account(db.Model):
    amount = db.IntegerProperty(default=0)


class Receipt(db.Model):
    value = db.IntegerProperty()


def deposit(account, serial):
    key = db.Key.from_path("Account", account)
    found = Account.get(key) or Account(key_name=account)
    found.amount += 1
    db.put([found, Receipt(parent=key, key_name=serial, value=found.amount)])


class Deposit(webapp.RequestHandler):
    def post(self):
        account, serial = self.request.get("account"), self.request.get("serial")
        db.run_in_transaction_custom_retries(20, deposit, account, serial)
        self.response.out.write("done " + serial)


class Show(webapp.RequestHandler):
    def get(self):
        accounts = {each.key().name(): each.amount for each in Account.all()}
        receipts = [
            [each.key().parent().name(), each.key().name(), each.value]
            for each in Receipt.all().run(batch_size=500)
        ]
        self.response.out.write(json.dumps({"accounts": accounts, "receipts": receipts}))


app = webapp.WSGIApplication([("/deposit", Deposit), ("/show", Show)], debug=True)
"""


class Client(threading.Thread):
    """Deposits one after the other, and notes what was begun and what was acknowledged."""

    def __init__(self, server: DevServer, number: int, stop: threading.Event) -> None:
        super().__init__()
        self.server, self.number, self.stop = server, number, stop
        self.begun: list[str] = []
        self.done: list[str] = []

    def run(self) -> None:
        while not self.stop.is_set():
            serial = f"{self.number}-{random.getrandbits(64):x}"
            self.begun.append(serial)
            path = f"/deposit?account=account{self.number % 2}&serial={serial}"
            try:
                reply = self.server.request("POST", path, timeout=10)
            except (OSError, http.client.HTTPException):
                self.stop.wait(PAUSE_SECONDS)  # it may have ended
                continue
            if reply.status == 200 and reply.text == f"done {serial}":
                self.done.append(serial)


class Ledger:
    """What clients have begun, and what was acknowledged."""

    def __init__(self, clients: list[Client]) -> None:
        self.begun = {serial for client in clients for serial in client.begun}
        self.done = {serial for client in clients for serial in client.done}


def strike(server: DevServer, chance: random.Random) -> bool:
    """Kills one of the server's processes, whichever; returns whether there was one."""
    family = sorted(descendants(server.pid))
    if not family:
        return False
    threading.Event().wait(chance.random() / 100)  # in the middle of whatever is being done then
    try:
        os.kill(chance.choice([server.pid, *family]), signal.SIGKILL)
    except ProcessLookupError:  # it has just ended
        return False
    return True


def run_until_it_falls(server: DevServer, chance: random.Random, most: int) -> tuple[int, Ledger]:
    """Kills processes of a server that clients use until it has ended, or as often as is allowed.

    Returns how often, and what the clients have noted.
    """
    server.status_file.unlink(missing_ok=True)
    server.start()
    kills = 0
    stop = threading.Event()
    clients = [Client(server, number, stop) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    while kills < most and server.process.poll() is None:
        goal = sum(len(client.done) for client in clients) + chance.randint(1, 30)
        wait_until(
            lambda goal=goal: (  # type: ignore[misc]  # a default binds it
                sum(len(client.done) for client in clients) >= goal
                or server.process.poll() is not None
            )
        )
        kills += strike(server, chance)
    family = descendants(server.pid)
    if server.process.poll() is None:
        server.kill()
    stop.set()
    for client in clients:
        client.join()
    wait_until(lambda: not any(map(is_running, family)))
    return kills, Ledger(clients)


def test_nothing_acknowledged_is_lost_and_nothing_is_half_done(tmp_path):
    """Instances, their zygote, workers, the console, the supervisor: any of them, at any moment."""
    chance = random.Random(20260501)
    app = wsgi_application(tmp_path / "app", APP)
    begun: set[str] = set()
    done: set[str] = set()
    server = DevServer([app], "--workers=2", "--max_module_instances=2")
    kills = rounds = 0
    while kills < KILLS:
        more, ledger = run_until_it_falls(server, chance, KILLS - kills)
        kills, rounds = kills + more, rounds + 1
        begun |= ledger.begun
        done |= ledger.done
    print(f"{kills} kills, {rounds} starts, {len(done)} of {len(begun)} deposits acknowledged")
    server.status_file.unlink(missing_ok=True)
    with server:
        check_ledger(json.loads(server.get("/show").text), begun, done)


def test_a_worker_killed_at_each_point_of_a_commit_loses_nothing_acknowledged(tmp_path):
    """Before and after the claim, before and after COMMIT: by the schedule of `killing.py`."""
    app = wsgi_application(tmp_path / "app", APP)
    schedule = tmp_path / "schedule"
    schedule.touch()
    times = len(POINTS) * ROUNDS
    script = str(CHECKOUT / "tests" / "e2e" / "killing.py")
    start = (script, str(schedule), ",".join(POINTS), str(times), "--")
    with DevServer([app], "--max_module_instances=2", start=start) as server:
        stop = threading.Event()
        clients = [Client(server, number, stop) for number in range(CLIENTS)]
        for client in clients:
            client.start()
        wait_until(lambda: schedule.read_text().count("\n") >= times, 300)
        last = sum(len(client.done) for client in clients)
        wait_until(lambda: sum(len(client.done) for client in clients) > last + CLIENTS)
        stop.set()
        for client in clients:
            client.join()
        assert schedule.read_text().split("\n")[:-1] == list(POINTS) * ROUNDS
        ledger = Ledger(clients)
        check_ledger(json.loads(server.get("/show").text), ledger.begun, ledger.done)


def check_ledger(found: dict[str, object], begun: set[str], done: set[str]) -> None:
    """Each deposit is there whole or not at all; those acknowledged are there."""
    accounts, receipts = found["accounts"], found["receipts"]
    assert isinstance(accounts, dict)
    assert isinstance(receipts, list)
    serials = {serial for _, serial, _ in receipts}
    assert done <= serials <= begun
    for account, amount in accounts.items():
        values = sorted(value for owner, _, value in receipts if owner == account)
        assert values == list(range(1, amount + 1))
