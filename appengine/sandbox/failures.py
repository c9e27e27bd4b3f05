"""What went wrong in an application, as its developer wants to read it."""

import traceback
from html import escape

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 1.5rem }}
h1 {{ font-size: 1.25rem; overflow-wrap: anywhere }}
pre {{ background: color-mix(in srgb, currentColor 7%, transparent); border-radius: .5rem;
       overflow-x: auto; padding: 1rem; font-size: .85rem }}
p {{ opacity: .75 }}
</style></head>
<body><h1>{title}</h1><pre>{text}</pre><p>{note}</p></body></html>
"""


def describe(error: BaseException, directory: str) -> str:
    """Returns the traceback of an exception with the frames of the application only.

    With no frame of the application in it (a script that is not there), all frames stay.
    """
    whole = traceback.TracebackException.from_exception(error)
    seen: set[int] = set()
    link: traceback.TracebackException | None = whole
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        own = [
            frame for frame in link.stack if frame.filename.startswith(directory.rstrip("/") + "/")
        ]
        if own or isinstance(error, (SyntaxError, ImportError)):
            link.stack = traceback.StackSummary.from_list(own)
        link = link.__cause__ or link.__context__
    text = "".join(whole.format())
    return text.encode("utf-8", "backslashreplace").decode()  # lone surrogates cross no wire


def page(text: str, request_id: str) -> bytes:
    """Returns a page that shows a traceback, its last line as the title."""
    lines = text.strip().splitlines() or ["The application failed"]
    title = next((line for line in reversed(lines) if line and not line.startswith(" ")), lines[-1])
    note = f"Request {request_id}. This page is shown in development; users see a short message."
    return PAGE.format(title=escape(title), text=escape(text), note=escape(note)).encode()


def plain_page(request_id: str) -> bytes:
    """Returns the page that users see: no detail, and the reference to the log."""
    note = f"Reference: {request_id}"
    text = "The application could not answer this request."
    return PAGE.format(title="Server error", text=text, note=escape(note)).encode()
