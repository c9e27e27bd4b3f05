"""The tags of the template language, each with its translation.

Source: Django, "Built-in template tags and filters", the part on tags.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import NamedTuple

from appengine.webapp.template.expressions import (
    ExpressionError,
    quote,
    translate_chain,
    translate_condition,
    translate_value,
    unquote,
)
from appengine.webapp.template.marks import VARIABLE, block, output

BRACKETS = {
    "openblock": "{%",
    "closeblock": "%}",
    "openvariable": "{{",
    "closevariable": "}}",
    "openbrace": "{",
    "closebrace": "}",
    "opencomment": "{#",
    "closecomment": "#}",
}


class Tag(NamedTuple):
    """A tag as it stands in the template."""

    name: str
    words: list[str]
    content: str
    line: int


class Opened(NamedTuple):
    """A tag that waits for its end, and what the end is translated to."""

    name: str
    line: int
    end: str = ""
    label: str = ""


@dataclass
class Writer:
    """The state of one translation.

    Attributes:
        filters: the filters that there are.
        libraries: what `load` may name.
        opened: the tags that wait for their ends, the innermost last.
        blocks: the names of the blocks so far.
        cycles: the choices of each named `cycle`.
    """

    filters: Collection[str]
    libraries: Collection[str]
    opened: list[Opened] = field(default_factory=list)
    blocks: set[str] = field(default_factory=set)
    cycles: dict[str, str] = field(default_factory=dict)
    _count: int = 0

    def number(self) -> int:
        """Returns a number that no other tag of the template has."""
        self._count += 1
        return self._count

    def value(self, text: str) -> str:
        """Returns the translation of a value with its filters."""
        return translate_value(text, self.filters)

    def open(self, tag: Tag, end: str, label: str = "") -> None:
        """Notes that a tag waits for its end."""
        self.opened.append(Opened(tag.name, tag.line, end, label))

    def inside(self, *names: str) -> Opened:
        """Returns the innermost open tag, if it is one of these.

        Raises:
            ExpressionError: it is not.
        """
        if not self.opened or self.opened[-1].name not in names:
            where = f"inside {self.opened[-1].name!r}" if self.opened else "outside of all tags"
            raise ExpressionError(f"needs {' or '.join(map(repr, names))} around it; is {where}")
        return self.opened[-1]


def translate_call(writer: Writer, tag: Tag) -> str:
    """Returns the translation of a tag of the application's own."""
    arguments = []
    for word in tag.words:
        name, equals, value = word.partition("=")
        if equals and name.isidentifier():
            arguments.append(f"{name}={writer.value(value)}")
        else:
            arguments.append(writer.value(word))
    return output(f"tag_{tag.name}({', '.join(arguments)})")


def _end(writer: Writer, tag: Tag) -> str:
    opened = writer.inside(tag.name.removeprefix("end"))
    if tag.words and opened.label and tag.words != [opened.label]:
        raise ExpressionError(f"ends {tag.words[0]!r}; open is {opened.label!r}")
    writer.opened.pop()
    return opened.end


def _if(writer: Writer, tag: Tag) -> str:
    writer.open(tag, block("endif"))
    return block(f"if {translate_condition(tag.words, writer.filters)}")


def _elif(writer: Writer, tag: Tag) -> str:
    writer.inside("if")
    return block(f"elif {translate_condition(tag.words, writer.filters)}")


def _else(writer: Writer, tag: Tag) -> str:
    _expect(tag, not tag.words, "else")
    writer.inside("if", "ifequal", "ifnotequal", "ifchanged")
    return block("else")


def _ifequal(writer: Writer, tag: Tag) -> str:
    _expect(tag, len(tag.words) == 2, f"{tag.name} A B")  # noqa: PLR2004  # A and B
    first, second = map(writer.value, tag.words)
    writer.open(tag, block("endif"))
    return block(f"if ({first}) {'==' if tag.name == 'ifequal' else '!='} ({second})")


def _ifchanged(writer: Writer, tag: Tag) -> str:
    number, loop = writer.number(), f"{VARIABLE}forloop"
    if tag.words:
        writer.open(tag, block("endif"))
        values = ", ".join(map(writer.value, tag.words))
        return block(f"if [{values}]|_changed({number}, {loop})")
    shown = f"shown_{number}"
    show = block(f"if {shown}|_changed({number}, {loop})") + output(shown) + block("endif")
    writer.opened.append(Opened(tag.name, tag.line, block("endset") + show))
    return block(f"set {shown}")


def _for(writer: Writer, tag: Tag) -> str:
    names, separator, rest = tag.content.removeprefix("for").partition(" in ")
    values, _, last = rest.strip().rpartition(" ")
    backwards = last == "reversed" and bool(values.strip())
    targets = [name.strip() for name in names.split(",")]
    for name in targets:
        _expect(
            tag, bool(separator) and name.isidentifier(), "for NAME[, NAME] in VALUE [reversed]"
        )
        _check_name(name)
    items = writer.value(values if backwards else rest)
    writer.open(tag, block("endfor"))
    wanted = ", ".join(f"{VARIABLE}{name}" for name in targets)
    start = block(f"for {wanted} in ({items})|_items({str(backwards).lower()})")
    return start + block(f"set {VARIABLE}forloop = loop|_forloop({VARIABLE}forloop)")


def _empty(writer: Writer, tag: Tag) -> str:
    writer.inside("for")
    return block("else")


def _with(writer: Writer, tag: Tag) -> str:
    match tag.words:
        case [value, "as", name]:
            assignments = [f"{VARIABLE}{_check_name(name)} = {writer.value(value)}"]
        case _:
            _expect(tag, bool(tag.words), "with NAME=VALUE ...")
            assignments = _assign(writer, tag, tag.words)
    writer.open(tag, block("endwith"))
    return block(f"with {', '.join(assignments)}")


def _assign(writer: Writer, tag: Tag, words: list[str]) -> list[str]:
    made = []
    for word in words:
        name, equals, value = word.partition("=")
        _expect(tag, bool(equals), "NAME=VALUE")
        made.append(f"{VARIABLE}{_check_name(name)} = {writer.value(value)}")
    return made


def _block(writer: Writer, tag: Tag) -> str:
    _expect(tag, len(tag.words) == 1, "block NAME")
    name = tag.words[0]
    if not name.replace("-", "_").isidentifier():
        raise ExpressionError(f"block {name!r}: a name of letters and digits")
    if name in writer.blocks:
        raise ExpressionError(f"block {name!r} is there already; a page has one of each name")
    writer.blocks.add(name)
    writer.open(tag, block("endblock"), name)
    return block(f"block {VARIABLE}{name.replace('-', '_')} scoped")


def _extends(writer: Writer, tag: Tag) -> str:
    _expect(tag, len(tag.words) == 1, 'extends "FILE"')
    if writer.opened:
        raise ExpressionError("'extends' stands before all other tags")
    return block(f"extends {_name_file(writer, tag.words[0])}")


def _include(writer: Writer, tag: Tag) -> str:
    _expect(tag, bool(tag.words), 'include "FILE" [with NAME=VALUE ...]')
    include = block(f"include {_name_file(writer, tag.words[0])}")
    if tag.words[1:] and tag.words[-1] == "only":
        raise ExpressionError("include: 'only' is not supported; an include sees all values")
    if not tag.words[1:]:
        return include
    _expect(tag, tag.words[1] == "with", 'include "FILE" [with NAME=VALUE ...]')
    assignments = _assign(writer, tag, tag.words[2:])
    return block(f"with {', '.join(assignments)}") + include + block("endwith")


def _name_file(writer: Writer, word: str) -> str:
    """Returns a file's name; a literal stays one, for Jinja loads those ahead."""
    return quote(unquote(word)) if word[0] in "\"'" and "|" not in word else writer.value(word)


def _load(writer: Writer, tag: Tag) -> str:
    for name in tag.words:
        if name not in writer.libraries:
            raise ExpressionError(
                f"load: no library {name!r}; webapp.template.register_template_library adds one"
            )
    return ""


def _cycle(writer: Writer, tag: Tag) -> str:
    words, name = tag.words, ""
    if len(words) > 2 and words[-2] == "as":  # noqa: PLR2004  # a choice, `as` and a name
        words, name = words[:-2], _check_name(words[-1])
    elif len(words) == 1 and words[0] in writer.cycles:
        return _step(words[0], writer.cycles[words[0]])
    _expect(tag, bool(words), "cycle VALUE ... [as NAME]")
    choices = f"[{', '.join(map(writer.value, words))}]|_cycle({writer.number()})"
    if not name:
        return output(choices)
    writer.cycles[name] = choices
    return _step(name, choices)


def _step(name: str, choices: str) -> str:
    return block(f"set {VARIABLE}{name} = {choices}") + output(f"{VARIABLE}{name}")


def _firstof(writer: Writer, tag: Tag) -> str:
    _expect(tag, bool(tag.words), "firstof VALUE ...")
    return output(" or ".join(f"({writer.value(word)})" for word in tag.words) + ' or ""')


def _now(writer: Writer, tag: Tag) -> str:
    _expect(tag, len(tag.words) == 1, 'now "FORMAT"')
    return output(f"({writer.value(tag.words[0])})|_now")


def _regroup(writer: Writer, tag: Tag) -> str:
    match tag.words:
        case [values, "by", path, "as", name]:
            grouped = f"({writer.value(values)})|_regroup({quote(path)})"
            return block(f"set {VARIABLE}{_check_name(name)} = {grouped}")
    raise ExpressionError("is written: regroup VALUE by NAME as NAME")


def _widthratio(writer: Writer, tag: Tag) -> str:
    _expect(tag, len(tag.words) == 3, "widthratio VALUE MAXIMUM WIDTH")  # noqa: PLR2004  # the three
    value, maximum, width = map(writer.value, tag.words)
    return output(f"({value})|_widthratio({maximum}, {width})")


def _templatetag(writer: Writer, tag: Tag) -> str:
    _expect(tag, len(tag.words) == 1 and tag.words[0] in BRACKETS, f"one of {', '.join(BRACKETS)}")
    return output(f"{quote(BRACKETS[tag.words[0]])}|_safe")


def _autoescape(writer: Writer, tag: Tag) -> str:
    _expect(tag, tag.words in (["on"], ["off"]), "autoescape on or autoescape off")
    writer.open(tag, block("endautoescape"))
    return block(f"autoescape {'true' if tag.words == ['on'] else 'false'}")


def _filter(writer: Writer, tag: Tag) -> str:
    chain = translate_chain(tag.content.removeprefix("filter"), writer.filters)
    writer.open(tag, block("endfilter"))
    return block(f"filter {chain}|_safe")  # the content is markup, and what it shows is escaped


def _spaceless(writer: Writer, tag: Tag) -> str:
    writer.open(tag, block("endfilter"))
    return block("filter _spaceless")


def _expect(tag: Tag, right: bool, form: str) -> None:
    if not right:
        raise ExpressionError(f"{tag.content!r} is written: {form}")


def _check_name(name: str) -> str:
    if not name.isidentifier() or name.startswith("_"):
        raise ExpressionError(f"{name!r} is no name for a value")
    return name


TAGS: dict[str, Callable[[Writer, Tag], str]] = {
    "autoescape": _autoescape,
    "block": _block,
    "cycle": _cycle,
    "elif": _elif,
    "else": _else,
    "empty": _empty,
    "extends": _extends,
    "filter": _filter,
    "firstof": _firstof,
    "for": _for,
    "if": _if,
    "ifchanged": _ifchanged,
    "ifequal": _ifequal,
    "ifnotequal": _ifequal,
    "include": _include,
    "load": _load,
    "now": _now,
    "regroup": _regroup,
    "spaceless": _spaceless,
    "templatetag": _templatetag,
    "widthratio": _widthratio,
    "with": _with,
}
"""Every tag but `comment` and `verbatim`, whose content is not read."""

TAGS |= {
    f"end{name}": _end
    for name in ("autoescape", "block", "filter", "for", "if", "ifchanged", "ifequal")
}
TAGS |= {f"end{name}": _end for name in ("ifnotequal", "spaceless", "with")}
