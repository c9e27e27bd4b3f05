"""app.yaml: one module of an application, checked and complete.

Source: App Engine, "app.yaml Configuration File".
"""

import re
from os.path import exists, getsize, isdir, isfile
from pathlib import Path

import msgspec
from msgspec import Struct

from appengine.config.building import IgnoredKey, Loaded
from appengine.config.errors import shown
from appengine.config.handlers import AnyHandler, ScriptHandler
from appengine.config.loader import load
from appengine.config.merging import Merged, merge
from appengine.config.patterns import Regex, RegexSet
from appengine.config.requirements import Requirement, read_requirements
from appengine.config.scaling import AutomaticScaling, BasicScaling, ManualScaling
from appengine.config.scripts import check_object, read_entrypoint
from appengine.config.sections import (
    DEFAULT_SKIP_FILES,
    ApplicationSection,
    ConsolePage,
    ErrorHandlerSection,
    Isolation,
    SharedSection,
)

FILE_NAMES = ("app.yaml", "app.yml")
"""What a directory is searched for, in this order."""

MAX_ERROR_PAGE_BYTES = 10 * 1024
"""Largest file of `error_handlers`. Source: App Engine, "app.yaml", error handlers."""

_NOT_IN_ID = re.compile(r"[^a-z0-9]+")


class ApplicationConfig(Struct, frozen=True, kw_only=True):
    """What one app.yaml and the files it includes state, with all defaults filled in.

    Attributes:
        directory: the application's own, absolute, without symbolic links.
        file: the app.yaml, as the person named it.
        isolation: what a process serves: an instance's requests, or one request.
        is_threadsafe: whether an instance takes several requests at once.
        handlers: in the order in which they are tried.
        entrypoint: the WSGI object of a modern runtime, `main:app`; "" in a classic one.
        skip_files: the expression for paths that are no part of the application.
        default_expiration: seconds, or None where app.yaml states nothing.
        ignored: keys that nothing acts upon: the file and the key.
        files: every file that was read, absolute.
        requirements: the libraries that requirements.txt names.
    """

    directory: Path
    file: Path
    application: str
    module: str
    version: str
    runtime: str
    is_threadsafe: bool
    handlers: tuple[AnyHandler, ...]
    entrypoint: str
    skip_files: str
    default_expiration: int | None = None
    env_variables: dict[str, str] = {}
    error_handlers: tuple[ErrorHandlerSection, ...] = ()
    inbound_services: tuple[str, ...] = ()
    console_pages: tuple[ConsolePage, ...] = ()
    scaling: AutomaticScaling | BasicScaling | ManualScaling = AutomaticScaling()
    instance_class: str = "F1"
    auto_id_policy: str = "default"
    isolation: Isolation = "instance"
    ignored: tuple[tuple[str, IgnoredKey], ...] = ()
    files: tuple[Path, ...] = ()
    requirements: tuple[Requirement, ...] = ()

    @property
    def is_classic(self) -> bool:
        """Whether handlers name scripts, and no match is 404; else the entrypoint answers."""
        return not self.entrypoint


def load_application(
    path: str | Path, application: str | None = None, *, reads_code: bool = False
) -> ApplicationConfig:
    """Returns what an application's configuration states.

    Args:
        path: the application's directory, or its yaml file.
        application: an id that replaces the file's own.
        reads_code: whether the objects that it names are looked for in their modules' text, which
            is right before anything is served; later, loading the modules tells more.

    Raises:
        ConfigurationError: the configuration is missing or wrong; one line says where and why.
    """
    file = find_file(Path(path))
    loaded = load(file, ApplicationSection)
    directory = file.parent.resolve()
    merged = merge(loaded, directory, reads_code=reads_code)
    _check_whole(loaded, merged, directory)
    config = _complete(loaded, merged, directory, application)
    if reads_code and config.entrypoint:
        try:
            check_object(config.entrypoint, directory)
        except ValueError as error:
            raise loaded.error("entrypoint", str(error)) from error
    return config


def find_file(path: Path) -> Path:
    """Returns the configuration file that a person means by a path, be it there or not."""
    if not isdir(path):
        return path
    candidates = [path / name for name in FILE_NAMES]
    return next((candidate for candidate in candidates if exists(candidate)), candidates[0])


def default_id(directory: Path) -> str:
    """Returns the application id of a directory whose app.yaml names none: its name, made valid."""
    return _NOT_IN_ID.sub("-", directory.name.lower()).strip("-")[:100].strip("-") or "application"


def _complete(
    loaded: Loaded[ApplicationSection], merged: Merged, directory: Path, application: str | None
) -> ApplicationConfig:
    section = loaded.value
    sections: list[SharedSection] = [file.value for file in merged.files]
    stated = application or section.application or section.project
    return ApplicationConfig(
        directory=directory,
        file=Path(loaded.source),
        application=stated.rpartition("~")[2] if stated else default_id(directory),
        module=section.module or section.service or "default",
        version=section.version,
        runtime=section.runtime,
        is_threadsafe=not section.is_classic if section.threadsafe is None else section.threadsafe,
        handlers=_effective(section, merged.handlers),
        entrypoint=_entrypoint(loaded, directory),
        skip_files=_skip_files(sections),
        default_expiration=section.default_expiration,
        env_variables=merged.env_variables,
        error_handlers=section.error_handlers,
        inbound_services=tuple(
            dict.fromkeys(service for each in sections for service in each.inbound_services)
        ),
        console_pages=tuple(
            page for each in sections if each.admin_console for page in each.admin_console.pages
        ),
        scaling=section.automatic_scaling
        or section.basic_scaling
        or section.manual_scaling
        or AutomaticScaling(),
        instance_class=section.instance_class or section.default_class,
        auto_id_policy=section.auto_id_policy,
        isolation=section.platform.isolation,
        ignored=merged.ignored,
        files=tuple(Path(file.source).resolve() for file in merged.files),
        requirements=read_requirements(directory),
    )


def _effective(
    section: ApplicationSection, handlers: tuple[AnyHandler, ...]
) -> tuple[AnyHandler, ...]:
    """Returns the handlers; in a modern runtime every script means the entrypoint."""
    if section.is_classic:
        return handlers
    return tuple(
        msgspec.structs.replace(handler, script="auto")
        if isinstance(handler, ScriptHandler)
        else handler
        for handler in handlers
    )


def _entrypoint(loaded: Loaded[ApplicationSection], directory: Path) -> str:
    if loaded.value.is_classic:
        return ""
    try:
        return read_entrypoint(loaded.value.entrypoint, directory)
    except ValueError as error:
        raise loaded.error("entrypoint", str(error)) from error


def _skip_files(sections: list[SharedSection]) -> str:
    stated = [section.skip_files for section in sections if section.skip_files is not None]
    if not stated:
        return DEFAULT_SKIP_FILES
    patterns: list[str] = []
    for value in stated:
        patterns += [value] if isinstance(value, str) else value
    return "|".join(f"(?:{pattern})" for pattern in patterns)


def _check_whole(loaded: Loaded[ApplicationSection], merged: Merged, directory: Path) -> None:
    """Checks what only the whole can tell: that there are handlers, that named files exist."""
    if loaded.value.is_classic and not merged.handlers:
        text = f"the key 'handlers' is missing; runtime {loaded.value.runtime!r} needs it"
        raise loaded.error("handlers", text)
    try:
        RegexSet([handler.url for handler in merged.handlers])
    except ValueError as error:
        raise loaded.error("handlers", str(error)) from error
    _check_error_pages(loaded, directory)
    urls = [Regex(handler.url) for handler in merged.handlers]
    for file in merged.files:
        pages = file.value.admin_console.pages if file.value.admin_console else ()
        for place, page in enumerate(pages):
            is_local = page.url.startswith("/") and loaded.value.is_classic
            if is_local and not any(url.match(page.url.partition("?")[0]) for url in urls):
                field = f"admin_console.pages[{place}].url"
                raise file.error(field, f"no handler matches {shown(page.url)}")


def _check_error_pages(loaded: Loaded[ApplicationSection], directory: Path) -> None:
    codes: set[str] = set()
    for place, page in enumerate(loaded.value.error_handlers):
        field = f"error_handlers[{place}]"
        if page.error_code in codes:
            raise loaded.error(field, f"there is a page for {page.error_code!r} already")
        codes.add(page.error_code)
        path = directory / page.file
        if page.file.startswith("/") or ".." in page.file.split("/") or not isfile(path):
            text = f"there is no file {shown(page.file)} in {directory}"
            raise loaded.error(f"{field}.file", text)
        if (size := getsize(path)) > MAX_ERROR_PAGE_BYTES:
            text = f"{shown(page.file)} has {size} bytes; at most {MAX_ERROR_PAGE_BYTES}"
            raise loaded.error(f"{field}.file", text)
