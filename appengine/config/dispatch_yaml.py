"""dispatch.yaml: which module answers a host and a path, before anything else decides.

Source: App Engine, "Routing with a dispatch file".
"""

import re
from collections.abc import Sequence
from os.path import isfile
from pathlib import Path
from typing import ClassVar, Self

from msgspec import Struct

from appengine.config.building import Loaded, Section
from appengine.config.errors import ConfigurationError, InvalidFieldError, shown, suggestion
from appengine.config.loader import load
from appengine.config.sections import ApplicationId, Label

FILE_NAMES = ("dispatch.yaml", "dispatch.yml")
"""What an application's directory is searched for, in this order."""

MAX_RULES = 20
"""Source: App Engine, "Routing with a dispatch file", limits."""

MAX_URL = 100
"""Characters of a rule's URL. Source: as above."""

_HOST = re.compile(r"\*|(\*?[a-z0-9-]|\*\.)[a-z0-9-]*(\.[a-z0-9-]+)*", re.ASCII)
_PATH = re.compile(r"/[^*]*\*?")


class DispatchUrl(str):
    """A host and a path: `*.example.com/mobile/*`; a star may begin the host and end the path."""

    expects: ClassVar[str] = "a host and a path such as '*/mobile/*'"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Returns the text, once both of its parts are what they may be."""
        if len(text) > MAX_URL:
            raise ValueError(f"{shown(text)} has {len(text)} characters; at most {MAX_URL}")
        host, slash, path = text.partition("/")
        if not slash or not host:
            raise ValueError(f"{shown(text)} is not {cls.expects}")
        if _HOST.fullmatch(host) is None:
            raise ValueError(f"{shown(host)} is no host: lower case, no port, a star only in front")
        if _PATH.fullmatch(f"/{path}") is None:
            raise ValueError(f"{shown('/' + path)} is no path: a star only at its end")
        return cls(text)


class RuleSection(Section, frozen=True, kw_only=True):
    """One entry of `dispatch:`, as written."""

    url: DispatchUrl
    module: Label | None = None
    service: Label | None = None

    def __post_init__(self) -> None:
        """Checks that one module is named; raises InvalidFieldError."""
        if self.module is None and self.service is None:
            raise ValueError("the key 'module' or 'service' is missing")
        if self.module is not None and self.service is not None:
            raise InvalidFieldError("service", "it is another word for 'module'; one of them")

    @property
    def target(self) -> str:
        """The module that answers, by either word."""
        return self.module or self.service or ""


class DispatchSection(Section, frozen=True, kw_only=True):
    """The whole of dispatch.yaml, as written."""

    dispatch: tuple[RuleSection, ...] = ()
    application: ApplicationId | None = None

    def __post_init__(self) -> None:
        """Checks the number of rules; raises InvalidFieldError."""
        if len(self.dispatch) > MAX_RULES:
            text = f"{len(self.dispatch)} rules; at most {MAX_RULES}"
            raise InvalidFieldError("dispatch", text)


class DispatchRule(Struct, frozen=True):
    """One rule, taken apart: plain texts, so it goes over any wire.

    Attributes:
        host: in lower case; with `is_ending`, what a host must end with: "" for every one.
        path: with `is_beginning`, what a path must begin with.
    """

    host: str
    is_ending: bool
    path: str
    is_beginning: bool
    module: str

    def matches(self, host: str, path: str) -> bool:
        """Returns whether a request is the rule's module's.

        Args:
            host: without its port, in lower case.
            path: of the URL, as UTF-8 text.
        """
        is_host = host.endswith(self.host) if self.is_ending else host == self.host
        return is_host and (path.startswith(self.path) if self.is_beginning else path == self.path)


class DispatchConfig(Struct, frozen=True, kw_only=True):
    """What one dispatch.yaml states; rules in the order in which they are tried.

    Attributes:
        application: its id, or "" where the file states none.
        left_out: a line about each rule whose module is not served.
    """

    file: Path
    rules: tuple[DispatchRule, ...]
    application: str = ""
    left_out: tuple[str, ...] = ()


def is_dispatch_file(path: str | Path) -> bool:
    """Returns whether a path of a command line names a dispatch.yaml."""
    return Path(path).name in FILE_NAMES


def find_dispatch(directory: Path) -> Path | None:
    """Returns the dispatch.yaml of a directory; None: there is none."""
    return next((directory / name for name in FILE_NAMES if isfile(directory / name)), None)


def load_dispatch(
    path: Path, modules: Sequence[str] | None = None, *, is_strict: bool = False
) -> DispatchConfig:
    """Returns what a dispatch.yaml states.

    Args:
        path: the file; errors name it as it is given here.
        modules: those that are served: rules of others are left out; None: any.
        is_strict: such a rule is an error instead.

    Raises:
        ConfigurationError: the file is missing or wrong; one line says where and why.
    """
    loaded = load(path, DispatchSection)
    stated = loaded.value.application or ""
    rules, left_out = [], []
    for place, section in enumerate(loaded.value.dispatch):
        error = None if modules is None else _find_stranger(loaded, place, modules)
        if error is None:
            rules.append(_rule(section))
        elif is_strict:
            raise error
        else:
            left_out.append(f"{error}: the rule is left out")
    return DispatchConfig(
        file=path,
        rules=tuple(rules),
        application=stated.rpartition("~")[2],
        left_out=tuple(left_out),
    )


def _find_stranger(
    loaded: Loaded[DispatchSection], place: int, modules: Sequence[str]
) -> ConfigurationError | None:
    """Returns the error of a rule whose module is not served, or None."""
    section = loaded.value.dispatch[place]
    if section.target in modules:
        return None
    key = "service" if section.module is None else "module"
    likely = suggestion(section.target, modules) or f"; there are {', '.join(map(repr, modules))}"
    text = f"no module {section.target!r} is served{likely}"
    return loaded.error(f"dispatch[{place}].{key}", text)


def _rule(section: RuleSection) -> DispatchRule:
    host, _, path = section.url.partition("/")
    return DispatchRule(
        host=host.removeprefix("*"),
        is_ending=host.startswith("*"),
        path="/" + path.removesuffix("*"),
        is_beginning=path.endswith("*"),
        module=section.target,
    )
