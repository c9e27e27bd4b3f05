"""The patrol: looks once a second whether a module's processes do what they should not.

Deadlines end what a request does too long. This is about what no request pays for: processes
that nobody has started, work after the response, memory beyond the class.
"""

from msgspec import Struct

from appengine.front.table import ENDED, OPEN, Table
from appengine.front.usage import describe_excess, private_bytes
from appengine.supervisor.excesses import ALLOWED_SECONDS, Excesses
from appengine.supervisor.generations import Generation
from appengine.supervisor.logs import Logs

PATROL_SECONDS = 1.0

TOO_BUSY = f"it used a processor for more than {ALLOWED_SECONDS:g} s while no request was open"


class _Before(Struct):
    strays: set[int] = set()
    ended: int = -1


class Patrol:
    """One module's."""

    def __init__(self, table: Table, logs: Logs) -> None:
        """Takes the front's counts, and where to say what was found."""
        self._table = table
        self._logs = logs
        self._excesses = Excesses(table)
        self._before: dict[Generation, _Before] = {}

    def look(self, generations: list[Generation], soft_bytes: int, grace_seconds: float) -> None:
        """Ends what goes too far.

        Args:
            generations: that serves, and those that retire.
            soft_bytes: an instance that holds more finishes its requests and goes.
            grace_seconds: how long it may take to.
        """
        self._before = {each: self._before.get(each, _Before()) for each in generations}
        too_busy = self._find_too_busy(generations)
        for generation in generations:
            if generation.zygote_pid in too_busy:
                self._end(generation, f"its first process: {TOO_BUSY}")
            self._look_for_strays(generation)
            for pid, instance in list(generation.instances.items()):
                if pid in too_busy:
                    instance.kill(TOO_BUSY)
                elif (held := private_bytes(pid)) > soft_bytes and not generation.forks:
                    generation.let_go(instance, describe_excess(held, soft_bytes), grace_seconds)

    def _find_too_busy(self, generations: list[Generation]) -> set[int]:
        pids: list[int] = []
        busy: list[int] = []
        for generation in generations:
            working = self._has_worked(generation)
            pids += [generation.zygote_pid, *generation.instances]
            if working or generation.is_spawning:
                busy.append(generation.zygote_pid)
            if working and generation.forks:  # those that fork hold no request themselves
                busy += generation.instances
        return set(self._excesses.find([pid for pid in pids if pid], busy))

    def _has_worked(self, generation: Generation) -> bool:
        """Tells whether a request has been open since the last look."""
        before = self._before[generation]
        ended, before.ended = before.ended, self._table.total(generation.column, ENDED)
        return ended != before.ended or bool(self._table.total(generation.column, OPEN))

    def _look_for_strays(self, generation: Generation) -> None:
        before = self._before[generation]
        strays = set() if generation.is_spawning else generation.find_strays()
        if again := strays & before.strays:
            self._end(generation, f"it has started process {min(again)}, which is no instance")
        before.strays = strays

    def _end(self, generation: Generation, cause: str) -> None:
        self._logs.add(f"[{generation.label}] {cause}")
        generation.kill_zygote()
