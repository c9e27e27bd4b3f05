"""What the front does for logs: takes lines and requests, and finds them again."""

import logging
from collections.abc import Sequence

from appengine.logservice.server.reading import Search, find_requests
from appengine.logservice.server.writing import LogWriter, open_log, show_call
from appengine.logservice.service import (
    CallsRequest,
    CallsResponse,
    FlushRequest,
    FlushResponse,
    InvalidArgumentError,
    LogService,
    ReadRequest,
    ReadResponse,
)
from appengine.rpc.records import Trace
from appengine.rpc.server import Resources, Server
from appengine.storage.errors import StorageError

_logger = logging.getLogger("appengine.logservice")

__all__ = ["LogServer", "LogWriter", "Search", "find_requests", "open_log"]


class LogServer(Server, LogService):
    """Takes lines and requests into a queue, from which they are written a moment later."""

    @classmethod
    def take_requests(cls, resources: Resources, traces: Sequence[Trace]) -> None:
        """Keeps the records of requests that have ended."""
        try:
            open_log(resources).add_requests([trace for trace in traces if trace.application])
        except StorageError as error:  # it cannot be opened: requests go on without
            _logger.warning("%d request logs are lost: %s", len(traces), error)

    def flush(self, request: FlushRequest) -> FlushResponse:
        """Takes lines of the open request."""
        try:
            taken = open_log(self.resources).add_lines(self.caller, request.lines)
        except StorageError as error:
            self.note("lost", str(error)[:200])
            taken = 0
        self.note("lines", taken)
        return FlushResponse(taken=taken)

    def read(self, request: ReadRequest) -> ReadResponse:
        """Returns requests of the application, newest first."""
        if request.request_ids and (request.start, request.end, request.before) != (None,) * 3:
            raise InvalidArgumentError("request_ids stand alone: no times, no offset")
        try:
            log = open_log(self.resources)
            log.write()
            return find_requests(log.storage, self.caller.application, Search(request=request))
        except StorageError as error:
            self.note("lost", str(error)[:200])
            return ReadResponse(requests=(), more=False)

    def calls(self, request: CallsRequest) -> CallsResponse:
        """Returns the open request's calls that were answered so far."""
        return CallsResponse(
            calls=tuple(show_call(record) for record in self.caller.calls),
            started=self.caller.started,
        )
