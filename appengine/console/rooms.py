"""Finds the pages that rooms add to the console: those of their `admin.py`."""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
    PackageLoader,
    PrefixLoader,
    StrictUndefined,
    select_autoescape,
)

from appengine.rpc.admin import Page
from appengine.rpc.rooms import find_rooms, has_module

NOT_ROOMS = frozenset({"appengine.rpc"})


def find_admin_modules() -> list[str]:
    """Returns the full names of the rooms' `admin` modules."""
    rooms = [room for room in find_rooms() if room not in NOT_ROOMS]
    return [f"{room}.admin" for room in rooms if has_module(room, "admin")]


def load_pages(modules: Sequence[str]) -> list[Page]:
    """Returns the pages of `admin` modules, in order.

    Raises:
        ValueError: two pages have one path.
    """
    pages: dict[str, Page] = {}
    for module in modules:
        for page in import_module(module).PAGES:
            if page.path in pages:
                raise ValueError(f"{module}: the console has a page {page.path!r} already")
            pages[page.path] = page
    return list(pages.values())


def make_templates(
    modules: Sequence[str], filters: Mapping[str, Callable[..., object]]
) -> Environment:
    """Returns the templates of the console and, as `<room>/<page>.html`, those of the rooms."""
    rooms: dict[str, BaseLoader] = {}
    for module in modules:
        room = module.removesuffix(".admin")
        rooms[room.rpartition(".")[2]] = PackageLoader(room)
    loader = ChoiceLoader([PackageLoader("appengine.console"), PrefixLoader(rooms)])
    templates = Environment(
        loader=loader, autoescape=select_autoescape(), undefined=StrictUndefined
    )
    templates.filters.update(filters)
    return templates
