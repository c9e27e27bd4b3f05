"""What a file imports, word by word: for files that no parser takes, too."""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from appengine.cli.porting.words import Kind, Word


class Import(Struct, frozen=True):
    """One name that is imported.

    Attributes:
        module: the dotted name, without the dots of a relative import.
        name: what is taken out of the module; "" for the module itself.
        level: dots in front of the module.
        local: the name that it has in the file.
    """

    module: str
    name: str
    level: int
    local: str
    line: int


def read_imports(words: Sequence[Word]) -> Iterator[Import]:
    """Yields all imports of a file, in order."""
    for place, word in enumerate(words):
        if word.begins and word.text in ("import", "from"):
            end = next((n for n in range(place, len(words)) if _ends(words[n])), len(words))
            statement = [each for each in words[place:end] if each.text not in ("(", ")")]
            yield from _read(statement)


def _ends(word: Word) -> bool:
    return word.kind is Kind.END or (word.text == ";" and word.depth == 0)


def _read(statement: Sequence[Word]) -> Iterator[Import]:
    texts = [word.text for word in statement]
    if texts[0] == "import":
        for part in _split(statement[1:]):
            name, local = _named(part)
            yield Import(name, "", 0, local or name.partition(".")[0], part[0].line)
    elif "import" in texts:
        middle = texts.index("import")
        source = "".join(texts[1:middle])
        module = source.lstrip(".")
        for part in _split(statement[middle + 1 :]):
            name, local = _named(part)
            level = len(source) - len(module)
            yield Import(module, name, level, local or name, part[0].line)


def _split(words: Sequence[Word]) -> Iterator[list[Word]]:
    """Yields the parts between commas that are not empty."""
    part: list[Word] = []
    for word in words:
        if word.text == ",":
            if part:
                yield part
            part = []
        else:
            part.append(word)
    if part:
        yield part


def _named(part: Sequence[Word]) -> tuple[str, str]:
    texts = [word.text for word in part]
    middle = texts.index("as") if "as" in texts else len(texts)
    return "".join(texts[:middle]), "".join(texts[middle + 1 : middle + 2])
