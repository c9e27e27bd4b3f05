"""Memcache in the Admin Console: figures, one item by its key, and emptying it."""

from collections.abc import Mapping

import msgspec

from appengine.memcache.server import open_store
from appengine.memcache.server.store import Store, UnavailableError
from appengine.memcache.service import (
    MAX_KEY_SIZE,
    DeleteRequest,
    Found,
    Item,
    SetRequest,
    StatsResponse,
)
from appengine.rpc.admin import Page, View, Visit

KINDS = ("bytes", "text", "pickle", "number", "number", "truth")
"""What a value is, by the flag that the client gives it."""

BYTES, TEXT, PICKLE = range(3)
MAX_SHOWN = 20_000
"""Characters of a value that are shown."""

MAX_NAMESPACE = 100


class Shown(msgspec.Struct, frozen=True):
    """An item as the page shows it."""

    kind: str
    size: int
    text: str
    expires: int
    used: int
    is_locked: bool
    may_change: bool


def show_memcache(visit: Visit) -> View:
    """Returns the figures, and the item that is looked for."""
    key = visit.arguments.get("key", "")
    namespace = visit.arguments.get("namespace", "")[:MAX_NAMESPACE]
    values: dict[str, object] = {
        "key": key,
        "namespace": namespace,
        "item": None,
        "message": "",
        "is_asked": bool(key),
    }
    try:
        store = open_store(visit.resources, visit.application)
        if visit.sends_form:
            values["message"] = _change(store, visit.arguments, namespace, key)
        if key:
            values["item"] = _find(store, namespace, key)
        values["stats"] = store.stats()
    except UnavailableError as error:
        values |= {"stats": StatsResponse(is_available=False), "message": str(error)}
    return View(template="memcache/memcache.html", values=values)


def _change(store: Store, arguments: Mapping[str, str], namespace: str, key: str) -> str:
    """Does what a button says; returns what to tell."""
    action = arguments.get("action", "")
    if action == "flush":
        store.flush()
        return "All items are gone."
    if not key:
        return "Which key?"
    name = _name(key)
    if action == "delete":
        (was,) = store.delete(DeleteRequest(keys=(name,), namespace=namespace))
        return "The item is gone." if was else "There was no such item."
    if action == "set":
        data = arguments.get("value", "").replace("\r\n", "\n").encode()
        item = Item(name, data, TEXT)
        store.set(SetRequest(items=(item,), namespace=namespace))
        return "The item is stored, as text."
    return ""


def _name(key: str) -> bytes:
    return key.encode()[:MAX_KEY_SIZE]


def _find(store: Store, namespace: str, key: str) -> Shown | None:
    (found,) = store.get(namespace, [_name(key)], peek=True)
    return None if found is None else _shown(found)


def _shown(found: Found) -> Shown:
    kind = found.flags & 7
    if kind == PICKLE:
        text = "A pickle, which is not opened outside of the application."
    elif kind == BYTES:
        text = repr(found.value[:MAX_SHOWN])[2:-1]
    else:
        text = found.value.decode("utf-8", "backslashreplace")
    return Shown(
        kind=KINDS[kind] if kind < len(KINDS) else f"kind {kind}",
        size=len(found.value),
        text=text[:MAX_SHOWN],
        expires=found.expires,
        used=found.used,
        is_locked=bool(found.locked_until),
        may_change=kind == TEXT,
    )


PAGES = (Page(path="/memcache", title="Memcache", show=show_memcache),)
