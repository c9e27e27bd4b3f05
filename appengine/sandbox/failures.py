"""What went wrong in an application, taken apart for its developer."""

import linecache
import reprlib
import traceback
from collections.abc import Iterator, Mapping
from types import FrameType, FunctionType, ModuleType

from appengine.rpc.failures import (
    MAX_FRAMES,
    MAX_LINKS,
    MAX_LOCALS,
    MAX_TEXT,
    MAX_VALUE,
    Failure,
    Frame,
    Link,
)

AROUND = 5
"""Lines of source before and behind the one that failed."""

CAUSED = "This was the cause of:"
MEANWHILE = "While this was handled, another one was raised:"

_shown = reprlib.Repr()
_shown.maxstring = _shown.maxother = MAX_VALUE
_shown.maxlevel, _shown.maxdict = 4, 20
_shown.maxlist = _shown.maxtuple = _shown.maxset = _shown.maxfrozenset = 20


def describe(error: BaseException, directory: str) -> Failure:
    """Returns an exception with the frames of the application only."""
    return Failure(_text(error, directory), list(reversed(list(_links(error, directory)))))


def without_variables(failure: Failure) -> Failure:
    """Returns a failure without what the application held in its variables, and without source."""
    return Failure(failure.text, [Link(link.name, "", []) for link in failure.links])


def _text(error: BaseException, directory: str) -> str:
    whole = traceback.TracebackException.from_exception(error)
    seen: set[int] = set()
    link: traceback.TracebackException | None = whole
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        own = [frame for frame in link.stack if _is_own(frame.filename, directory)]
        link.stack = traceback.StackSummary.from_list(own)
        link = link.__cause__ or link.__context__
    return _clean("".join(whole.format()))


def _links(error: BaseException, directory: str) -> Iterator[Link]:
    """Yields the exceptions of a chain, the last one first."""
    seen: set[int] = set()
    link: BaseException | None = error
    leads = ""
    while link is not None and id(link) not in seen and len(seen) < MAX_LINKS:
        seen.add(id(link))
        yield _link(link, directory, leads)
        if link.__cause__ is not None:
            link, leads = link.__cause__, CAUSED
        else:
            link, leads = None if link.__suppress_context__ else link.__context__, MEANWHILE


def _link(error: BaseException, directory: str, leads: str) -> Link:
    kind = type(error)
    inner = "" if kind.__module__ in ("builtins", "__main__") else f"{kind.__module__}."
    lines = traceback.format_exception_only(error)
    message = "".join(lines).partition(": ")[2].strip()
    walked = list(traceback.walk_tb(error.__traceback__))
    own = [each for each in walked if _is_own(each[0].f_code.co_filename, directory)]
    if len(own) > MAX_FRAMES:  # a recursion: its beginning and its end
        own = own[: MAX_FRAMES // 2] + own[-MAX_FRAMES // 2 :]
    frames = [_frame(frame, line, directory) for frame, line in own]
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        frames.append(_place(error.filename, error.lineno, directory))
    name = f"{inner}{kind.__qualname__}"
    return Link(_cut(name), _clean(message), frames[-MAX_FRAMES:], leads)


def _frame(frame: FrameType, line: int, directory: str) -> Frame:
    code = frame.f_code
    source = _source(code.co_filename, line, frame.f_globals)
    return Frame(
        _relative(code.co_filename, directory),
        line,
        _cut(code.co_name),
        source,
        list(_variables(frame)),
    )


def _place(filename: str, line: int, directory: str) -> Frame:
    """Returns the place of a syntax error, where nothing has run."""
    return Frame(_relative(filename, directory), line, "", _source(filename, line, None), [])


def _variables(frame: FrameType) -> Iterator[tuple[str, str]]:
    names = [
        name
        for name, value in frame.f_locals.items()
        if not name.startswith("__") and not isinstance(value, (ModuleType, type, FunctionType))
    ]
    for name in names[:MAX_LOCALS]:
        yield _cut(name), _cut(_shown.repr(frame.f_locals[name]))


def _source(filename: str, line: int, names: Mapping[str, object] | None) -> list[tuple[int, str]]:
    lines = linecache.getlines(filename, dict(names) if names else None)
    first = max(1, line - AROUND)
    return [
        (number, _cut(text.rstrip()))
        for number, text in enumerate(lines[first - 1 : line + AROUND], first)
    ]


def _is_own(filename: str, directory: str) -> bool:
    return filename.startswith(directory.rstrip("/") + "/")


def _relative(filename: str, directory: str) -> str:
    return _cut(filename.removeprefix(directory.rstrip("/") + "/"))


def _cut(text: str) -> str:
    clean = text.encode("utf-8", "backslashreplace").decode()
    return clean if len(clean) <= MAX_VALUE else clean[: MAX_VALUE - 3] + "..."


def _clean(text: str) -> str:
    """Returns a text that crosses the wire: no lone surrogates, its end where it is too long."""
    return text.encode("utf-8", "backslashreplace").decode()[-MAX_TEXT:]
