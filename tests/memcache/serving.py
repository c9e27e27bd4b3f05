"""A memcache whose client, executor and server are in one process, on either kind of store."""

import shutil
import socket
import subprocess
from contextlib import contextmanager

from appengine.config.settings import Settings
from appengine.front.calls import Executor
from appengine.memcache.server import MemcacheServer, open_store
from appengine.rpc.frames import Reply
from appengine.rpc.server import Caller, Resources
from appengine.storage.clock import Clock
from appengine.storage.engine import Storage, platform_metadata
from tests.e2e.serving import wait_until


class Cache:
    """A transport over the executor, with the clock and the store behind it.

    Attributes:
        is_lost: every call ends in an error of the platform, as when a deadline is over.
    """

    def __init__(self, directory, application="trial", **settings):
        self.application = application
        self.clock = Clock()
        self.storages = {}
        self.directory = directory
        self.is_lost = False
        self.resources = Resources(
            open_storage=self._open,
            platform=Storage(directory / "platform.db", platform_metadata),
            clock=self.clock,
            options=Settings(**settings),
        )
        self.executor = Executor({"memcache": MemcacheServer}, self.resources, lambda *args: None)
        self._replies = []

    def _open(self, application):
        if application not in self.storages:
            self.storages[application] = Storage(self.directory / f"{application}.db")
        return self.storages[application]

    def start(self, service, method, message):
        if self.is_lost:
            reply = Reply(0, b"", "DeadlineExceededError", "lost")
        else:
            caller = Caller(application=self.application)
            done = self.executor.execute(caller, service, method, message)
            reply = Reply(0, done.message, done.error, done.detail)
        self._replies.append(reply)
        return len(self._replies) - 1

    def finish(self, number):
        return self._replies[number]

    def wait_any(self, numbers):
        return numbers[0]

    def store(self):
        return open_store(self.resources, self.application)

    def close(self):
        for store in self.resources.kept.values():
            store.close()
        for storage in (*self.storages.values(), self.resources.platform):
            storage.close()


def start_memcached(port):
    """Starts one server; whether it answers yet is for the caller to see."""
    options = ["-l", "127.0.0.1", "-p", str(port), "-u", "nobody"]
    return subprocess.Popen([shutil.which("memcached"), *options])


@contextmanager
def memcached(count=1):
    """Runs memcached servers; gives their addresses."""
    ports = []
    processes = []
    for _ in range(count):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            ports.append(probe.getsockname()[1])
        processes.append(start_memcached(ports[-1]))
    try:
        for port in ports:
            wait_until(lambda port=port: answers(port))
        yield [f"127.0.0.1:{port}" for port in ports], processes
    finally:
        for process in processes:
            process.kill()
            process.wait()


def answers(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True
