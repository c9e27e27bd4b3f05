"""Gives a request to an instance and returns its answer; ends what does not end by itself."""

import logging
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from pathlib import Path

import msgspec

from appengine.config.settings import MAX_DEADLINE_SECONDS
from appengine.front.answers import Answer, Cause, page
from appengine.front.calls import Executor
from appengine.front.deadlines import find_deadline
from appengine.front.exchange import DeadlineError, Exchange
from appengine.front.headers import BadResponseError, content_coding, response_headers
from appengine.front.instances import (
    Accepting,
    InstanceGoneError,
    NoInstanceError,
    Waiting,
)
from appengine.front.parallel import ParallelCalls
from appengine.front.reserve import RESERVE_CALLS, RETRY_AFTER
from appengine.front.routes import VersionRoute
from appengine.front.spool import Spool
from appengine.front.table import OPEN, WAITING, Table
from appengine.front.usage import describe_excess, private_bytes, process_cpu
from appengine.rpc.callers import Caller
from appengine.rpc.control import (
    STOPPED,
    SWITCHED_OFF,
    AskCause,
    AskPause,
    Done,
    Kill,
    LetGo,
    NeedInstance,
    Paused,
    ask,
)
from appengine.rpc.failures import HEADER as FAILURE
from appengine.rpc.failures import decode_failure
from appengine.rpc.frames import Call, MalformedCallError, Request, Response, encode
from appengine.rpc.records import CallRecord, one_line

MAX_PENDING = 512
"""Requests of a version that wait for an instance, over all workers."""

PENDING_SECONDS = 10.0
"""The most that one may wait. Source: App Engine, "Instances", pending latency."""

MIN_STEP_SECONDS = 0.01
"""An instance more is asked for when a request has waited, and at each double of that time."""

PAUSE_STEP_SECONDS = 0.5
"""Between two questions whether a developer still looks."""

MAX_TRIES = 3
"""An instance that dies before it accepts has not seen the request: another is tried."""

RESERVED_THREADS = 4
"""Of a worker, for what needs no instance: static files, `/_ah/` pages, refusals."""

PARALLEL_CALLS = 128
"""Threads of a worker for calls that wait for something outside of the machine."""

CAUSES: dict[str, Cause] = {
    "appengine.runtime.DeadlineExceededError": "timeout",
    "appengine.rpc.errors.OverQuotaError": "over_quota",
}
"""The `error_code` of app.yaml for exceptions that the platform itself has raised."""

log = logging.getLogger("appengine.front")


class Work(msgspec.Struct, kw_only=True):
    """One request for an instance, and what is known of it when it has ended.

    Attributes:
        pid: the instance's process number; 0: none took it.
        outcome: what ended it, if not the response.
        deadline_seconds: that the platform states for a request of its own.
        in_reserve: it is the platform's own request, on a thread of the reserve: no part of the
            application's share.
        calls: records of its first 200 service calls; `call_count`: of how many.
    """

    route: VersionRoute
    script: str
    caller: Caller
    environ: dict[str, str]
    body: Spool
    method: str
    in_reserve: bool = False
    deadline_seconds: float | None = None
    pid: int = 0
    waited_seconds: float = 0.0
    cpu_seconds: float = 0.0
    outcome: str = ""
    calls: list[CallRecord] = []
    call_count: int = 0


class StoppedError(Exception):
    """The instance was stopped for being idle just as it took the request.

    It has made no call, and has no other way to change anything: another may have the request.
    """


class Dispatcher:
    """What all threads of a worker share to reach instances."""

    def __init__(
        self,
        control: Path,
        table: Table,
        executor: Executor,
        *,
        deadline_seconds: float | None,
        threads: int,
        has_debugger: bool = False,
    ) -> None:
        """Takes the supervisor's socket and the limits.

        Args:
            threads: of this worker.
            has_debugger: requests may be held for a developer to look at.
        """
        self._control = control
        self._table = table
        self._executor = executor
        self._deadline_seconds = deadline_seconds
        self._threads = threads
        self._has_debugger = has_debugger
        self._held: dict[str, int] = {}
        self._lock = threading.Lock()
        self._parallel = ParallelCalls(PARALLEL_CALLS)
        self._inner = ThreadPoolExecutor(RESERVE_CALLS, thread_name_prefix="inner-call")

    def dispatch(self, work: Work) -> Answer:
        """Returns an instance's answer, or the front's own that says why there is none."""
        share = nullcontext(True) if work.in_reserve else self._one_of_share(work.route.application)
        with share as is_free:
            if not is_free:
                return self._refuse(work, "The application holds all of its threads.")
            for _ in range(MAX_TRIES):
                try:
                    return self._give(work)
                except StoppedError:
                    work.body.rewind()
            return self._refuse(work, "Instances were stopped as they took the request.")

    def _give(self, work: Work) -> Answer:
        """Gives the request to one instance."""
        try:
            accepted = self._find_instance(work)
        except NoInstanceError as error:
            return self._refuse(work, f"No instance is free: {error}.")
        except MalformedCallError as error:
            return self._end_malformed(work, str(error))
        with self._table.counted(work.route.column, OPEN), self._table.held(accepted.pid):
            return self._converse(work, accepted)

    @contextmanager
    def _one_of_share(self, application: str) -> Iterator[bool]:
        """Takes one more thread for an application, if it has fewer than are left for others.

        So one alone gets half of them, the next half of the rest, and some are always free.
        """
        with self._lock:
            held = self._held.get(application, 0)
            is_free = held < self._threads - RESERVED_THREADS - sum(self._held.values())
            if is_free:
                self._held[application] = held + 1
        try:
            yield is_free
        finally:
            if is_free:
                with self._lock:
                    self._held[application] -= 1

    def _find_instance(self, work: Work) -> Accepting:
        """Returns the instance that accepts; the waiting request is counted meanwhile."""
        column = work.route.column
        frame = self._make_frame(work)
        if self._table.total(column, WAITING) >= MAX_PENDING:
            raise NoInstanceError(f"{MAX_PENDING} requests wait already")
        with self._table.counted(column, WAITING):
            for _ in range(MAX_TRIES):
                waiting = Waiting(work.route.socket, frame)
                try:
                    accepted = self._wait(work, waiting)
                except InstanceGoneError:
                    waiting.close()
                    continue
                except (NoInstanceError, MalformedCallError):
                    work.pid = waiting.pid
                    waiting.close()
                    raise
                work.pid, work.waited_seconds = accepted.pid, accepted.waited_seconds
                return accepted
        raise NoInstanceError("instances died before they accepted")

    def _make_frame(self, work: Work) -> bytes:
        length, seconds = work.body.length, self._find_deadline(work)
        return encode(Request(work.caller.request_id, work.script, work.environ, length, seconds))

    def _wait(self, work: Work, waiting: Waiting) -> Accepting:
        began = time.monotonic()
        step = need = max(MIN_STEP_SECONDS, work.route.need_seconds)
        longest = began + max(need, work.route.longest_seconds)
        end = began + need + PENDING_SECONDS
        while (left := end - (now := time.monotonic())) > 0:
            until = longest - now if longest > now else left
            if (accepted := waiting.wait(min(step, until, left))) is not None:
                return accepted
            question = NeedInstance(work.route.name, at_once=time.monotonic() >= longest)
            if (answer := self._tell(question)) == SWITCHED_OFF:
                raise NoInstanceError(answer)
            step *= 2
        raise NoInstanceError(f"the request waited longer than {PENDING_SECONDS:.0f} s")

    def _converse(self, work: Work, accepted: Accepting) -> Answer:
        deadline = time.monotonic() + self._find_deadline(work)
        before = process_cpu(work.pid)
        calls_end = deadline + MAX_DEADLINE_SECONDS * self._has_debugger
        caller = msgspec.structs.replace(
            work.caller, deadline=calls_end, calls=[], pid=work.pid, cpu_before=before
        )
        exchange = Exchange(
            accepted,
            deadline,
            lambda call: self._executor.execute(
                caller, call.service, call.method, call.message, call.deadline_seconds
            ),
            self._is_parallel,
            self._inner if work.in_reserve else self._parallel.pool_of(work.route.application),
            caller.calls,
            lambda: self._extend(work.pid, deadline),
        )
        try:
            response, body = exchange.run(work.body)
            work.calls, work.call_count = exchange.records, exchange.calls
            self._look_at_memory(work)
            return self._check(work, response, body)
        except DeadlineError:
            return self._end_deadline(work)
        except InstanceGoneError:
            return self._end_gone(work, exchange.calls)
        except (MalformedCallError, BadResponseError) as error:
            return self._end_malformed(work, str(error))
        finally:
            work.cpu_seconds = self._share_of_cpu(work, before)
            work.calls, work.call_count = exchange.records, exchange.calls

    def _extend(self, pid: int, deadline: float) -> float:
        """Returns a deadline that is over, later by what a developer has looked at the request."""
        if not self._has_debugger:
            return deadline
        try:
            paused = ask(self._control, AskPause(pid), Paused)
        except OSError:
            return deadline
        later = deadline + paused.seconds
        return max(later, time.monotonic() + PAUSE_STEP_SECONDS) if paused.is_open else later

    def _look_at_memory(self, work: Work) -> None:
        """Lets an instance go that holds too much: nobody waits for it any more."""
        most = work.route.soft_bytes
        if not work.route.forks and (held := private_bytes(work.pid)) > most:
            self._tell(LetGo(work.pid, describe_excess(held, most)))

    def _find_deadline(self, work: Work) -> float:
        return find_deadline(work.route, work.deadline_seconds, self._deadline_seconds)

    def _share_of_cpu(self, work: Work, before: float) -> float:
        """Returns a request's part of what its instance has used: others were open beside it."""
        if not before:
            return 0.0
        used = process_cpu(work.pid) - before
        return max(0.0, used) / self._table.open_of(work.pid, work.route.column)

    def _is_parallel(self, call: Call) -> bool:
        method = self._executor.find(call.service, call.method)
        return method is not None and method.parallel

    def _check(self, work: Work, response: Response, body: Spool) -> Answer:
        if any(name == FAILURE for name, _ in response.headers):
            return self._take_failure(work, body)
        try:
            checked = response_headers(
                response.status,
                response.headers,
                reason=response.reason,
                method=work.method,
                body_length=response.body_length,
            )
        except BadResponseError as error:  # the application's mistake, not an attack: it lives on
            body.close()
            work.outcome = f"bad response: {error}"
            log.warning("request %s: %s", work.caller.request_id, work.outcome)
            sentence = f"The application's response cannot be sent: {error}."
            return page(502, sentence, cause="default")
        if coding := content_coding(response.headers):
            log.warning(
                "request %s: Content-Encoding %r of the application is dropped, and the body stays "
                "as it is: the server compresses texts itself",
                work.caller.request_id,
                coding,
            )
        if not checked.has_body:
            body.close()
        return Answer(
            status=checked.status,
            reason=checked.reason,
            headers=checked.headers,
            body=body if checked.has_body else [],
        )

    def _take_failure(self, work: Work, body: Spool) -> Answer:
        """Returns the answer for an exception, which says what it was to those who may know."""
        try:
            failure = decode_failure(b"".join(body))
        except ValueError as error:  # the application has set the header itself
            work.outcome = f"bad response: {error}"
            return page(502, "The application's response cannot be sent.", cause="default")
        finally:
            body.close()
        work.outcome = one_line((failure.text.strip().splitlines() or [""])[-1])
        name = failure.links[-1].name if failure.links else ""
        answer = page(500, "The application failed.", cause=CAUSES.get(name, "default"))
        answer.failure = failure
        return answer

    def _refuse(self, work: Work, sentence: str) -> Answer:
        work.outcome = sentence
        return page(503, sentence, headers=RETRY_AFTER, cause="default")

    def _end_deadline(self, work: Work) -> Answer:
        seconds = self._find_deadline(work)
        sentence = f"The request took longer than {seconds:g} s"
        work.outcome = f"deadline of {seconds:g} s exceeded"
        self._kill(work, work.outcome)
        return page(500, f"{sentence}; its instance was stopped.", cause="timeout")

    def _end_gone(self, work: Work, calls: int) -> Answer:
        try:
            cause = ask(self._control, AskCause(work.pid), Done).text
        except OSError:
            cause = "died"
        if cause == STOPPED and not calls:
            raise StoppedError
        work.outcome = f"its instance ended: {cause}"
        reference = work.caller.request_id
        return page(500, f"The instance ended: {cause}. Reference: {reference}.", cause="default")

    def _end_malformed(self, work: Work, detail: str) -> Answer:
        work.outcome = f"malformed: {one_line(detail)}"
        self._kill(work, work.outcome)
        sentence = "The instance sent what is no response; it was stopped."
        return page(502, sentence, cause="default")

    def _kill(self, work: Work, cause: str) -> None:
        log.warning("request %s: %s; killing %d", work.caller.request_id, cause, work.pid)
        self._tell(
            Kill(
                version=work.route.name,
                pid=work.pid,
                request_id=work.caller.request_id,
                cause=f"{cause} (request {work.caller.request_id})",
            )
        )

    def _tell(self, question: Kill | LetGo | NeedInstance) -> str:
        try:
            return ask(self._control, question, Done).text
        except OSError:
            log.exception("the supervisor does not answer")
            return ""
