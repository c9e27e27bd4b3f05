"""What loops and their neighbours need: `forloop`, `cycle`, `ifchanged`, `regroup`."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import cast

from jinja2 import Environment, Undefined, pass_context, pass_environment
from jinja2.runtime import Context, LoopContext

State = dict[object, object]


class ForLoop:
    """The value `forloop` of a loop's body.

    Attributes:
        parentloop: the `forloop` of the loop around this one.
    """

    def __init__(self, loop: LoopContext, parentloop: object) -> None:
        self._loop = loop
        self.parentloop = parentloop

    @property
    def counter(self) -> int:
        """How many items there were, this one included."""
        return self._loop.index

    @property
    def counter0(self) -> int:
        """How many items there were before this one."""
        return self._loop.index0

    @property
    def revcounter(self) -> int:
        """How many items there are left, this one included."""
        return self._loop.revindex

    @property
    def revcounter0(self) -> int:
        """How many items there are after this one."""
        return self._loop.revindex0

    @property
    def first(self) -> bool:
        """Whether this is the first item."""
        return self._loop.first

    @property
    def last(self) -> bool:
        """Whether this is the last item."""
        return self._loop.last

    @property
    def run(self) -> object:
        """The loop itself, one object for all of its items."""
        return self._loop


class Group:
    """One group of `regroup`: its common value and its items."""

    def __init__(self, grouper: object, items: Iterable[object]) -> None:
        self.grouper = grouper
        self.list = list(items)

    def __iter__(self) -> Iterator[object]:
        return iter((self.grouper, self.list))


def list_items(value: object, backwards: bool) -> Iterable[object]:
    """Returns what a loop runs over; nothing is no items."""
    if value is None:
        return ()
    items = cast("Iterable[object]", value)
    return reversed(list(items)) if backwards else items


@pass_context
def cycle(context: Context, choices: Sequence[object], number: int) -> object:
    """Returns the choice after the one that the tag of that number returned last."""
    state = _state_of(context)
    key = context.name, number
    position = cast(int, state.get(key, -1)) + 1
    state[key] = position
    return choices[position % len(choices)]


@pass_context
def has_changed(context: Context, value: object, number: int, forloop: object) -> bool:
    """Returns whether the tag of that number was given another value in this loop before."""
    state = _state_of(context)
    key = context.name, number
    seen = (forloop.run if isinstance(forloop, ForLoop) else None), value
    before = cast("tuple[object, object]", state.get(key, (state, None)))
    state[key] = seen
    return before[0] is not seen[0] or before[1] != seen[1]


@pass_environment
def regroup(environment: Environment, values: Iterable[object], path: str) -> list[Group]:
    """Returns runs of neighbours that have the same value at a path: `"author.name"`."""

    def find(item: object) -> object:
        for name in path.split("."):
            item = environment.getitem(item, name)
        return item

    if values is None or isinstance(values, Undefined):
        return []
    return [Group(grouper, items) for grouper, items in groupby(values, find)]


def _state_of(context: Context) -> State:
    return cast(State, context.resolve("state"))
