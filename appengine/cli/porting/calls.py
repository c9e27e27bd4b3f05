"""Calls that the sandbox refuses or answers otherwise: files, sockets, processes."""

import ast
from collections.abc import Iterator, Mapping

from msgspec import Struct

from appengine.cli.porting.findings import Weight

FILES = "the sandbox has no files to write; use google.appengine.ext.db"
SOCKETS = "there are no sockets in the sandbox; use google.appengine.api.urlfetch"
MAIL = "mail servers cannot be reached from the sandbox; use google.appengine.api.mail"
PROCESSES = "there are no processes in the sandbox; use threads"
TEMPORARY = "the sandbox has no temporary files on disk; use tempfile.TemporaryFile or io.BytesIO"
NAMED = "the temporary file is in memory: its name leads nowhere"
DATABASE = "the sandbox has no file for a database; ':memory:' works, and ends with the instance"

REASONS = (
    (
        "os",
        "mkdir makedirs remove unlink rmdir removedirs rename renames replace link symlink truncate"
        " chmod chown utime mkfifo mknod",
        FILES,
    ),
    ("shutil", "copy copy2 copyfile copytree move rmtree make_archive", FILES),
    ("logging", "FileHandler", FILES),
    ("logging.handlers", "RotatingFileHandler TimedRotatingFileHandler", FILES),
    ("tempfile", "mkstemp mkdtemp mktemp TemporaryDirectory", TEMPORARY),
    (
        "os",
        "system popen popen2 popen3 fork forkpty execl execle execlp execv execve execvp execvpe"
        " spawnl spawnle spawnlp spawnv spawnve spawnvp posix_spawn killpg",
        PROCESSES,
    ),
    (
        "subprocess",
        "Popen run call check_call check_output getoutput getstatusoutput",
        PROCESSES,
    ),
    ("multiprocessing", "Process Pool Queue Manager Lock Value", PROCESSES),
    ("concurrent.futures", "ProcessPoolExecutor", PROCESSES),
    ("pty", "spawn", PROCESSES),
    (
        "socket",
        "socket create_connection create_server gethostbyname gethostbyaddr",
        SOCKETS,
    ),
    ("ftplib", "FTP", SOCKETS),
    ("telnetlib", "Telnet", SOCKETS),
    ("logging.handlers", "SocketHandler", SOCKETS),
    ("smtplib", "SMTP SMTP_SSL LMTP", MAIL),
    ("imaplib", "IMAP4", MAIL),
    ("poplib", "POP3", MAIL),
)
"""Modules, what is called of them, and why it is refused."""

REFUSALS = {
    f"{module}.{name}": reason for module, names, reason in REASONS for name in names.split()
}

DIFFERENCES = {"tempfile.NamedTemporaryFile": NAMED}

WRITING = frozenset("wax+")
"""Letters of a mode that writes."""


class Call(Struct, frozen=True):
    """A call that matters: its line, what is said of it, and how much it matters."""

    line: int
    text: str
    weight: Weight


def find_refused_calls(tree: ast.Module) -> Iterator[Call]:
    """Yields the calls of a file that the sandbox refuses, or answers otherwise."""
    names = _imported(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (called := _dotted(node.func, names)):
            if reason := REFUSALS.get(called):
                yield Call(node.lineno, f"{called}: {reason}", Weight.REFUSED)
            elif reason := DIFFERENCES.get(called):
                yield Call(node.lineno, f"{called}: {reason}", Weight.DIFFERS)
            elif called in ("open", "io.open") and _writes(node):
                yield Call(node.lineno, f"{called} for writing: {FILES}", Weight.REFUSED)
            elif called == "sqlite3.connect" and not _is_memory(node):
                yield Call(node.lineno, f"{called}: {DATABASE}", Weight.REFUSED)


def guarded_lines(tree: ast.Module) -> frozenset[int]:
    """Returns the lines of imports that a file is prepared to do without: `try: import json`."""
    found: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Try) and any(_catches_import(each) for each in node.handlers):
            parts = [*node.body, *(each for handler in node.handlers for each in handler.body)]
            inside = [inner for part in parts for inner in ast.walk(part)]
            found.update(each.lineno for each in inside if isinstance(each, _IMPORTS))
    return frozenset(found) | branch_lines(tree)


def branch_lines(tree: ast.Module) -> frozenset[int]:
    """Returns the lines that one Python runs and another does not: `if PY2:`, `TYPE_CHECKING`."""
    found: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If | ast.IfExp) and _asks_which_python(node.test):
            found.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return frozenset(found)


def _asks_which_python(test: ast.expr) -> bool:
    words = {each.id for each in ast.walk(test) if isinstance(each, ast.Name)}
    words |= {each.attr for each in ast.walk(test) if isinstance(each, ast.Attribute)}
    return not _WHICH_PYTHON.isdisjoint(words)


_WHICH_PYTHON = frozenset("PY2 PY3 TYPE_CHECKING hexversion version_info".split())

_IMPORTS = (ast.Import, ast.ImportFrom)


def _catches_import(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    names = {kind.id for kind in kinds if isinstance(kind, ast.Name)}
    return bool(names & {"ImportError", "ModuleNotFoundError", "Exception"})


def _imported(tree: ast.Module) -> dict[str, str]:
    """Returns the dotted name of each name that a file imports."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                top = name.name.partition(".")[0]
                found[name.asname or top] = name.name if name.asname else top
        elif isinstance(node, ast.ImportFrom) and not node.level:
            for name in node.names:
                found[name.asname or name.name] = f"{node.module}.{name.name}"
    return found


def _dotted(node: ast.expr, names: Mapping[str, str]) -> str:
    """Returns the dotted name that is called; "" for what is no name."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name) or (parts and node.id not in names):
        return ""
    return ".".join([names.get(node.id, node.id), *reversed(parts)])


def _writes(node: ast.Call) -> bool:
    given = [each.value for each in node.keywords if each.arg == "mode"] + node.args[1:2]
    mode = given[0] if given else None
    return isinstance(mode, ast.Constant) and bool(WRITING & set(str(mode.value)))


def _is_memory(node: ast.Call) -> bool:
    first = node.args[0] if node.args else None
    return isinstance(first, ast.Constant) and first.value == ":memory:"
