"""The plan of a version: what its keeper is told of its application and its cage."""

import os
from pathlib import Path

from appengine.config.app_yaml import ApplicationConfig
from appengine.config.handlers import ScriptHandler
from appengine.config.settings import Settings
from appengine.rpc.boot import Plan
from appengine.supervisor.lifecycle import has_own_socket
from appengine.supervisor.scaling import find_scale

MEMORY_MIB = {"F1": 256, "F2": 512, "F4": 1024, "F4_1G": 2048} | {
    "B1": 256,
    "B2": 512,
    "B4": 1024,
    "B4_1G": 2048,
    "B8": 2048,
}
"""Memory of one instance by `instance_class`. Source: App Engine, "Instance classes"."""

PROCESSORS = {"F1": 1, "F2": 2, "F4": 4, "F4_1G": 4} | {
    "B1": 1,
    "B2": 2,
    "B4": 4,
    "B4_1G": 4,
    "B8": 8,
}
"""Processors that one instance may keep busy, by class: one for each 600 MHz that App Engine names.

Source: App Engine, "Instance classes".
"""

HARD_SHARE = 1.25
"""Of the memory of its class, at which an instance is refused more, or killed.

One that holds more than the class has, in sum, finishes its requests and goes.
Source: App Engine's log, "Exceeded soft private memory limit".
"""

PROCESSES = 200
"""And threads of a version's user, at the least."""

THREADS_BESIDE = 16
"""Of an instance, beside those that serve: those that the application starts."""


def make_plan(
    config: ApplicationConfig,
    settings: Settings,
    layers: list[str],
    files: Path,
    libraries: Path | None,
    environ: dict[str, str],
    user: int | None,
) -> Plan:
    """Returns what the keeper of a version is told.

    Args:
        config: of the version.
        settings: the operator's.
        layers: of the sandbox, to put up.
        files: the directory of those that it sees.
        libraries: the directory of those that its requirements.txt names.
        environ: what is the same for all requests, and holds outside of them.
        user: that root becomes for it.
    """
    scripts = [config.entrypoint] if config.entrypoint else []
    for handler in config.handlers:
        if isinstance(handler, ScriptHandler) and "\\" not in handler.script:
            scripts.append(handler.script)
    wanted = [script for script in dict.fromkeys(scripts) if script != "auto"]
    has_cgi = any(script.endswith(".py") for script in wanted)
    scale = find_scale(config, settings.most_instances(config.module))
    one_at_a_time = has_cgi or not settings.is_threadsafe(config.module, config.is_threadsafe)
    forks = scale.threads if config.isolation == "request" else 0
    return Plan(
        application=config.application,
        version=config.version,
        directory=os.path.realpath(files),
        libraries=os.path.realpath(libraries) if libraries else "",
        scripts=wanted,
        environ=environ,
        layers=layers,
        uid=user,
        memory_bytes=int(MEMORY_MIB[config.instance_class] * 2**20 * HARD_SHARE),
        processes=max(PROCESSES, scale.most * (scale.threads + THREADS_BESIDE)),
        threads=1 if one_at_a_time or forks else scale.threads,
        forks=forks,
        has_own_socket=has_own_socket(config),
        has_terminal=settings.debugger,
        debug=settings.show_tracebacks,
        log_level=settings.log_level,
    )
