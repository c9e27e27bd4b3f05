"""What administrators have switched off, of the services that an application uses.

It lies in a small file beside the application's data, so that a start finds it again; each process
looks at it once a second at the most.
"""

import os
import secrets
import threading
import time
from collections.abc import Mapping
from pathlib import Path

import msgspec

from appengine.rpc.rooms import find_services
from appengine.rpc.server import Resources

LOOK_SECONDS = 1.0
OWN = "capability_service"
"""Answers always: it says of the others whether they do."""

PUBLIC_NAMES = {"datastore": "datastore_v3"}
"""What App Engine calls a service, where its name on the wire is another."""

WRITE = "write"
WRITES: Mapping[str, frozenset[str]] = {"datastore_v3": frozenset({"put", "delete", "commit"})}
"""The calls that are the capability `write` of a service. Source: App Engine, "Capabilities"."""


class Switches:
    """An application's switches; shared by the threads of a process."""

    def __init__(self, path: Path) -> None:
        """Takes the file, which need not be there."""
        self._path = path
        self._looked = -LOOK_SECONDS
        self._off: dict[str, str] = {}
        self._changing = threading.Lock()

    def refusal(self, package: str, method: str = "") -> str | None:
        """Returns why a call may not be made, by App Engine's name of its service, or None."""
        off = self._now()
        if not off:
            return None
        if package in off:
            return off[package]
        if method.lower() in WRITES.get(package, ()):
            return off.get(f"{package}.{WRITE}")
        return None

    def off(self) -> dict[str, str]:
        """Returns what is off, and why: `{"datastore_v3.write": "for maintenance"}`."""
        return dict(_read(self._path))

    def change(self, capability: str, reason: str | None) -> None:
        """Switches something off for a reason, or on again with None.

        Raises:
            OSError: the file cannot be written.
        """
        with self._changing:
            off = {**_read(self._path), capability: reason}
            kept = {name: text for name, text in off.items() if text is not None}
            draft = self._path.with_name(f"{self._path.name}.{secrets.token_hex(8)}")
            draft.write_bytes(msgspec.json.encode(kept))
            os.replace(draft, self._path)
            self._off, self._looked = kept, time.monotonic()

    def _now(self) -> Mapping[str, str]:
        now = time.monotonic()
        if now - self._looked >= LOOK_SECONDS:
            self._looked = now
            self._off = _read(self._path)
        return self._off


def open_switches(resources: Resources, application: str) -> Switches:
    """Returns an application's switches, one object for each process."""
    known: dict[str, Switches] = resources.once("capabilities.switches", dict)
    if (switches := known.get(application)) is None:  # two threads may make it: both are right
        name = f"{application.replace(':', '_')}.capabilities.json"
        made = Switches(resources.platform.path.parent / name)
        switches = known.setdefault(application, made)
    return switches


def capabilities() -> list[str]:
    """Returns all that can be switched: `mail`, `datastore_v3`, `datastore_v3.write`."""
    names = [PUBLIC_NAMES.get(name, name) for name in find_services() if name != OWN]
    return sorted([*names, *(f"{package}.{WRITE}" for package in WRITES if package in names)])


def _read(path: Path) -> dict[str, str]:
    """Returns what a file says; one that is not there, or holds something else, says nothing."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, str])
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return {}
