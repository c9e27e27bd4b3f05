"""Makes the front of what it is told, and serves it."""

import logging
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from appengine.config.errors import ConfigurationError
from appengine.front.app import Front
from appengine.front.calls import Executor
from appengine.front.dispatch import Dispatcher
from appengine.front.failures import FailurePages
from appengine.front.gunicorn import GunicornServer, ServerOptions
from appengine.front.hosts import host_names
from appengine.front.internal import InternalPages
from appengine.front.options import RunOptions
from appengine.front.proxies import TrustedProxies
from appengine.front.reserve import DOOR_THREADS
from appengine.front.resources import make_resources
from appengine.front.routes import PublishedRoutes
from appengine.front.start import announcing, start_log
from appengine.front.table import Table
from appengine.front.tls import load_certificate
from appengine.rpc.callers import Caller
from appengine.rpc.internal import InternalRequest, InternalResponse
from appengine.rpc.records import Trace
from appengine.rpc.rooms import find_services, room_of
from appengine.rpc.server import Resources, Server
from appengine.storage.errors import StorageError
from appengine.storage.secrets import open_secrets


def serve_front(options: RunOptions) -> None:
    """Serves the applications."""
    start_log("front", options.settings.dev_appserver_log_level)
    runtime = Path(options.runtime)
    table = Table(runtime / "table", options.workers)
    try:
        front = make_front(options, table)
        tls = load_certificate(*options.settings.certificate)
    except (StorageError, ConfigurationError) as error:  # what no look before the start has shown
        logging.getLogger("appengine.front").error("%s", error)
        sys.exit(1)
    server_options = ServerOptions(
        descriptors=options.descriptors,
        workers=options.workers,
        threads=options.threads + DOOR_THREADS,
    )
    on_fork = announcing("front", runtime / "control", table.use_row)
    GunicornServer(front, server_options, on_fork, table.clear_row, tls).run()


def make_front(options: RunOptions, table: Table) -> Front:
    """Returns the front's WSGI application."""
    made: list[Front] = []

    def ask(request: InternalRequest, seconds: float) -> InternalResponse:
        return made[0].ask(request, seconds)

    runtime, resources = Path(options.runtime), make_resources(options, ask)
    servers = find_servers()
    dispatcher = Dispatcher(
        runtime / "control",
        table,
        Executor(servers, resources, charge_nothing),
        deadline_seconds=options.settings.request_deadline,
        has_debugger=options.settings.debugger,
        threads=options.threads,
    )
    secrets = open_secrets(Path(options.storage))
    front = Front(
        PublishedRoutes(runtime / "routes"),
        dispatcher,
        secrets,
        resources.clock,
        runtime / "control",
        InternalPages(
            secrets,
            resources.clock,
            options.login_code,
            (options.settings.admin_host, options.console_port),
            options.settings.administrators,
        ),
        host_names(options.settings),
        FailurePages(are_shown=options.settings.show_tracebacks),
        TrustedProxies(options.settings.trusted_proxies),
        lambda traces: tell_servers(servers, resources, traces),
        has_tls=any(options.settings.certificate),
    )
    made.append(front)
    return front


@cache  # found before the fork: another search would write to each object that it looks at
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


def tell_servers(
    servers: Mapping[str, type[Server]], resources: Resources, traces: Sequence[Trace]
) -> None:
    """Tells every service of requests that have ended."""
    for server in servers.values():
        server.take_requests(resources, traces)


def charge_nothing(caller: Caller, quota: str, units: int) -> None:
    """Lets every call pass: no budget is set."""
