"""What is acknowledged survives `kill -9` of any process at any moment, against a clients' ledger.

`APPENGINE_TEST_KILLS` says how many times: 4 unless it is set; each costs a second.
"""

import http.client
import json
import os
import random
import signal
import threading

from tests.e2e.serving import DevServer, wait_until, wsgi_application
from tests.e2e.test_life import descendants, is_running

KILLS = int(os.environ.get("APPENGINE_TEST_KILLS", "4"))
CLIENTS = 6
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
                continue
            if reply.status == 200 and reply.text == f"done {serial}":
                self.done.append(serial)


def strike(server: DevServer, chance: random.Random) -> bool:
    """Kills some process; returns whether it was the first one."""
    first = chance.random() < 0.5
    victim = server.pid if first else chance.choice(sorted(descendants(server.pid)))
    os.kill(victim, signal.SIGKILL)
    return first


def test_nothing_acknowledged_is_lost_and_nothing_is_half_done(tmp_path):
    chance = random.Random(20260501)
    app = wsgi_application(tmp_path / "app", APP)
    begun: set[str] = set()
    done: set[str] = set()
    server = DevServer([app], "--workers=2")
    for _ in range(KILLS):
        server.status_file.unlink(missing_ok=True)
        server.start()
        family = descendants(server.pid)
        stop = threading.Event()
        clients = [Client(server, number, stop) for number in range(CLIENTS)]
        for client in clients:
            client.start()
        goal = chance.randint(1, 60)
        wait_until(lambda c=clients, g=goal: sum(len(each.done) for each in c) >= g, 30)
        if not strike(server, chance):
            goal += 20
            wait_until(
                lambda c=clients, g=goal: (
                    sum(len(each.done) for each in c) >= g or server.process.poll() is not None
                ),
                30,
            )
            if server.process.poll() is None:
                server.kill()
        stop.set()
        for client in clients:
            client.join(20)
            begun |= set(client.begun)
            done |= set(client.done)
        wait_until(lambda f=family: not any(map(is_running, f)), 5)
        server.process.wait(5)
    server.status_file.unlink(missing_ok=True)
    with server:
        check_ledger(json.loads(server.get("/show").text), begun, done)


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
