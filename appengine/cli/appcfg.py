"""appcfg.py: administers versions; so far it checks an application's configuration."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from appengine.cli.porting.checking import check_application
from appengine.cli.porting.findings import Finding, Weight
from appengine.cli.vacuum import vacuum_indexes
from appengine.config.app_yaml import ApplicationConfig, find_file, load_application
from appengine.config.errors import ConfigurationError, shown, suggestion
from appengine.config.handlers import ScriptHandler, StaticHandler

USAGE = """\
usage: appcfg.py COMMAND ...

commands:
  check APP_DIR    prints what app.yaml states and what is ignored, and what of the application
                   this platform refuses or does otherwise
  vacuum_indexes APP_DIR [--storage_path DIR] [-f]
                   removes the indexes of the development server's data that index.yaml does not
                   list, after a question for each; -f asks nothing
  help             prints this
"""

NOT_OFFERED = (
    "backends create_bulkloader_config cron_info delete_version download_app download_data "
    "list_versions migrate_traffic request_logs resource_limits_info rollback "
    "set_default_version start_module_version stop_module_version update update_cron "
    "update_dispatch update_dos update_indexes update_queues upload_data"
).split()
"""App Engine's commands that this version does not have."""

OK, FAILED, USAGE_ERROR = 0, 1, 2
"""Exit status. Source: App Engine, appcfg.py."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit status.

    Args:
        argv: the words after the program's name; None takes the process's own.
    """
    command, *arguments = list(sys.argv[1:] if argv is None else argv) or [""]
    if command in ("help", "--help", "-h"):
        print(USAGE, end="")
        return OK
    if command in NOT_OFFERED:
        return _fail(f"{command!r} is not offered by this version", FAILED)
    if command not in COMMANDS:
        known = [*COMMANDS, "help"]
        text = f"there is no command {shown(command)}{suggestion(command, known)}"
        return _fail(text if command else "a command is missing; try 'help'", USAGE_ERROR)
    return COMMANDS[command](arguments)


def check(arguments: Sequence[str]) -> int:
    """Prints what one application states and what will not work in it; returns the status."""
    if len(arguments) != 1:
        return _fail(f"check takes one application's directory, not {len(arguments)}", USAGE_ERROR)
    config, status = None, OK
    try:
        config = load_application(arguments[0], reads_code=True)
    except ConfigurationError as error:
        if not find_file(Path(arguments[0])).is_file():
            return _fail(str(error), FAILED)
        status = _fail(str(error), FAILED)
    else:
        print("\n".join(_report(config)))
    directory = find_file(Path(arguments[0])).parent
    found = check_application(directory.resolve(), config)
    print("\n".join([*(_show(each, directory) for each in found), _count(found)]))
    return FAILED if any(each.weight is Weight.REFUSED for each in found) else status


def _show(finding: Finding, directory: Path) -> str:
    line = f":{finding.line}" if finding.line else ""
    text = finding.text.replace("\n", "\n    ")
    return f"{directory / finding.file}{line}: {finding.weight}: {text}"


def _count(found: Sequence[Finding]) -> str:
    counts = {weight: sum(each.weight is weight for each in found) for weight in Weight}
    if not found:
        return "nothing else is refused, and nothing differs"
    return ", ".join(f"{count} {weight}" for weight, count in counts.items())


def _report(config: ApplicationConfig) -> list[str]:
    title = f"application {config.application!r}, module {config.module!r}"
    lines = [f"{config.file}: {title}, version {config.version!r}, runtime {config.runtime!r}"]
    for handler in config.handlers:
        target = "?"
        if isinstance(handler, ScriptHandler):
            target = config.entrypoint or handler.script
        elif isinstance(handler, StaticHandler):
            target = handler.file
        lines.append(f"{handler.source}:{handler.line}: {handler.url} -> {target}")
    if config.entrypoint:
        lines.append(f"every other path -> {config.entrypoint}")
    for source, key in config.ignored:
        lines.append(f"{source}:{key.line}: {key.field}: ignored: {key.reason}")
    return lines


def _fail(text: str, status: int) -> int:
    print(f"appcfg.py: {text}", file=sys.stderr)
    return status


COMMANDS: dict[str, Callable[[Sequence[str]], int]] = {
    "check": check,
    "vacuum_indexes": vacuum_indexes,
}
"""Each command with its function: arguments in, exit status out."""
