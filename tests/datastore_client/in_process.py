"""Both sides in one process: the client's calls go through the executor to the real server."""

from math import inf
from pathlib import Path

from appengine.datastore.server import DatastoreServer
from appengine.front.calls import Executor
from appengine.rpc.frames import Reply
from appengine.rpc.records import CallRecord
from appengine.rpc.server import Caller, Resources
from appengine.storage.clock import Clock
from appengine.storage.engine import Storage, platform_metadata

APPLICATION = "guestbook"


class InProcess:
    """A transport over the executor; the calls' names are kept.

    Attributes:
        called: the methods that were called, in their order.
        records: what the front noted of each call.
    """

    def __init__(
        self,
        directory: Path,
        settings: dict[str, str] | None = None,
        application: str = APPLICATION,
        deadline: float = inf,
    ) -> None:
        self.application = application
        self.deadline = deadline
        self.storage = Storage(directory / "application.sqlite3")
        self.platform = Storage(directory / "platform.sqlite3", platform_metadata)
        resources = Resources(
            open_storage=lambda application: self.storage,
            platform=self.platform,
            clock=Clock(),
            settings={f"datastore.auto_id_policy:{application}": "legacy"} | (settings or {}),
        )
        servers = {DatastoreServer.name: DatastoreServer}
        self.executor = Executor(servers, resources, lambda caller, quota, units: None)
        self._begin()

    @classmethod
    def beside(cls, other: "InProcess") -> "InProcess":
        """Returns another client's pipe to the same datastore."""
        pipe = cls.__new__(cls)
        pipe.storage, pipe.platform, pipe.executor = other.storage, other.platform, other.executor
        pipe.application, pipe.deadline = other.application, other.deadline
        pipe._begin()
        return pipe

    def _begin(self) -> None:
        self._replies: dict[int, Reply] = {}
        self.called: list[str] = []
        self.records: list[CallRecord] = []

    def start(
        self, service: str, method: str, message: bytes, deadline_seconds: float | None = None
    ) -> int:
        self.called.append(method)
        outcome = self.executor.execute(
            Caller(application=self.application, deadline=self.deadline),
            service,
            method,
            message,
            deadline_seconds,
        )
        self.records.append(outcome.record)
        number = len(self.called)
        self._replies[number] = Reply(number, outcome.message, outcome.error, outcome.detail)
        return number

    def finish(self, number: int) -> Reply:
        return self._replies.pop(number)

    def close(self) -> None:
        self.storage.close()
        self.platform.close()
