"""All findings of one application."""

import ast
import io
import os
import tokenize
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from appengine.cli.porting.calls import branch_lines, find_refused_calls, guarded_lines
from appengine.cli.porting.findings import Finding, Weight
from appengine.cli.porting.imports import read_imports
from appengine.cli.porting.modules import Modules
from appengine.cli.porting.names import find_old_names, lines_for_both
from appengine.cli.porting.queries import find_models, find_queries
from appengine.cli.porting.syntax import find_old_syntax, parse
from appengine.cli.porting.words import Word, read_words
from appengine.config.app_yaml import ApplicationConfig
from appengine.config.errors import ConfigurationError
from appengine.config.requirements import Requirement, read_requirements
from appengine.config.visible_files import VisibleFiles
from appengine.datastore.service import BadRequestError, Query

MAX_FILE_BYTES = 2**20
"""A larger file holds data, not a program."""

ADVICE = "appengine.datastore.server.advice"
"""The datastore's own rule for indexes; a room's server is reached by its name."""

INDEX_FILE = "index.yaml"
NEEDS_INDEX = "the query needs an index that index.yaml has not; the development server adds it:"

UNREAD_FILES = {
    "backends.yaml": "backends have become modules, each with an app.yaml",
    "bulkloader.yaml": "there is no bulk loader",
    "cron.yaml": "this version has no cron jobs",
    "dos.yaml": "this version refuses no addresses",
    "mapreduce.yaml": "there is no mapreduce",
    "queue.yaml": "this version has no task queues",
}
"""Files of App Engine's that mean something there. Source: App Engine, "Configuration Files"."""

NOT_OWN = frozenset(("lib", "node_modules", "site-packages", "venv", "__pycache__"))
"""Directories of what others wrote."""


class _Source(Struct):
    """A file of the application."""

    file: str
    path: Path
    words: list[Word]
    tree: ast.Module | None


def check_application(directory: Path, config: ApplicationConfig | None) -> list[Finding]:
    """Returns what was found in the files of an application, by file and line.

    Args:
        directory: its own.
        config: what app.yaml states; None where it is wrong, so that nothing is skipped.
    """
    found: list[Finding] = []
    sources = list(_read(directory, config, found))
    modules = Modules(directory, _requirements(directory, config, found))
    advice = _advice(directory, found)
    models = find_models(source.tree for source in sources if source.tree is not None)
    found += _unread_files(directory)
    for source in sources:
        found += _check(source, modules, advice, models)
    return sorted(set(found))


def _check(
    source: _Source,
    modules: Modules,
    advice: "Advice | None",
    models: frozenset[str],
) -> Iterator[Finding]:
    imports = list(read_imports(source.words))
    names = find_old_names(source.words, {each.local for each in imports if not each.name})
    if source.tree:
        elsewhere = branch_lines(source.tree) | lines_for_both(source.tree)
        names = (each for each in names if each[0] not in elsewhere)
    for line, text in (*find_old_syntax(source.words), *names):
        yield Finding(source.file, line, text)
    guarded = guarded_lines(source.tree) if source.tree else frozenset()
    imports = [each for each in imports if each.line not in guarded]
    for line, text, weight in modules.judge(imports, source.path.parent):
        yield Finding(source.file, line, text, weight)
    if source.tree is None:
        return
    for call in find_refused_calls(source.tree):
        yield Finding(source.file, call.line, call.text, call.weight)
    if advice is None:
        return
    for written in find_queries(source.tree, models):
        for text, weight in _judge(written.query, advice):
            yield Finding(source.file, written.line, text, weight)


def _read(
    directory: Path, config: ApplicationConfig | None, found: list[Finding]
) -> Iterator[_Source]:
    for path in _python_files(directory, config):
        file = str(path.relative_to(directory))
        try:
            text = _text(path)
        except (OSError, SyntaxError, UnicodeDecodeError) as error:
            reason = f"it cannot be read as UTF-8, nor by a coding line of its own: {error}"
            found.append(Finding(file, 1, reason))
            continue
        words, tree = read_words(text), parse(text)
        if isinstance(tree, ast.Module):
            yield _Source(file, path, words, tree)
            continue
        line, message = tree
        if line not in {place for place, _ in find_old_syntax(words)}:
            found.append(Finding(file, line, f"no Python 3: {message}"))
        yield _Source(file, path, words, None)


def _text(path: Path) -> str:
    data = path.read_bytes()
    encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    return data.decode(encoding).replace("\r\n", "\n")


def _python_files(directory: Path, config: ApplicationConfig | None) -> Iterator[Path]:
    rule = VisibleFiles(config) if config else None
    for folder, folders, files in os.walk(directory):
        here = Path(folder).relative_to(directory)
        folders[:] = sorted(
            name
            for name in folders
            if name not in NOT_OWN
            and not name.startswith(".")
            and (rule is None or rule.has(str(here / name)))
        )
        for name in sorted(files):
            path = Path(folder, name)
            is_own = rule is None or rule.has(str(here / name))
            if name.endswith(".py") and is_own and path.stat().st_size <= MAX_FILE_BYTES:
                yield path


def _requirements(
    directory: Path, config: ApplicationConfig | None, found: list[Finding]
) -> Sequence[Requirement]:
    if config is not None:
        return config.requirements
    try:
        return read_requirements(directory)
    except ConfigurationError as error:
        found.append(Finding("requirements.txt", 0, str(error)))
        return ()


class Advice(Protocol):
    """What the datastore says of a query: `IndexAdvice` of its server."""

    def missing(self, query: Query) -> str:
        """Returns the stanza of the index that a query lacks, or nothing."""


def _unread_files(directory: Path) -> Iterator[Finding]:
    for name, reason in UNREAD_FILES.items():
        if (directory / name).is_file():
            yield Finding(name, 1, f"the file is not read: {reason}", Weight.DIFFERS)


def _advice(directory: Path, found: list[Finding]) -> Advice | None:
    """Returns the datastore's advice; None where index.yaml is wrong, which is a finding."""
    adviser: Callable[[Path], Advice] = import_module(ADVICE).IndexAdvice
    try:
        return adviser(directory / INDEX_FILE)
    except ConfigurationError as error:
        found.append(Finding(INDEX_FILE, 0, str(error)))
        return None


def _judge(query: Query, advice: Advice) -> Iterator[tuple[str, Weight]]:
    try:
        if stanza := advice.missing(query):
            yield f"{NEEDS_INDEX}\n{stanza.rstrip()}", Weight.DIFFERS
    except BadRequestError as error:
        yield f"the query is refused: {error}", Weight.REFUSED
