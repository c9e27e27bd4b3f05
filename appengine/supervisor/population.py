"""The instances of a module: started when they are needed, stopped when they are not."""

import asyncio
from collections.abc import Callable, Coroutine

from msgspec import Struct, structs

from appengine.config.app_yaml import ApplicationConfig
from appengine.front.table import Table
from appengine.supervisor.generations import Generation
from appengine.supervisor.idleness import Idleness
from appengine.supervisor.instance_processes import children_of
from appengine.supervisor.lifecycle import Lifecycle
from appengine.supervisor.readiness import GenerationError, ZygoteGoneError
from appengine.supervisor.replacements import Pace
from appengine.supervisor.scaling import SURPLUS_SECONDS, Scale, find_scale

FIRST_BACK_OFF_SECONDS = 0.1
MAX_BACK_OFF_SECONDS = 5.0
"""After starts that fail; those that die later are replaced at their own pace."""


class _Starts(Struct):
    """Of one generation.

    Attributes:
        begun: instances that are being started, or wait until they may be.
        asked: of those, or the first: they live, and are warmed up.
        back_off: seconds that the next one waits, after starts that have failed.
    """

    begun: int = 0
    asked: int = 0
    back_off: float = 0.0


def next_back_off(seconds: float) -> float:
    """Returns how long to wait after one more failure in a row."""
    return min(MAX_BACK_OFF_SECONDS, max(FIRST_BACK_OFF_SECONDS, seconds * 2))


class Population:
    """Keeps one generation at a time as numerous as its module's scaling asks for."""

    def __init__(
        self,
        table: Table,
        most_stated: int | None,
        report: Callable[[str], None],
        run: Callable[[Coroutine[object, object, None]], None],
        lifecycle: Lifecycle,
    ) -> None:
        """Takes the front's counts, the operator's maximum, and how to start tasks."""
        self._lifecycle = lifecycle
        self.scale = Scale(least=0, most=1)
        self._idleness = Idleness(table)
        self._most_stated = most_stated
        self._report = report
        self._run = run
        self._generation: Generation | None = None
        self._pace = Pace()
        self._starts = _Starts()

    def configure(self, config: ApplicationConfig) -> None:
        """Follows a module's app.yaml from now on."""
        self.scale = find_scale(config, self._most_stated)

    def set_count(self, instances: int) -> None:
        """Has so many instances from now on: more are started, others end their requests and stop.

        Source: App Engine, "Modules", `set_num_instances`, `stop_version`.
        """
        self.scale = structs.replace(self.scale, least=instances, most=instances)
        self.fill()
        if (generation := self._generation) is not None:
            staying = generation.staying()
            longest_idle_first = self._idleness.find_idle(staying, 0.0)
            for pid in longest_idle_first[: max(0, len(staying) - instances)]:
                self._run(self._lifecycle.stop(generation, staying[pid]))

    def keep(self, generation: Generation) -> None:
        """Keeps this generation from now on, none before it, nor what that one waited for."""
        self._generation, self._starts = generation, _Starts()
        self.fill()

    def need(self, name: str, at_once: bool = False) -> bool:
        """Starts one more instance of a generation for requests that wait, up to the maximum.

        One after the other, so that a burst does not start more than it needs; `at_once`: a request
        has waited as long as it may.

        Returns:
            Whether that is none.
        """
        generation = self._generation
        if generation is None or generation.name != name:
            return False
        unborn = max(0, self._starts.begun - self._starts.asked)
        if (at_once or not self._starts.begun) and (
            len(generation.staying()) + unborn < self.scale.most
        ):
            self._begin(generation)
        return not self.scale.most

    def fill(self) -> None:
        """Starts instances up to the least number, and to that which is kept ready."""
        if (generation := self._generation) is None:
            return
        staying, wanted = generation.staying(), self.scale.least
        if self.scale.least_idle:
            wanted = max(wanted, self._idleness.count_busy(staying) + self.scale.least_idle)
        for _ in range(min(wanted, self.scale.most) - len(staying) - self._starts.begun):
            self._begin(generation)

    def stop_idle(self) -> None:
        """Stops instances above the least number that have nothing to do."""
        if (generation := self._generation) is None:
            return
        for most, seconds in (
            (self.scale.most_idle, SURPLUS_SECONDS),
            (self.scale.least_idle, self.scale.idle_seconds),
        ):
            staying = generation.staying()
            idle = len(staying) - self._idleness.count_busy(staying)
            surplus = max(0, min(len(staying) - self.scale.least, idle - most))
            for pid in self._idleness.find_idle(staying, seconds)[:surplus]:
                if not (generation.forks and children_of(pid)):
                    self._run(self._lifecycle.stop(generation, staying[pid]))

    async def start(self, generation: Generation) -> None:
        """Starts an instance, asks it what it is to be asked, and lets it take requests.

        Raises:
            GenerationError: it did not start.
        """
        starts = self._starts
        instance = await generation.spawn()
        starts.asked += 1
        try:
            await self._lifecycle.start(generation, instance)
        finally:
            starts.asked -= 1

    def _begin(self, generation: Generation) -> None:
        self._starts.begun += 1  # at once: the next question may come before the task runs
        self._run(self._add(generation, self._starts))

    async def _add(self, generation: Generation, starts: _Starts) -> None:
        try:
            await asyncio.sleep(max(starts.back_off, self._pace.take()))
            if generation is self._generation and len(generation.staying()) < self.scale.most:
                await self.start(generation)
                starts.back_off = 0.0
        except ZygoteGoneError:
            return
        except GenerationError as error:
            self._report(str(error))
            starts.back_off = next_back_off(starts.back_off)
            if generation is self._generation and not generation.instances:
                self._begin(generation)
        finally:
            starts.begun -= 1
