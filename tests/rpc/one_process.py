"""A transport over the executor: client and server of any rooms in one process."""

from appengine.front.calls import Executor
from appengine.front.serve import find_servers
from appengine.rpc.frames import Reply
from appengine.rpc.server import Caller, Resources
from appengine.storage.clock import Clock
from appengine.storage.engine import Storage, platform_metadata


class OneProcess:
    """Calls of a test's clients, executed as the front does.

    Attributes:
        caller: who makes them.
    """

    def __init__(self, directory, **resources):
        self.storages = {}
        self.directory = directory
        self.clock = Clock()
        self.resources = Resources(
            open_storage=self._open,
            platform=Storage(directory / "platform.db", platform_metadata),
            clock=self.clock,
            **resources,
        )
        self.executor = Executor(find_servers(), self.resources, lambda *args: None)
        self.caller = Caller(application="trial", request_id="r1")
        self._replies = []

    def _open(self, application):
        if application not in self.storages:
            self.storages[application] = Storage(self.directory / f"{application}.db")
        return self.storages[application]

    def start(self, service, method, message):
        done = self.executor.execute(self.caller, service, method, message)
        self._replies.append(Reply(0, done.message, done.error, done.detail))
        return len(self._replies) - 1

    def finish(self, number):
        return self._replies[number]

    def wait_any(self, numbers):
        return numbers[0]

    def close(self):
        for kept in self.resources.kept.values():
            if callable(close := getattr(kept, "close", None)):
                close()
        for storage in (*self.storages.values(), self.resources.platform):
            storage.close()
