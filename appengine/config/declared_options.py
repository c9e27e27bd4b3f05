"""Options as they are declared: one field of a Struct with a note, for flag, variable and help."""

from operator import getitem
from typing import Annotated, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta, Struct

from appengine.config.values import parse_text

ENVIRONMENT_PREFIX = "APPENGINE_"
"""Before an option's name in capitals: `APPENGINE_PORT`."""


class Option(Struct, frozen=True, kw_only=True):
    """A note for a field's annotation: how people state it.

    Attributes:
        metavar: what the value is, in help.
        aliases: further spellings, of App Engine's older tools.
        is_repeated: each use adds an item; else one text holds them all, with commas.
    """

    help: str
    group: str
    metavar: str = ""
    aliases: tuple[str, ...] = ()
    is_repeated: bool = False


class Declared(Struct, frozen=True, kw_only=True):
    """One option, taken apart: its field's name, value type, default and note."""

    name: str
    hint: object
    default: object
    option: Option

    @property
    def flag(self) -> str:
        """The spelling on the command line: `--port`."""
        return f"--{self.name}"

    @property
    def variable(self) -> str:
        """The spelling in the environment: `APPENGINE_PORT`."""
        return ENVIRONMENT_PREFIX + self.name.upper()

    @property
    def is_boolean(self) -> bool:
        """Whether the flag alone says yes."""
        return self.hint is bool

    @property
    def item_hint(self) -> object:
        """The type of one item if the option holds several, else None."""
        return get_args(self.hint)[0] if get_origin(self.hint) is tuple else None

    def parse(self, text: str) -> object:
        """Returns the value that a text states.

        Raises:
            ValueError: it states none; the text says what was expected.
        """
        if self.item_hint is None:
            return parse_text(text, self.hint)
        parts = [text] if self.option.is_repeated else [part.strip() for part in text.split(",")]
        return tuple(parse_text(part, self.item_hint) for part in parts if part)


def declared_options(settings: type[Struct]) -> tuple[Declared, ...]:
    """Returns the options that a Struct's fields declare, each with its `Option`, in order."""
    hints = get_type_hints(settings, include_extras=True)
    found = []
    for entry in msgspec.structs.fields(settings):
        hint = hints[entry.name]
        option = next(note for note in hint.__metadata__ if isinstance(note, Option))
        metas = [note for note in hint.__metadata__ if isinstance(note, Meta)]
        inner = hint.__origin__
        for meta in metas:  # nested notes are flattened by typing: the bounds belong to the value
            inner = getitem(Annotated, (inner, meta))
        found.append(Declared(name=entry.name, hint=inner, default=entry.default, option=option))
    return tuple(found)
