"""The command line of dev_appserver.py, made from the fields of `Settings`."""

import argparse
from collections.abc import Iterable, Mapping, Sequence
from typing import NoReturn

import msgspec
from msgspec import Struct

from appengine.config.declared_options import Declared
from appengine.config.errors import ConfigurationError, shown, suggestion
from appengine.config.retired_options import EQUIVALENTS, RETIRED, Retired
from appengine.config.settings import OPTIONS, Settings
from appengine.config.values import FALSE, TRUE, describe

PROGRAM = "dev_appserver.py"

WIDTH = 100
"""Columns of help, whatever the terminal's width: the page is the same everywhere."""


class Arguments(Struct, frozen=True):
    """What a person asks for: the settings, and the applications' paths.

    Attributes:
        notes: a line about each flag that does nothing.
    """

    settings: Settings
    paths: tuple[str, ...]
    notes: tuple[str, ...] = ()


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ConfigurationError(message)


def parse_arguments(argv: Sequence[str], environment: Mapping[str, str]) -> Arguments:
    """Returns what flags and environment variables state; a flag wins over its variable.

    Raises:
        ConfigurationError: one of them is unknown or wrong.
        SystemExit: help was asked for and is printed.
    """
    try:
        return _parse(argv, environment)
    except ConfigurationError as error:
        raise ConfigurationError(f"{PROGRAM}: {error}") from error


def _parse(argv: Sequence[str], environment: Mapping[str, str]) -> Arguments:
    end = list(argv).index("--") if "--" in argv else len(argv)
    words, notes = _without_retired(argv[:end])
    known, unknown = make_parser().parse_known_intermixed_args(_one_word_each(words))
    for word in unknown:
        flag = word.partition("=")[0]
        raise ConfigurationError(f"there is no option {shown(flag)}{_likely(flag)}")
    values = _from_environment(environment)
    for option in OPTIONS:
        if (texts := getattr(known, option.name)) is not None:
            values[option.name] = _value(option, option.flag, texts)
    paths = (*known.app_dir_or_yaml, *argv[end + 1 :])
    if not paths:
        raise ConfigurationError("an application's directory or app.yaml is missing; try --help")
    try:
        return Arguments(msgspec.convert(values, Settings), paths, notes)
    except msgspec.ValidationError as error:  # of one value beside the others, or as a whole
        raise ConfigurationError(str(error)) from error


def make_parser() -> argparse.ArgumentParser:
    """Returns the parser of dev_appserver.py's command line."""
    parser = _Parser(
        prog=PROGRAM,
        usage=f"{PROGRAM} [options] app_dir_or_yaml ...",
        description="Serves applications in a sandbox, for development.",
        epilog="Flags that are on or off take yes or no: --automatic_restart=no.",
        allow_abbrev=False,
        formatter_class=lambda prog: argparse.HelpFormatter(prog, 2, 34, WIDTH),
    )
    parser.add_argument(
        "app_dir_or_yaml", nargs="*", help="an application's directory, or its app.yaml"
    )
    for title in dict.fromkeys(option.option.group for option in OPTIONS):
        group = parser.add_argument_group(title)
        for option in OPTIONS:
            if option.option.group == title:
                _add(group, option)
    return parser


def _add(group: argparse._ArgumentGroup, option: Declared) -> None:
    names = (*(name for name in option.option.aliases if name[1] != "-"), option.flag)
    hidden = tuple(name for name in option.option.aliases if name[1] == "-")
    group.add_argument(
        *names,
        dest=option.name,
        action="append",
        metavar=_metavar(option),
        help=f"{option.option.help}{_default_text(option)}".replace("%", "%%"),
    )
    for name in hidden:
        group.add_argument(name, dest=option.name, action="append", help=argparse.SUPPRESS)


def _metavar(option: Declared) -> str:
    if option.is_boolean:
        return "yes|no"
    return option.option.metavar or "|".join(getattr(option.hint, "__args__", ()))


def _default_text(option: Declared) -> str:
    if option.default in (None, ()):
        return ""
    return f" ({default_text(option)})"


def default_text(option: Declared) -> str:
    """Returns an option's default as a person would write it."""
    default = option.default
    if isinstance(default, bool):
        return "yes" if default else "no"
    if isinstance(default, float):
        return f"{default:g}"
    if isinstance(default, tuple):
        return ",".join(default)
    return "" if default is None else str(default)


def _one_word_each(argv: Sequence[str]) -> list[str]:
    """Returns the words with each on-off flag and its value as one word.

    `--clear_datastore guestbook` is the flag and an application; `--clear_datastore no` is not.
    """
    switches = [option for option in OPTIONS if option.is_boolean]
    booleans = {name for option in switches for name in (option.flag, *option.option.aliases)}
    words: list[str] = []
    rest = list(argv)
    while rest:
        word = _with_underscores(rest.pop(0))
        if word in booleans:
            value = rest.pop(0) if rest and rest[0].lower() in TRUE | FALSE else "yes"
            word = f"{word}={value}" if word.startswith("--") else f"{word}{value}"
        words.append(word)
    return words


def retired_flags() -> dict[str, Retired]:
    """Returns the flags of App Engine's server that are accepted and do nothing."""
    served = {name for option in OPTIONS for name in (option.flag, *option.option.aliases)}
    return {flag: retired for flag, retired in RETIRED.items() if flag not in served}


def _without_retired(argv: Sequence[str]) -> tuple[list[str], tuple[str, ...]]:
    """Returns the words without the flags that do nothing, and a line about each of those.

    An older spelling of an option becomes what it is spelled today.
    """
    retired, served = retired_flags(), {option.flag for option in OPTIONS}
    words: list[str] = []
    notes: dict[str, str] = {}
    rest = list(argv)
    while rest:
        word = rest.pop(0)
        flag, equals, _ = _with_underscores(word).partition("=")
        today = EQUIVALENTS.get(flag, "")
        if today.partition("=")[0] in served:
            words.append(today)
        elif (found := retired.get(flag)) is None:
            words.append(word)
        else:
            notes[flag] = f"{PROGRAM}: {flag} does nothing: {found.reason}"
            if not equals and rest and _is_value(rest[0], found):
                rest.pop(0)
    return words, tuple(notes.values())


def _is_value(word: str, flag: Retired) -> bool:
    return word.lower() in TRUE | FALSE if flag.is_switch else not word.startswith("-")


def _with_underscores(word: str) -> str:
    """Returns `--admin-port=1` as `--admin_port=1`; other words as they are."""
    flag, equals, value = word.partition("=")
    return f"--{flag[2:].replace('-', '_')}{equals}{value}" if flag.startswith("--") else word


def _likely(flag: str) -> str:
    return suggestion(flag, [*(option.flag for option in OPTIONS), *retired_flags()])


def _from_environment(environment: Mapping[str, str]) -> dict[str, object]:
    return {
        option.name: _value(option, option.variable, [environment[option.variable]])
        for option in OPTIONS
        if environment.get(option.variable)
    }


def _value(option: Declared, name: str, texts: Iterable[str]) -> object:
    try:
        values = [option.parse(text) for text in texts]
    except ValueError as error:
        raise ConfigurationError(f"{name}: {error}") from error
    if option.item_hint is None:
        return values[-1]
    return tuple(item for value in values for item in value)  # type: ignore[attr-defined]  # an option of several items


PAGE_HEAD = """\
# Options of dev_appserver.py

`dev_appserver.py [options] app_dir_or_yaml ...` serves one or more applications. An option is a
flag or an environment variable; the flag wins. Flags that are on or off take yes or no, and the
flag alone means yes. This page is made from `appengine/config/settings.py`. What the file of
`--seed_file` holds is said in [Seed files](seed.md).
"""

RETIRED_HEAD = """\
## Flags that do nothing

App Engine's own server has these. They are accepted, and a line says why each does nothing.

| flag | why |
|---|---|"""

TABLE_HEAD = "| flag | variable | value | default | does |\n|---|---|---|---|---|"


def reference_page() -> str:
    """Returns `docs/reference/options.md`: every option, from its declaration."""
    lines = [PAGE_HEAD]
    for title in dict.fromkeys(option.option.group for option in OPTIONS):
        rows = [_row(option) for option in OPTIONS if option.option.group == title]
        lines += [f"## {title}\n", TABLE_HEAD, *rows, ""]
    return "\n".join([*lines, *_retired_lines()])


def _retired_lines() -> list[str]:
    """Returns the page's part on flags that do nothing, those of one reason in one row."""
    by_reason: dict[str, list[str]] = {}
    for flag, retired in retired_flags().items():
        by_reason.setdefault(retired.reason, []).append(f"`{flag}`")
    rows = [f"| {', '.join(flags)} | {reason} |" for reason, flags in by_reason.items()]
    return [RETIRED_HEAD, *rows, ""]


def _row(option: Declared) -> str:
    flags = ", ".join(f"`{name}`" for name in (option.flag, *option.option.aliases))
    value = describe(option.item_hint or option.hint)
    default = f"`{text}`" if (text := default_text(option)) else ""
    return f"| {flags} | `{option.variable}` | {value} | {default} | {option.option.help} |"
