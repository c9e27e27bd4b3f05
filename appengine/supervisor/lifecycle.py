"""What instances are asked for when they start and stop: `/_ah/warmup`, `/_ah/start`, `/_ah/stop`.

An instance that is asked takes no other request before it has answered. It is asked on a socket
of its own, through the front, so that its answer may call services as any request does.

Source: App Engine, "Configuring Warmup Requests" and "How Instances are Managed".
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from typing import Literal

from appengine.config.app_yaml import ApplicationConfig
from appengine.config.scaling import AutomaticScaling
from appengine.front.deadlines import REQUEST_SECONDS, TASK_SECONDS
from appengine.rpc.control import STOPPED
from appengine.rpc.internal import InternalRequest
from appengine.supervisor.door import ask
from appengine.supervisor.generations import Generation
from appengine.supervisor.instance_processes import InstanceProcess, children_of
from appengine.supervisor.readiness import GenerationError

STOP_SECONDS = 30.0
"""What an instance gets to stop. Source: App Engine, "How Instances are Managed", shutdown."""

ADDRESS = "0.1.0.3"
"""Where these requests seem to come from. Source: App Engine, "How Instances are Managed"."""

LOOK_SECONDS = 0.02

LATE_SECONDS = 15.0
"""The front ends a request at its deadline; it may have waited for its instance before."""

Asked = Literal["warmup", "start", "stop"]


def asks_at_start(config: ApplicationConfig) -> Asked | None:
    """Returns what an instance is asked before it takes requests."""
    if not isinstance(config.scaling, AutomaticScaling):
        return "start"
    if "warmup" in config.inbound_services and config.isolation == "instance":
        return "warmup"
    return None


def asks_at_stop(config: ApplicationConfig) -> bool:
    """Tells whether an instance is asked to stop."""
    return not isinstance(config.scaling, AutomaticScaling)


def has_own_socket(config: ApplicationConfig) -> bool:
    """Tells whether instances are asked one by one, each on a socket of its own.

    Those that fork for each request are not: a fork that has been asked ends like all others.
    """
    return asks_at_start(config) is not None and config.isolation == "instance"


class Lifecycle:
    """Asks the instances of all modules."""

    def __init__(self, door: Path, report: Callable[[str], None]) -> None:
        """Takes the front's unix socket, and where to say what went wrong."""
        self._door = door
        self._report = report

    async def start(self, generation: Generation, instance: InstanceProcess) -> None:
        """Asks a new instance, if it is to be, and lets it take requests.

        Raises:
            GenerationError: its start request was not answered as it should; it is killed.
        """
        if (what := asks_at_start(generation.config)) is not None:
            seconds = TASK_SECONDS if what == "start" else REQUEST_SECONDS
            status = await self._request(generation, instance, what, seconds)
            if what == "start" and not _is_started(status):
                cause = f"its start request was answered with status {status}"
                if instance.pid in generation.instances:
                    instance.kill(cause)
                raise GenerationError(f"{generation.label}: an instance did not start: {cause}")
        await asyncio.get_running_loop().run_in_executor(None, instance.release)

    async def stop(
        self,
        generation: Generation,
        instance: InstanceProcess,
        cause: str = STOPPED,
        seconds: float = STOP_SECONDS,
    ) -> None:
        """Asks an instance to stop; lets it finish its requests; ends it after so many seconds."""
        if instance.is_leaving:
            return
        instance.is_leaving, instance.cause = True, instance.cause or cause
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        if asks_at_stop(generation.config):
            with suppress(TimeoutError):  # it was asked
                async with asyncio.timeout(seconds):
                    await self._request(generation, instance, "stop", seconds)
        while generation.forks and children_of(instance.pid) and loop.time() < end:
            await asyncio.sleep(LOOK_SECONDS)  # they would not outlive it
        if generation.instances.get(instance.pid) is instance:
            instance.leave(cause)
        while generation.instances.get(instance.pid) is instance:
            if loop.time() > end:
                instance.kill(cause)
            await asyncio.sleep(LOOK_SECONDS)

    async def _request(
        self, generation: Generation, instance: InstanceProcess, what: Asked, seconds: float
    ) -> int:
        request = InternalRequest(
            application=generation.config.application,
            module=generation.config.module,
            generation=generation.name,
            socket=str(instance.socket or ""),
            target=f"/_ah/{what}",
            address=ADDRESS,
            is_platform=True,
            deadline_seconds=seconds,
        )
        try:
            async with asyncio.timeout(seconds + LATE_SECONDS):
                return (await ask(self._door, request)).status
        except (OSError, TimeoutError) as error:
            self._report(f"[{generation.label}] /_ah/{what}: {error}")
            return HTTPStatus.SERVICE_UNAVAILABLE


def _is_started(status: int) -> bool:
    """Source: App Engine, "How Instances are Managed": 200 to 299, and 404."""
    return status == HTTPStatus.NOT_FOUND or 200 <= status < 300  # noqa: PLR2004  # see above
