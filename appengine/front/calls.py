"""Executes service calls: look up, decode, charge, run, encode.

The pipe is its first transport, not its only one: the executor knows a caller and bytes.
"""

import logging
import time
from collections.abc import Callable, Mapping
from uuid import uuid4

import msgspec

from appengine.rpc.callers import Caller
from appengine.rpc.errors import (
    PLATFORM_ERRORS,
    CallNotFoundError,
    CapabilityDisabledError,
    DeadlineExceededError,
    Error,
    InternalError,
)
from appengine.rpc.frames import MAX_BODY_BYTES, MalformedCallError
from appengine.rpc.records import CallRecord
from appengine.rpc.server import Resources, Server
from appengine.rpc.service import Message, Method
from appengine.storage.errors import StorageLateError
from appengine.storage.patience import waits_end_at

Charge = Callable[[Caller, str, int], None]
"""Spends units of a quota: `charge(caller, quota, units)`; raises OverQuotaError."""

log = logging.getLogger("appengine.calls")
_encoder = msgspec.msgpack.Encoder()


class Outcome(msgspec.Struct, frozen=True):
    """What a call ended in: a message, or an error by name; and its record."""

    message: bytes
    error: str
    detail: str
    record: CallRecord


class Executor:
    """Executes calls on the servers of this process; shared by its threads."""

    def __init__(
        self, servers: Mapping[str, type[Server]], resources: Resources, charge: Charge
    ) -> None:
        self._servers = servers
        self._resources = resources
        self._charge = charge
        self._judges = [server for server in servers.values() if "judge_call" in vars(server)]
        self._decoders = {
            (name, method.name): msgspec.msgpack.Decoder(method.request)
            for name, server in servers.items()
            for method in server.methods.values()
        }

    def find(self, service: str, method: str) -> Method | None:
        """Returns the declaration of a call."""
        server = self._servers.get(service)
        return server.methods.get(method) if server else None

    def execute(
        self,
        caller: Caller,
        service: str,
        method: str,
        message: bytes,
        deadline_seconds: float | None = None,
    ) -> Outcome:
        """Runs one call to its end; every failure but a malformed message is an outcome.

        Args:
            caller: who calls, and until when at most.
            service: its name, and that of the `method`.
            method: one of the service's.
            message: the call's, encoded.
            deadline_seconds: the caller's own for this call.

        Raises:
            MalformedCallError: the message is none that the method declares.
        """
        begun, started = time.time(), time.perf_counter()
        notes: dict[str, int | str] = {}
        charged: list[tuple[str, int]] = []
        data, error, detail = b"", "", ""
        if deadline_seconds is not None:
            caller = _within(caller, deadline_seconds)
        try:
            data = self._run(caller, service, method, message, notes, charged)
        except Error as failure:
            error, detail = type(failure).__name__, str(failure)
        quota, units = charged[0] if charged else ("", 0)
        record = CallRecord(
            service=service,
            method=method,
            milliseconds=(time.perf_counter() - started) * 1000,
            request_bytes=len(message),
            response_bytes=len(data),
            quota=quota,
            units=units,
            error=error,
            notes=notes,
            started=begun,
        )
        return Outcome(data, error, detail, record)

    def _run(
        self,
        caller: Caller,
        service: str,
        method_name: str,
        message: bytes,
        notes: dict[str, int | str],
        charged: list[tuple[str, int]],
    ) -> bytes:
        method = self.find(service, method_name)
        if method is None:
            raise CallNotFoundError(f"{service}.{method_name}: there is no such call")
        request = self._decode(service, method_name, message)
        if time.monotonic() >= caller.deadline:
            raise DeadlineExceededError(f"{service}.{method_name}: the request is out of time")
        for judge in self._judges:
            reason = judge.judge_call(self._resources, caller, service, method_name)
            if reason is not None:
                raise CapabilityDisabledError(f"{service}.{method_name}: {reason}")
        caller = _within(caller, method.deadline_seconds)
        if method.quota:
            units = method.cost(request)
            self._charge(caller, method.quota, units)
            charged.append((method.quota, units))
        server = self._servers[service](caller, self._resources, self._call(caller))
        server.notes = notes
        response = self._guard(server, method, request)
        data = _encoder.encode(response)
        if len(data) > MAX_BODY_BYTES:
            raise PLATFORM_ERRORS["ResponseTooLargeError"](
                f"{service}.{method_name}: {len(data)} bytes; at most {MAX_BODY_BYTES}"
            )
        return data

    def _decode(self, service: str, method: str, message: bytes) -> Message:
        try:
            return self._decoders[service, method].decode(message)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise MalformedCallError(f"{service}.{method}: {error}") from error

    def _guard(self, server: Server, method: Method, request: Message) -> Message:
        """Runs the server's method; what it does not declare becomes a reference to the log."""
        try:
            with waits_end_at(server.caller.deadline):
                response: Message = getattr(server, method.name)(request)
            return response
        except (*method.errors, *PLATFORM_ERRORS.values()):
            raise
        except StorageLateError as error:
            raise DeadlineExceededError(f"{method.name}: the call is out of time") from error
        except Exception as error:
            reference = uuid4().hex[:12]
            log.exception("call %s.%s failed [%s]", type(server).__name__, method.name, reference)
            raise InternalError(f"the service failed; reference {reference}") from error

    def _call(self, caller: Caller) -> Callable[[str, str, Message], Message]:
        """Returns what a server uses to call other services on the same caller's behalf."""

        def call(service: str, method: str, request: Message) -> Message:
            notes: dict[str, int | str] = {}
            data = self._run(caller, service, method, _encoder.encode(request), notes, [])
            declared = self._servers[service].methods[method]
            return msgspec.msgpack.decode(data, type=declared.response)

        return call


def _within(caller: Caller, seconds: float) -> Caller:
    """Returns a caller whose deadline is at most so many seconds away: the call's own."""
    deadline = time.monotonic() + seconds
    if deadline >= caller.deadline:
        return caller
    return msgspec.structs.replace(caller, deadline=deadline)
