"""The outbox: what an application has sent, message by message, and what became of it."""

from urllib.parse import urlencode

from appengine.mail.admin.parts import headers_of, parts_of
from appengine.mail.server.outbox import MAX_SEARCH, Entry, Outbox
from appengine.rpc.admin import Download, View, Visit

PAGE_SIZE = 50
MICROSECONDS = 1_000_000
MAX_PAGE = 10_000

SAFE_TYPES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf"})
"""Types that a browser may be told of an attachment; others are bytes to it."""


def show_outbox(visit: Visit) -> View:
    """Returns the list of messages, one message, or a part of one: /outbox/ID/html."""
    outbox = Outbox(visit.resources.open_storage(visit.application), visit.application)
    if visit.sends_form:
        if visit.arguments.get("action") == "clear":
            outbox.clear()
        return View(redirect="/outbox?" + urlencode({"application": visit.application}))
    message_id, _, rest = visit.arguments.get("below", "").partition("/")
    entry = outbox.get(message_id) if message_id else None
    if entry is None:
        return _show_list(visit, outbox, missing=message_id)
    raw = outbox.raw(message_id)
    return _show_part(entry, raw, rest) if rest else _show_message(entry, raw)


def _show_list(visit: Visit, outbox: Outbox, missing: str) -> View:
    text = visit.arguments.get("filter", "")[:MAX_SEARCH]
    asked = visit.arguments.get("page", "0")
    page = min(int(asked), MAX_PAGE) if asked.isascii() and asked.isdigit() else 0
    found = outbox.find(text, PAGE_SIZE + 1, page * PAGE_SIZE)
    return View(
        template="mail/outbox.html",
        values={
            "messages": found[:PAGE_SIZE],
            "has_more": len(found) > PAGE_SIZE,
            "number": page,
            "filter": text,
            "missing": missing[:MAX_SEARCH],
            "seconds": MICROSECONDS,
        },
    )


def _show_message(entry: Entry, raw: bytes) -> View:
    parts = [part for part, _ in parts_of(raw)]
    return View(
        template="mail/message.html",
        values={
            "message": entry,
            "headers": headers_of(raw),
            "texts": [part for part in parts if not part.name and "html" not in part.content_type],
            "letters": [part for part in parts if not part.name and "html" in part.content_type],
            "files": [part for part in parts if part.name],
            "seconds": MICROSECONDS,
        },
    )


def _show_part(entry: Entry, raw: bytes, wanted: str) -> View:
    """Returns what is written in a message, as bytes that can do nothing."""
    if wanted == "raw":
        return _download(raw, "text/plain; charset=utf-8")
    if wanted == "file":
        return _download(raw, "application/octet-stream", f"{entry.message_id}.eml")
    for part, content in parts_of(raw):
        if wanted == f"html/{part.number}" and not part.name:
            return _download(part.text.encode(), "text/html; charset=utf-8")
        if wanted == f"attachment/{part.number}" and part.name:
            is_safe = part.content_type in SAFE_TYPES
            kind = part.content_type if is_safe else "application/octet-stream"
            return _download(content, kind, part.name)
    return _download(b"The message has no such part.\n", "text/plain; charset=utf-8")


def _download(content: bytes, content_type: str, name: str = "") -> View:
    return View(download=Download(content=content, content_type=content_type, name=name))
