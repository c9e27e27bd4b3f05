"""dev_appserver.py: serves applications for development."""

import os
import sys
from collections.abc import Sequence

from appengine.cli.options import Arguments, parse_arguments
from appengine.config.app_yaml import ApplicationConfig, load_application
from appengine.config.errors import ConfigurationError
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
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return USAGE_ERROR
    return run(arguments.settings, applications)


def load_applications(arguments: Arguments) -> list[ApplicationConfig]:
    """Returns the configurations of all paths of a command line.

    Raises:
        ConfigurationError: one is wrong, or two are the same module of one application.
    """
    applications = []
    seen: dict[tuple[str, str], ApplicationConfig] = {}
    for path in arguments.paths:
        config = load_application(path, arguments.settings.application)
        first = seen.setdefault((config.application, config.module), config)
        if first is not config:
            text = f"module {config.module!r} of {config.application!r} is already in {first.file}"
            raise ConfigurationError(f"{config.file}: {text}")
        applications.append(config)
    return applications
