"""Makes the front and the console of what they are told, and serves them."""

import logging
import os
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TypeVar

import msgspec

from appengine.front.app import Front
from appengine.front.calls import Executor
from appengine.front.dispatch import Dispatcher
from appengine.front.gunicorn import GunicornServer, ServerOptions, die_with_parent
from appengine.front.internal import InternalPages
from appengine.front.options import ConsoleOptions, FrontOptions
from appengine.front.resources import make_resources
from appengine.front.routes import PublishedRoutes
from appengine.front.table import Table
from appengine.rpc.callers import Caller
from appengine.rpc.control import Done, WorkerReady, ask
from appengine.rpc.rooms import find_services, room_of
from appengine.rpc.server import Server
from appengine.storage.secrets import open_secrets

O = TypeVar("O", bound=msgspec.Struct)  # noqa: E741  # the options' type


def serve_front(descriptor: str) -> None:
    """Serves the applications; `descriptor` is that of the pipe that holds the options."""
    die_with_parent(os.getppid())
    options = _read(int(descriptor), FrontOptions)
    _start_log("front", options.settings.dev_appserver_log_level)
    runtime, resources = Path(options.runtime), make_resources(options)
    table = Table(runtime / "table", options.workers)
    executor = Executor(find_servers(), resources, charge_nothing)
    dispatcher = Dispatcher(
        runtime / "control",
        table,
        executor,
        deadline_seconds=options.settings.request_deadline,
        share=options.threads // 2,
    )
    secrets = open_secrets(Path(options.storage))
    front = Front(
        PublishedRoutes(runtime / "routes"),
        dispatcher,
        secrets,
        resources.clock,
        runtime / "control",
        InternalPages(secrets, resources.clock, options.login_code),
    )
    server_options = ServerOptions(
        descriptors=options.descriptors, workers=options.workers, threads=options.threads
    )
    on_fork = _announcing("front", runtime / "control", table.use_row)
    GunicornServer(front, server_options, on_fork, table.clear_row).run()


def serve_console(descriptor: str) -> None:
    """Serves the Admin Console; see `serve_front`."""
    die_with_parent(os.getppid())
    options = _read(int(descriptor), ConsoleOptions)
    _start_log("console", options.settings.dev_appserver_log_level)
    from appengine.front.console import make_console  # noqa: PLC0415  # the front needs none of it

    console = make_console(options)
    server_options = ServerOptions(
        descriptors=options.descriptors, workers=1, threads=options.threads
    )
    on_fork = _announcing("console", Path(options.runtime) / "control", lambda row: None)
    GunicornServer(console, server_options, on_fork, lambda row: None).run()


def find_servers() -> dict[str, type[Server]]:
    """Returns the server of each declared service."""
    servers: dict[str, type[Server]] = {}
    for name, service in find_services().items():
        module = f"{room_of(service)}.server"
        if find_spec(module) is None:
            raise ImportError(f"service {name!r} has no server: {module} is not there")
        for value in vars(import_module(module)).values():
            if isinstance(value, type) and issubclass(value, service) and issubclass(value, Server):
                servers[name] = value
    return servers


def charge_nothing(caller: Caller, quota: str, units: int) -> None:
    """Lets every call pass: no budget is set."""


def _announcing(role: str, control: Path, on_fork: Callable[[int], None]) -> Callable[[int], None]:
    def announce(row: int) -> None:
        on_fork(row)
        ask(control, WorkerReady(role), Done)

    return announce


def _read(descriptor: int, kind: type[O]) -> O:
    with os.fdopen(descriptor, "rb") as pipe:
        return msgspec.msgpack.decode(pipe.read(), type=kind)


def _start_log(name: str, level: str) -> None:
    logging.basicConfig(
        stream=sys.stderr, level=level.upper(), format=f"%(levelname)s {name}: %(message)s"
    )
    logging.getLogger("gunicorn").setLevel(logging.WARNING)
