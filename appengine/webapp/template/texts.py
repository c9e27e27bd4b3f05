"""Filters of text. What was safe stays safe where the filter adds nothing that is not.

Source: Django, "Built-in filter reference".
"""

import re
import textwrap
import unicodedata
from collections.abc import Callable
from functools import wraps
from urllib.parse import quote

import markupsafe
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup

TextFilter = Callable[..., str]

_TAG = re.compile(r"<[^>]*>")
_LINK = re.compile(r"(?<![\w\"'=>/])(https?://|www\.)[^\s<>\"']*[^\s<>\"'.,;:!?)\]]")
_UNSAFE_IN_SCRIPTS = re.compile("[\\\\'\"<>&=;`\u2028\u2029\x00-\x1f-]")


def of_text(function: TextFilter) -> TextFilter:
    """Returns the filter for any value, as text; the result is safe if the value was."""

    @wraps(function)
    def keep_safe(value: object, *arguments: object) -> str:
        made = function(str(value), *arguments)
        return Markup(made) if isinstance(value, Markup) else made  # noqa: S704  # as it was

    return keep_safe


def mark_safe(value: object) -> str:
    """Returns the text, not to be escaped."""
    return Markup(str(value))  # noqa: S704  # the template's author says so


def escape(value: object) -> str:
    """Returns the text escaped, unless it is safe already."""
    return markupsafe.escape(value)


def force_escape(value: object) -> str:
    """Returns the text escaped, even if it is safe already."""
    return markupsafe.escape(str(value))


def upper(value: object) -> str:
    """Returns the text in capitals; never safe, for `&amp;` becomes `&AMP;`."""
    return str(value).upper()


def cut(value: object, part: object) -> str:
    """Returns the text without every occurrence of a part."""
    made = str(value).replace(str(part), "")
    safe = isinstance(value, Markup) and part != ";"
    return Markup(made) if safe else made  # noqa: S704  # only text was taken out


@of_text
def lower(text: str) -> str:
    """Returns the text in small letters."""
    return text.lower()


@of_text
def title(text: str) -> str:
    """Returns the text with each word's first letter a capital."""
    return re.sub(r"[^\W\d_]+('[^\W\d_]+)?", lambda found: found.group().capitalize(), text)


@of_text
def capitalize_first(text: str) -> str:
    """Returns the text with its first letter a capital."""
    return text[:1].upper() + text[1:]


@of_text
def add_slashes(text: str) -> str:
    """Returns the text with a backslash before quotes and backslashes."""
    return re.sub(r"([\\'\"])", r"\\\1", text)


@of_text
def center(text: str, width: object) -> str:
    """Returns the text in the middle of a field."""
    return text.center(_whole(width))


@of_text
def justify_left(text: str, width: object) -> str:
    """Returns the text at the left of a field."""
    return text.ljust(_whole(width))


@of_text
def justify_right(text: str, width: object) -> str:
    """Returns the text at the right of a field."""
    return text.rjust(_whole(width))


@of_text
def wrap(text: str, width: object) -> str:
    """Returns the text with lines of at most so many characters."""
    limit = max(_whole(width), 1)
    lines = (textwrap.wrap(line, limit, break_long_words=False) for line in text.split("\n"))
    return "\n".join("\n".join(line) for line in lines)


@of_text
def truncate_words(text: str, count: object) -> str:
    """Returns the first words, with an ellipsis if there are more."""
    words, limit = text.split(), _whole(count)
    return " ".join(words) if len(words) <= limit else " ".join([*words[:limit], "..."])


@of_text
def truncate_characters(text: str, count: object) -> str:
    """Returns the text in so many characters, the last three dots if it was longer."""
    limit = _whole(count)
    return text if len(text) <= limit else text[: max(limit - 3, 0)] + "..."


@of_text
def strip_tags(text: str) -> str:
    """Returns the text without its HTML tags; no cure for text that is not trusted."""
    return _TAG.sub("", text)


@of_text
def remove_tags(text: str, names: object) -> str:
    """Returns the text without the HTML tags of these names, separated by spaces."""
    choice = "|".join(map(re.escape, str(names).split()))
    return re.sub(rf"</?(?:{choice})(?:\s[^>]*)?/?>", "", text) if choice else text


@of_text
def remove_spaces_between_tags(text: str) -> str:
    """Returns HTML without the spaces that only separate tags."""
    return re.sub(r">\s+<", "><", text.strip())


@of_text
def slugify(text: str) -> str:
    """Returns the text as a part of a URL: small letters, digits, hyphens."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", plain).strip().lower())


@of_text
def encode_iri(text: str) -> str:
    """Returns an address with letters of all scripts as a URL."""
    return quote(text, safe="/#%[]=:;$&()+,!?*@'~")


def encode_url(value: object, safe: object = "/") -> str:
    """Returns the text as a part of a URL."""
    return quote(str(value), safe=str(safe))


def escape_script(value: object) -> str:
    """Returns the text for a string of JavaScript."""
    made = _UNSAFE_IN_SCRIPTS.sub(lambda found: f"\\u{ord(found.group()):04X}", str(value))
    return Markup(made)  # noqa: S704  # all that HTML or a script could read is escaped


def count_words(value: object) -> int:
    """Returns how many words there are."""
    return len(str(value).split())


def _with_context(function: Callable[[str], str]) -> TextFilter:
    """Returns the filter on text that is escaped first where templates escape."""

    @pass_eval_context
    @wraps(function)
    def escape_first(context: EvalContext, value: object) -> str:
        text = str(markupsafe.escape(value)) if context.autoescape else str(value)
        made = function(text)
        return Markup(made) if context.autoescape else made  # noqa: S704  # escaped above

    return escape_first


@_with_context
def make_line_breaks(text: str) -> str:
    """Returns the text with `<br />` at line ends."""
    return _unify_line_ends(text).replace("\n", "<br />")


@_with_context
def make_paragraphs(text: str) -> str:
    """Returns the text in `<p>`, one for each run of lines, with `<br />` inside."""
    paragraphs = re.split(r"\n{2,}", _unify_line_ends(text))
    return "\n\n".join(f"<p>{one.replace(chr(10), '<br />')}</p>" for one in paragraphs)


@_with_context
def number_lines(text: str) -> str:
    """Returns the text with a number before each line."""
    lines = text.split("\n")
    width = len(str(len(lines)))
    return "\n".join(f"{number:0{width}d}. {line}" for number, line in enumerate(lines, 1))


@_with_context
def make_links(text: str) -> str:
    """Returns the text with its web addresses as links that search engines do not follow."""

    def link(found: re.Match[str]) -> str:
        shown = found.group()
        target = shown if shown.startswith("http") else f"http://{shown}"
        return f'<a href="{target}" rel="nofollow">{shown}</a>'

    return _LINK.sub(link, text)


def _unify_line_ends(text: str) -> str:
    return re.sub(r"\r\n?", "\n", text)


def _whole(value: object) -> int:
    return int(str(value))
