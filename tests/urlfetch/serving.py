"""URL fetch, seen from a test: its server alone, through the wire, or from within a cage."""

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import msgspec

from appengine.config.settings import Settings
from appengine.front.calls import Executor
from appengine.front.exchange import Exchange
from appengine.front.instances import Accepting
from appengine.front.spool import Spool
from appengine.rpc.callers import Caller
from appengine.rpc.client import transport
from appengine.rpc.frames import Reply, Request, Response, encode
from appengine.rpc.internal import NoApplications
from appengine.rpc.pipe import Pipe
from appengine.rpc.server import Resources
from appengine.storage.clock import Clock
from appengine.urlfetch.server import POOLS, UrlfetchServer
from appengine.urlfetch.server.pools import Pools
from tests.rpc.echo import take_accepted

SECONDS = 60.0
SERVERS = {UrlfetchServer.name: UrlfetchServer}


def make_resources(options=None, applications=None, resolve=None):
    resources = Resources(
        open_storage=None,
        platform=None,
        clock=Clock(),
        options=options or Settings(),
        applications=applications or NoApplications(),
    )
    if resolve is not None:
        resources.once(POOLS, lambda: Pools(resources.options, resources.applications, resolve))
    return resources


def close(resources):
    if POOLS in resources.kept:
        resources.kept[POOLS].close()


class Direct:
    """Executes each call when its reply is asked for; `in_parallel` from its start on."""

    def __init__(self, options=None, applications=None, resolve=None, caller=None):
        self.resources = make_resources(options, applications, resolve)
        self.caller = caller or Caller(application="trial", deadline=time.monotonic() + SECONDS)
        self._executor = Executor(SERVERS, self.resources, lambda *charge: None)
        self._pool = ThreadPoolExecutor(16)
        self._futures = {}
        self.outcomes = []

    def __enter__(self):
        self._token = transport.set(self)
        return self

    def __exit__(self, *error):
        transport.reset(self._token)
        self._pool.shutdown()
        close(self.resources)

    def start(self, service, method, message):
        number = len(self._futures)
        self._futures[number] = self._pool.submit(
            self._executor.execute, self.caller, service, method, message
        )
        return number

    def finish(self, number):
        outcome = self._futures[number].result()
        self.outcomes.append(outcome)
        return Reply(number, outcome.message, outcome.error, outcome.detail)

    def wait_any(self, numbers):
        return next(number for number in numbers if self._futures[number].exception() is None)


class Wired:
    """The test is an instance: its calls go through a pipe to a front's executor."""

    def __init__(self):
        front, own = socket.socketpair()
        self._front = threading.Thread(target=self._serve, args=(front,))
        self._front.start()
        self._pipe = Pipe(own)
        self._pipe.receive_request()

    def __enter__(self):
        self._token = transport.set(self._pipe)
        return self

    def __exit__(self, *error):
        transport.reset(self._token)
        self._pipe.respond(Response(200, "OK", [], 0), [])
        self._front.join(SECONDS)

    def _serve(self, front):
        resources = make_resources()
        executor = Executor(SERVERS, resources, lambda *charge: None)
        caller = Caller(application="trial", deadline=time.monotonic() + SECONDS)
        take_accepted(front)
        front.setblocking(False)
        frame = encode(Request("r1", "main.app", {}, 0, SECONDS))
        with ThreadPoolExecutor(16) as pool, front:
            Exchange(
                Accepting(front, 1, 0.0, frame, b""),
                time.monotonic() + SECONDS,
                lambda call: executor.execute(caller, call.service, call.method, call.message),
                lambda call: True,
                pool,
            ).run(Spool())
        close(resources)


class Caged:
    """The calls are those of an application in its cage, for which the development server runs."""

    def __init__(self, served):
        self._served = served
        self._replies = []

    def __enter__(self):
        self._token = transport.set(self)
        return self

    def __exit__(self, *error):
        transport.reset(self._token)

    def start(self, service, method, message):
        answer = self._served.request("POST", f"/{service}/{method}", message, timeout=70)
        assert answer.status == 200, answer.text
        self._replies.append(Reply(0, *msgspec.msgpack.decode(answer.body)))
        return len(self._replies) - 1

    def finish(self, number):
        return self._replies[number]

    def wait_any(self, numbers):
        return numbers[0]
