"""Names that Python 2 had: built-in ones, attributes of modules, methods."""

import ast
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise

from appengine.cli.porting.moved import ATTRIBUTES, BUILTINS, METHODS, SPECIAL
from appengine.cli.porting.syntax import Found
from appengine.cli.porting.words import Kind, Word

CALLED = frozenset("apply buffer cmp coerce file intern long reduce reload".split())
"""Built-in names that are ordinary words, too: counted only where they are called."""

CODECS = frozenset(("hex", "base64", "rot13", "string-escape", "string_escape", "zlib"))
"""Encodings that turn text into text or bytes into bytes: `str` has them no more."""

END = Word(Kind.END, "", 0, 0, False)


def find_old_names(words: Sequence[Word], modules: Collection[str]) -> Iterator[Found]:
    """Yields each use of a name that is gone; `modules` are those that the file has imported."""
    bound = _bound_names(words)
    padded = [END, END, *words, END, END]
    for place, word in enumerate(words, 2):
        before, after = padded[place - 1], padded[place + 1]
        if word.kind is not Kind.NAME:
            continue
        if before.text == "." and padded[place - 2].text in modules:
            yield from _attribute(padded[place - 2], word)
        if before.text == "." and after.text == "(":
            if word.text not in bound:  # the application's own method
                yield from _method(word, padded[place + 2])
        elif before.text == "def" and word.text in SPECIAL and word.depth == 0:
            if word.text != "next" or ("__iter__" in bound and "__next__" not in bound):
                yield word.line, f"{word.text} is called {SPECIAL[word.text]} in Python 3"
        elif word.text == "__metaclass__" and word.begins and after.text == "=":
            yield word.line, "__metaclass__ is not looked at; write class Name(metaclass=...)"
        elif before.text != "." and word.text in BUILTINS and word.text not in bound:
            if after.text == "(" or word.text not in CALLED:
                yield word.line, f"{word.text} is gone; write {BUILTINS[word.text]}"


def lines_for_both(tree: ast.Module) -> frozenset[int]:
    """Returns the lines of methods that a class has by the names of Python 2 and of Python 3."""
    found: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            methods = [each for each in node.body if isinstance(each, ast.FunctionDef)]
            names = {each.name for each in methods}
            names |= {
                target.id
                for each in node.body
                if isinstance(each, ast.Assign)
                for target in each.targets
                if isinstance(target, ast.Name)
            }
            for each in methods:
                if SPECIAL.get(each.name, "").partition(" ")[0] in names:
                    found.update(range(each.lineno, (each.end_lineno or each.lineno) + 1))
    return frozenset(found)


def _bound_names(words: Sequence[Word]) -> frozenset[str]:
    """Returns the names that a file gives a meaning of its own."""
    found = set()
    for before, word, after in zip(words, words[1:], words[2:], strict=False):
        binds = before.text in ("as", "def", "class", "for", "import", "lambda", "global")
        is_assigned = after.text == "=" and word.depth == 0
        if word.kind is Kind.NAME and (binds or is_assigned):
            found.add(word.text)
    found |= {word.text for word, after in pairwise(words) if _assigns(word, after)}
    return frozenset(found | _parameters(words))


def _assigns(word: Word, after: Word) -> bool:
    return word.begins and word.kind is Kind.NAME and after.text == "="


def _parameters(words: Sequence[Word]) -> set[str]:
    found, inside = set(), False
    for word in words:
        inside = word.text == "def" or (inside and word.text != ":" and word.kind is not Kind.END)
        if inside and word.depth == 1 and word.kind is Kind.NAME:
            found.add(word.text)
    return found


def _attribute(module: Word, name: Word) -> Iterator[Found]:
    if new := ATTRIBUTES.get(f"{module.text}.{name.text}"):
        yield name.line, f"{module.text}.{name.text} is gone; write {new}"


def _method(name: Word, argument: Word) -> Iterator[Found]:
    if new := METHODS.get(name.text):
        yield name.line, f".{name.text}() is gone; write {new}"
    elif name.text == "next" and argument.text == ")":
        yield name.line, ".next() is gone; write next(iterator)"
    elif name.text in ("encode", "decode") and argument.text.strip("'\"") in CODECS:
        codec = argument.text.strip("'\"")
        yield (
            name.line,
            f".{name.text}({codec!r}) is gone; write codecs.{name.text}(value, {codec!r})",
        )
