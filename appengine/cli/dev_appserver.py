"""dev_appserver.py: serves applications for development."""

import os
import sys
from collections.abc import Sequence
from ipaddress import ip_network
from pathlib import Path

import msgspec

from appengine.cli.options import Arguments, parse_arguments
from appengine.cli.outside import check_outside
from appengine.config.app_yaml import ApplicationConfig, load_application
from appengine.config.dispatch_yaml import (
    DispatchConfig,
    find_dispatch,
    is_dispatch_file,
    load_dispatch,
)
from appengine.config.errors import ConfigurationError, suggestion
from appengine.config.patterns import Regex
from appengine.front.tls import load_certificate
from appengine.supervisor.run import run

USAGE_ERROR = 2
"""Exit status for everything that a person wrote wrong."""


def main(argv: Sequence[str] | None = None) -> int:
    """Serves the applications that a command line names; returns the exit status.

    Args:
        argv: the words after the command's name; None takes the process's own.
    """
    try:
        arguments = parse_arguments(sys.argv[1:] if argv is None else argv, os.environ)
        applications = load_applications(arguments)
        dispatch = load_dispatches(arguments, applications)
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return USAGE_ERROR
    for note in arguments.notes:
        print(note, file=sys.stderr)
    return run(arguments.settings, applications, dispatch)


def load_applications(arguments: Arguments) -> list[ApplicationConfig]:
    """Returns the configurations of all paths of a command line.

    Raises:
        ConfigurationError: one is wrong, or two are the same module of one application.
    """
    applications = []
    seen: dict[tuple[str, str], ApplicationConfig] = {}
    for path in arguments.paths:
        if is_dispatch_file(path):
            continue
        config = load_application(path, arguments.settings.application, reads_code=True)
        first = seen.setdefault((config.application, config.module), config)
        if first is not config:
            text = f"module {config.module!r} of {config.application!r} is already in {first.file}"
            raise ConfigurationError(f"{config.file}: {text}")
        if arguments.settings.auto_id_policy == "sequential":
            config = msgspec.structs.replace(config, auto_id_policy="legacy")
        applications.append(config)
    if not applications:
        raise ConfigurationError(f"{arguments.paths[0]}: an application's app.yaml is missing")
    check_texts(arguments)
    check_outside(arguments.settings)
    check_ports(arguments, applications)
    return applications


def check_texts(arguments: Arguments) -> None:
    """Checks the networks and the expression among the settings.

    Raises:
        ConfigurationError: one of them is none.
    """
    load_certificate(*arguments.settings.certificate)
    try:
        Regex(arguments.settings.watcher_ignore_re or "")
    except ValueError as error:
        raise ConfigurationError(f"--watcher_ignore_re: {error}") from error
    for text in arguments.settings.trusted_proxies:
        try:
            ip_network(text, strict=False)
        except ValueError as error:
            raise ConfigurationError(f"--trusted_proxies: {error}") from error


def check_ports(arguments: Arguments, applications: list[ApplicationConfig]) -> None:
    """Checks that the modules whose ports are fixed are served.

    Raises:
        ConfigurationError: one of them is not, or two have the same port.
    """
    modules = [config.module for config in applications]
    ports: dict[int, str] = {}
    for module, port in arguments.settings.module_ports.items():
        if module not in modules:
            text = f"no module {module!r} is served{suggestion(module, modules)}"
            raise ConfigurationError(f"--specified_service_ports: {text}")
        if port and ports.setdefault(port, module) != module:
            text = f"port {port} is that of {ports[port]!r} already"
            raise ConfigurationError(f"--specified_service_ports: {module!r}: {text}")


def load_dispatches(
    arguments: Arguments, applications: list[ApplicationConfig]
) -> list[DispatchConfig]:
    """Returns the dispatch.yaml of each application that has one: named, or in its directory.

    Raises:
        ConfigurationError: one is wrong, names a module that is not served, or is a second one.
    """
    found: dict[str, DispatchConfig] = {}
    for path in filter(is_dispatch_file, arguments.paths):
        config = _load_dispatch(Path(path), applications, is_strict=True)
        first = found.setdefault(config.application, config)
        if first is not config:
            text = f"the dispatch.yaml of {config.application!r} is {first.file} already"
            raise ConfigurationError(f"{path}: {text}")
    for application in applications:
        file = find_dispatch(application.file.parent)
        if file is not None and application.application not in found:
            config = _load_dispatch(file, applications, is_strict=False)
            found.setdefault(config.application, config)
    return list(found.values())


def _load_dispatch(
    path: Path, applications: list[ApplicationConfig], *, is_strict: bool
) -> DispatchConfig:
    """Returns what a file states, for the application that it means."""
    home = path.parent.resolve()
    beside = [config for config in applications if config.directory == home]
    config = load_dispatch(path)
    name = config.application or (beside or applications)[0].application
    modules = tuple(each.module for each in applications if each.application == name)
    if not modules:
        text = f"no application {name!r} is served"
        raise ConfigurationError(f"{path}: application: {text}")
    config = load_dispatch(path, modules, is_strict=is_strict)
    return msgspec.structs.replace(config, application=name)
