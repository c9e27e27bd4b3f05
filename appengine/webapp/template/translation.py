"""A template's text translated into Jinja's, line for line, so that errors keep their places."""

import re
from collections.abc import Mapping
from difflib import get_close_matches

import msgspec

from appengine.webapp.template import marks
from appengine.webapp.template.errors import TemplateSyntaxError
from appengine.webapp.template.expressions import ExpressionError, split_words, translate_value
from appengine.webapp.template.tags import TAGS, Opened, Tag, Writer, translate_call

_SIGN = re.compile(r"(\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\})")
"""A tag, a value, a comment; each on one line, as in the classic engine."""

_VERBATIM = {"comment": "endcomment", "verbatim": "endverbatim"}
"""Tags whose content is not read, each with its end."""


class Names(msgspec.Struct, frozen=True, kw_only=True):
    """What a template may name.

    Attributes:
        filters: the filters that there are.
        tags: the tags of registered libraries, by the last part of their module's name.
    """

    filters: frozenset[str]
    tags: Mapping[str, frozenset[str]]


def translate(source: str, name: str, names: Names) -> str:
    """Returns a template's text in Jinja's language, with as many lines.

    Args:
        source: the text.
        name: the file's name, for errors.
        names: the filters and tags that there are.

    Raises:
        TemplateSyntaxError: `guestbook.html:12: ...`.
    """
    return _Translation(source, name, names).run()


class _Translation:
    def __init__(self, source: str, name: str, names: Names) -> None:
        self._source, self._name, self._names = source, name, names
        self._line = 1
        self._skipping = ""
        self._skipping_since = 0
        self._writer = Writer(names.filters, names.tags.keys())
        self._own_tags = frozenset().union(*names.tags.values())

    def run(self) -> str:
        """Returns the translation of the whole text."""
        if found := sorted(marks.SIGNS & set(self._source)):
            self._line += self._source[: self._source.index(found[0])].count("\n")
            raise self._error(f"control character {found[0]!r}")
        made = []
        for number, piece in enumerate(_SIGN.split(self._source)):
            try:
                made.append(self._translate(piece) if number % 2 else self._keep(piece))
            except ExpressionError as error:
                raise self._error(str(error)) from None
            self._line += piece.count("\n")
        self._check_end()
        return "".join(made)

    def _keep(self, text: str) -> str:
        return "\n" * text.count("\n") if self._skipping == "endcomment" else text

    def _translate(self, sign: str) -> str:
        content = sign[2:-2].strip()
        if self._skipping:
            if sign.startswith("{%") and content.split()[:1] == [self._skipping]:
                self._skipping = ""
                return ""
            return self._keep(sign)
        if sign.startswith("{#"):
            return ""
        if sign.startswith("{{"):
            return marks.output(translate_value(content, self._names.filters))
        return self._translate_tag(content)

    def _translate_tag(self, content: str) -> str:
        words = split_words(content)
        if not words:
            raise ExpressionError("a tag without a name")
        if words[0] in _VERBATIM:
            self._skipping, self._skipping_since = _VERBATIM[words[0]], self._line
            return ""
        tag = Tag(words[0], words[1:], content, self._line)
        if tag.name in self._own_tags:
            return translate_call(self._writer, tag)
        if (translator := TAGS.get(tag.name)) is None:
            raise ExpressionError(self._describe_unknown(tag))
        return translator(self._writer, tag)

    def _describe_unknown(self, tag: Tag) -> str:
        if tag.name == "url":
            return "tag 'url' needs the classic engine's URL configuration; write the path itself"
        close = get_close_matches(tag.name, [*TAGS, *_VERBATIM, *self._own_tags], n=1)
        return f"no tag {tag.name!r}" + (f"; {close[0]!r}?" if close else "")

    def _check_end(self) -> None:
        opened = self._writer.opened
        if self._skipping:
            opened = [Opened(self._skipping.removeprefix("end"), self._skipping_since)]
        if opened:
            self._line = opened[-1].line
            raise self._error(f"tag {opened[-1].name!r} has no end")

    def _error(self, reason: str) -> TemplateSyntaxError:
        return TemplateSyntaxError(f"{self._name}:{self._line}: {reason}")
