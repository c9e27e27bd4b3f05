"""One module being served: its current generation of instances, and how that is replaced."""

import asyncio
import itertools
import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from pathlib import Path

import msgspec

from appengine.config.app_yaml import ApplicationConfig
from appengine.config.errors import ConfigurationError
from appengine.config.scaling import AutomaticScaling
from appengine.config.settings import MAX_DEADLINE_SECONDS, Settings
from appengine.front.deadlines import find_longest
from appengine.front.environ import version_environ
from appengine.front.routes import VersionRoute
from appengine.front.table import VERSIONS, Table
from appengine.rpc.control import STOPPED
from appengine.supervisor.application_files import FilesError
from appengine.supervisor.cgroups import CgroupTree
from appengine.supervisor.debugger import Debugger
from appengine.supervisor.generations import Generation
from appengine.supervisor.instance_processes import InstanceProcess, parent_of
from appengine.supervisor.keepers import Keepers
from appengine.supervisor.libraries import Libraries, cache_directory
from appengine.supervisor.lifecycle import STOP_SECONDS, Lifecycle, asks_at_start, asks_at_stop
from appengine.supervisor.logs import Logs
from appengine.supervisor.module_files import ModuleFiles
from appengine.supervisor.patrol import PATROL_SECONDS, Patrol
from appengine.supervisor.plans import MEMORY_MIB, PROCESSORS, make_plan
from appengine.supervisor.population import Population, next_back_off
from appengine.supervisor.readiness import GenerationError
from appengine.supervisor.replacements import Pace
from appengine.supervisor.rereading import read_again
from appengine.supervisor.retirement import finish_requests
from appengine.supervisor.scaling import find_scale
from appengine.supervisor.users import Users

REVIVALS = 5
REVIVAL_SECONDS = 5.0
"""New generations in place of ones that ended: so many at once, then one in so many seconds."""

COLD = "loading the application leaves threads running: each instance will load it for itself"
KEPT_CAUSES = 1000

log = logging.getLogger("appengine.supervisor")
_names = itertools.count(1)


class Platform(msgspec.Struct, frozen=True, kw_only=True):
    """What the supervisor lends to its modules."""

    settings: Settings
    directory: Path
    keepers: Keepers
    layers: list[str]
    logs: Logs
    table: Table
    columns: set[int]
    users: Users
    cgroups: CgroupTree | None
    lifecycle: Lifecycle
    debugger: Debugger | None
    publish: Callable[[], None]
    report: Callable[[str], None]


class ModuleServer:
    """One app.yaml: it is loaded again when a file of the application changes.

    Attributes:
        causes: why instances ended, by process number; the newest 1,000.
        error: why the newest state of the files is not the one that is served; "" if it is.
    """

    def __init__(self, config: ApplicationConfig, port: int, platform: Platform) -> None:
        self.config = config
        self.port = port
        self.error = ""
        self.generation: Generation | None = None
        self._platform = platform
        self._retiring: set[Generation] = set()
        self._failure = ""
        self._loaded = time.time()
        self._population = Population(
            platform.table,
            platform.settings.most_instances(config.module),
            platform.report,
            self._run,
            platform.lifecycle,
        )
        self._starting: Generation | None = None
        self._revivals = Pace(REVIVALS, REVIVAL_SECONDS)
        self._reloading = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self.causes: OrderedDict[int, str] = OrderedDict()
        self._libraries = Libraries(cache_directory(), platform.report)
        self._files = ModuleFiles(
            platform.directory,
            platform.report,
            with_skipped=platform.settings.allow_skipped_files,
        )

    async def start(self) -> None:
        """Makes the first generation; one that fails is shown in the application's place."""
        self._run(self._keep_watch())
        async with self._reloading:
            await self._replace(self.config)

    async def _keep_watch(self) -> None:
        """Looks once a second after instances: too many, too few, or beyond their limits."""
        patrol = Patrol(self._platform.table, self._platform.logs)
        while True:
            await asyncio.sleep(PATROL_SECONDS)
            living = [each for each in (self.generation, self._starting) if each is not None]
            patrol.look([*living, *self._retiring], self._soft_bytes, self._grace_seconds)
            if self.generation is not None:
                self._population.stop_idle()
                self._population.fill()

    async def reload(self) -> None:
        """Makes a new generation of the files as they are now; requests move when it is ready."""
        async with self._reloading:
            try:
                config = read_again(self.config, self._platform.settings.application)
            except ConfigurationError as error:
                self.error = str(error)
                self._platform.report(f"{error} (the version before it is served on)")
                return
            before = self.generation
            await self._replace(config, before if before and before.has_ended else None)

    async def _replace(self, config: ApplicationConfig, ended: Generation | None = None) -> None:
        platform, loaded = self._platform, time.time()
        processors, user = PROCESSORS[config.instance_class], platform.users.find(config)
        fresh = self._starting = self._make_generation(config, ended, loaded)
        try:
            fresh.files = await self._files.show(config, fresh.name, user)
            libraries = await self._libraries.provide(config)
            given = self._environ(config, loaded)
            plan = make_plan(
                config, platform.settings, platform.layers, fresh.files, libraries, given, user
            )
            await fresh.start(platform.keepers, plan, processors)
            if fresh.has_threads:
                warm, fresh = fresh, self._make_generation(config, fresh, loaded)
                self._starting = fresh
                fresh.files, warm.files = warm.files, None
                self._end(warm)
                platform.report(f"[{fresh.label}] {COLD}")
                cold = msgspec.structs.replace(plan, scripts=[])
                await fresh.start(platform.keepers, cold, processors)
            await self._start_first(fresh, config)
        except asyncio.CancelledError:
            self._end(fresh)
            raise
        except (GenerationError, FilesError) as error:
            if ended is not None:
                ended.take_socket_back(fresh)
            self._end(fresh)
            self.error = str(error)
            platform.report(str(error))
            if self.generation is None:
                self.config, self._failure = config, str(error)
                platform.publish()
            return
        finally:
            self._starting = None
        self.error = next(iter(fresh.failures.values()), "")
        if self.error:
            platform.report(f"[{fresh.label}] {self.error.rstrip()}")
        self.config, self._failure, self._loaded = config, "", loaded
        before, self.generation = self.generation, fresh
        self._population.configure(config)
        platform.publish()
        self._population.keep(fresh)
        if before is not None:
            self._run(self._retire(before))

    async def _start_first(self, fresh: Generation, config: ApplicationConfig) -> None:
        """Starts the first instance, if there is one without a request."""
        if not find_scale(config, self._platform.settings.most_instances(config.module)).least:
            return
        if asks_at_start(config) is not None:  # the front must know whom to ask
            self._platform.publish()
        await self._population.start(fresh)

    def _make_generation(
        self, config: ApplicationConfig, ended: Generation | None, loaded: float
    ) -> Generation:
        generation = Generation(
            config,
            f"v{next(_names)}",
            self._take_column(),
            self._platform.directory,
            self._platform.logs,
            self._replace_dead,
            self._replace_ended,
            ended,
            self._platform.cgroups,
            self._platform.debugger,
        )
        generation.loaded = loaded
        return generation

    def route(self) -> VersionRoute:
        """Returns what the front has to know of this module now."""
        return self._route_of(self.generation, self.config)

    def other_routes(self) -> dict[str, VersionRoute]:
        """Returns what it has to know of generations that start or retire, by name."""
        others = [*self._retiring, *([self._starting] if self._starting else [])]
        return {each.name: self._route_of(each, each.config) for each in others}

    def _route_of(self, generation: Generation | None, config: ApplicationConfig) -> VersionRoute:
        scale = find_scale(config, self._platform.settings.most_instances(config.module))
        return VersionRoute(
            name=generation.name if generation else "",
            column=generation.column if generation else 0,
            socket=str(generation.socket) if generation else "",
            directory=str(config.directory),
            application=config.application,
            module=config.module,
            version=config.version,
            runtime=config.runtime,
            handlers=config.handlers,
            entrypoint=config.entrypoint,
            environ=self._environ(config, generation.loaded if generation else self._loaded),
            skip_files=config.skip_files,
            error_handlers=config.error_handlers,
            has_long_requests=not isinstance(config.scaling, AutomaticScaling),
            forks=config.isolation == "request",
            soft_bytes=MEMORY_MIB[config.instance_class] * 2**20,
            need_seconds=scale.need_seconds,
            longest_seconds=scale.longest_seconds,
            failure=self._failure if generation is self.generation else "",
            inbound_services=config.inbound_services,
        )

    def _environ(self, config: ApplicationConfig, loaded: float) -> dict[str, str]:
        return version_environ(
            config,
            minor=f"{int(loaded)}",
            port=self.port,
            auth_domain=self._platform.settings.auth_domain,
            variables=self._platform.settings.variables,
        )

    @property
    def population(self) -> Population:
        """Its instances, as many as its scaling asks for."""
        return self._population

    def find(self, pid: int) -> InstanceProcess | None:
        """Returns the instance of a process number, of this generation or one that retires."""
        for generation in (self.generation, *self._retiring):
            if generation is not None and (found := generation.find(pid)) is not None:
                return found
        return None

    def end_stranger(self, name: str, pid: int) -> None:
        """Ends a whole generation where a process answers that was never made an instance of it.

        Its zygote must have forked it by itself; nobody else can tell it from the others.
        """
        for generation in (self.generation, *self._retiring):
            if generation is not None and generation.name == name and pid not in self.causes:
                if generation.config.isolation == "request" and not parent_of(pid):
                    continue  # it has ended, as each does: nothing says that it was a stranger
                self._platform.report(f"[{generation.label}] process {pid} is no instance of it")
                generation.kill_zygote()

    def close(self) -> None:
        """Ends all generations."""
        for task in self._tasks:
            task.cancel()
        for generation in (self.generation, *self._retiring):
            if generation is not None:
                generation.close()
        self.generation = None
        self._retiring.clear()

    @property
    def is_started(self) -> bool:
        """Whether there is anything to answer with: instances, or why there are none."""
        return self.generation is not None or bool(self._failure)

    def let_go(self, pid: int, cause: str) -> None:
        """Lets an instance finish its requests and end."""
        for generation in (self.generation, *self._retiring):
            if generation is not None and (instance := generation.instances.get(pid)) is not None:
                generation.let_go(instance, cause, self._grace_seconds)
                self._population.fill()

    @property
    def _soft_bytes(self) -> int:
        return MEMORY_MIB[self.config.instance_class] * 2**20

    @property
    def _grace_seconds(self) -> float:
        """How long an instance may take that ends by itself."""
        settings = self._platform.settings
        if settings.debugger:  # a developer may look at its requests
            return MAX_DEADLINE_SECONDS
        return find_longest(self.route(), settings.request_deadline) + 1

    def _replace_ended(self, generation: Generation, cause: str) -> None:
        """Is called when a zygote has ended, and with it all its instances."""
        if generation is self.generation:
            self._platform.report(f"[{generation.label}] its zygote ended: {cause}")
            self._run(self._revive(generation))

    async def _revive(self, ended: Generation | None) -> None:
        """Makes a new generation in place of one that has ended, however often that fails.

        While it waits, other files make one at once.
        """
        delay = self._revivals.take()
        while self.generation is ended:
            await asyncio.sleep(delay)
            async with self._reloading:
                if self.generation is ended:
                    await self._replace(self.config, ended)
            delay = next_back_off(delay)

    def _replace_dead(self, generation: Generation, instance: InstanceProcess) -> None:
        """Is called when an instance has died."""
        self.causes[instance.pid] = instance.cause
        self.causes.move_to_end(instance.pid)
        if len(self.causes) > KEPT_CAUSES:
            self.causes.popitem(last=False)
        if generation is self.generation:
            kind = "request's process" if instance.is_request else "instance"
            self._platform.report(
                f"[{generation.label}] {kind} {instance.pid} ended: {instance.cause}"
            )
            self._population.fill()

    async def _retire(self, generation: Generation) -> None:
        """Ends a generation when its last request has ended."""
        self._retiring.add(generation)
        if asks_at_stop(generation.config):
            self._platform.publish()
        start, table = self._population.start, self._platform.table
        await finish_requests(generation, table, start, self._grace_seconds)
        await self._stop_instances(generation)
        self._end(generation)
        self._retiring.discard(generation)

    async def _stop_instances(self, generation: Generation, seconds: float = STOP_SECONDS) -> None:
        stop = self._platform.lifecycle.stop
        staying = generation.staying().values()
        await asyncio.gather(*(stop(generation, each, STOPPED, seconds) for each in staying))

    async def say_goodbye(self, seconds: float) -> None:
        """Asks those instances to stop that are asked at all, before the server stops."""
        if self.generation is not None and asks_at_stop(self.generation.config):
            await self._stop_instances(self.generation, seconds)

    def _take_column(self) -> int:
        columns = self._platform.columns
        column = next(place for place in range(VERSIONS) if place not in columns)
        columns.add(column)
        return column

    def _end(self, generation: Generation) -> None:
        generation.close()
        self._platform.columns.discard(generation.column)

    def _run(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finish)

    def _finish(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a task of %s failed", self.config.application, exc_info=error)
