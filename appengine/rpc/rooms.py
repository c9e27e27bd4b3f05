"""Finds the rooms of the house by their files: a folder that has service.py is a service."""

from functools import cache
from importlib import import_module
from importlib.machinery import PathFinder
from importlib.metadata import entry_points
from importlib.util import find_spec
from pkgutil import iter_modules

import appengine
from appengine.rpc.service import Service

ENTRY_POINTS = "appengine.rooms"
"""The entry-point group in which packages outside of this tree name their rooms."""


@cache
def find_rooms() -> tuple[str, ...]:
    """Returns the full names of the packages that may be rooms, here and by entry point."""
    own = [room.name for room in iter_modules(appengine.__path__, "appengine.") if room.ispkg]
    return (*own, *(point.value for point in entry_points(group=ENTRY_POINTS)))


@cache
def find_services() -> dict[str, type[Service]]:
    """Returns every declared service by its name on the wire."""
    found: dict[str, type[Service]] = {}
    for room in find_rooms():
        name = f"{room}.service"
        if room == "appengine.rpc" or not has_module(room, "service"):
            continue
        for value in vars(import_module(name)).values():
            if isinstance(value, type) and issubclass(value, Service) and "name" in vars(value):
                found[value.name] = value
    return found


def has_module(room: str, name: str) -> bool:
    """Returns whether a package has a module of this name; the package is not imported for it."""
    spec = find_spec(room)
    places = spec.submodule_search_locations if spec else None
    return PathFinder.find_spec(f"{room}.{name}", places) is not None if places else False


def room_of(service: type[Service]) -> str:
    """Returns the full name of the package that declares a service: `appengine.mail`."""
    return service.__module__.removesuffix(".service")
