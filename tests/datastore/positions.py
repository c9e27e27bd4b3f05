"""Where the server stands, seen from a test: beside it, behind the wire, outside of a cage."""

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest

from appengine.datastore.server import DatastoreServer
from appengine.datastore.service import (
    DatastoreService,
    DeleteRequest,
    Query,
    RunRequest,
    entity_decoder,
)
from appengine.front.calls import Executor
from appengine.front.exchange import Exchange
from appengine.front.instances import Accepting
from appengine.front.spool import Spool
from appengine.rpc.client import stub, transport
from appengine.rpc.frames import Reply, Request, Response, encode
from appengine.rpc.pipe import Pipe
from tests.datastore.serving import Calls, Datastore
from tests.rpc.echo import take_accepted

SECONDS = 60.0
"""Deadline of the request that a test is."""

APPLICATION = """
import msgspec
from appengine.rpc.client import transport


def app(environ, start_response):
    service, method = environ["PATH_INFO"].strip("/").split("/")
    message = environ["wsgi.input"].read()
    carrier = transport.get()
    reply = carrier.finish(carrier.start(service, method, message))
    start_response("200 OK", [("Content-Type", "application/octet-stream")])
    return [msgspec.msgpack.encode([reply.message, reply.error, reply.detail])]
"""
"""Makes one call, from within the cage, for each request that it gets."""


class Wired(Datastore):
    """The test is an instance: its calls go through a pipe to a front's executor."""

    def __init__(self, directory):
        super().__init__(directory)
        front, own = socket.socketpair()
        self._front = threading.Thread(target=self._serve, args=(front,))
        self._front.start()
        self._pipe = Pipe(own)
        self._pipe.receive_request()
        self._token = transport.set(self._pipe)

    def server(self):
        return stub(DatastoreService)

    def close(self):
        if self._front.is_alive():
            transport.reset(self._token)
            self._pipe.respond(Response(200, "OK", [], 0), [])
            self._front.join(SECONDS)
        super().close()

    def _serve(self, front):
        servers = {DatastoreServer.name: DatastoreServer}
        executor = Executor(servers, self.resources, lambda caller, quota, units: None)
        take_accepted(front)
        front.setblocking(False)
        frame = encode(Request("r1", "main.app", {}, 0, SECONDS))
        with ThreadPoolExecutor(1) as pool, front:
            Exchange(
                Accepting(front, 1, 0.0, frame, b""),
                time.monotonic() + SECONDS,
                lambda call: executor.execute(self.caller, call.service, call.method, call.message),
                lambda call: False,
                pool,
            ).run(Spool())


class Posted:
    """A transport that has a served application make each call."""

    def __init__(self, served):
        self._served = served
        self._replies = []

    def start(self, service, method, message):
        answer = self._served.request("POST", f"/{service}/{method}", message)
        assert answer.status == 200, answer.text
        self._replies.append(Reply(0, *msgspec.msgpack.decode(answer.body)))
        return len(self._replies) - 1

    def finish(self, number):
        return self._replies[number]


class Caged(Calls):
    """The calls are those of an application in its cage, for which the development server runs."""

    def __init__(self, served):
        self._token = transport.set(Posted(served))
        self._delete_all()

    def server(self):
        return stub(DatastoreService)

    def close(self):
        transport.reset(self._token)

    @property
    def settings(self):
        pytest.skip("the operator's settings cannot be changed from within a cage")

    def _delete_all(self):
        """Empties every namespace: what the tests before have left."""
        for space in self.find("__namespace__", keys_only=True):
            name = space.key.path[1]
            query = Query(namespace=name if isinstance(name, str) else "", keys_only=True)
            answer = self.run(RunRequest(query=query, batch_size=300))
            while answer.results:
                keys = tuple(entity_decoder.decode(body).key for body in answer.results)
                self.delete(DeleteRequest(keys=keys))
                answer = self.run(RunRequest(query=query, batch_size=300))
