"""What the measured book is asked, and the bodies that it must answer."""

import json
import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from typing import NamedTuple

LOADED_FROM = 1_000_000
"""The first loaded greeting's number; those that are signed later are older, and count from 0."""

AUTHORS = 20
RESULTS = 20
EPOCH = datetime(2008, 4, 7)


class Request(NamedTuple):
    """One request, and what raises AssertionError unless its answer is right."""

    method: str
    path: str
    check: Callable[[bytes], None]


class Book:
    """One side's book: where it is served, and what must be in it."""

    def __init__(self, address: tuple[str, int], size: int) -> None:
        """Takes the address, and how many greetings will be loaded."""
        self.address = address
        self.size = size
        self.lock = threading.Lock()
        self.numbers = count()
        self.signed: dict[int, int] = {}
        self.ids: list[int] = []
        self.counts: Counter[str] = Counter()


Step = Callable[[Book, int], Request]
"""Makes the next request of a client by its number; a client asks one thing at a time."""


def greeting(number: int) -> dict[str, str]:
    """Returns the greeting of a number, as it is shown."""
    return {
        "author": f"author {number % AUTHORS}",
        "content": f"greeting {number}\n" + "It was a pleasure to be here. " * 6,
        "date": (EPOCH + timedelta(seconds=number)).isoformat(),
    }


def hello(_book: Book, _client: int) -> Request:
    """Stores and finds nothing: what the servers and frameworks cost alone."""
    return Request("GET", "/hello", partial(_check, "hello"))


def sign(book: Book, _client: int) -> Request:
    """Stores a greeting; the answer is its id, which no other has."""
    number = next(book.numbers)
    return Request("POST", f"/sign/{number}", partial(_note, book, number))


def _note(book: Book, number: int, body: bytes) -> None:
    key = int(body)
    with book.lock:
        assert key not in book.signed, f"two greetings have the id {key}"
        book.signed[key] = number
        book.ids.append(key)


def read(book: Book, client: int) -> Request:
    """Shows one of the greetings that have been signed."""
    key = book.ids[(next(book.numbers) * 7 + client) % len(book.ids)]
    return Request("GET", f"/read/{key}", partial(_check, greeting(book.signed[key])))


def latest(book: Book, _client: int) -> Request:
    """Shows the newest greetings."""
    newest = LOADED_FROM + book.size - 1
    expected = [greeting(newest - each) for each in range(RESULTS)]
    return Request("GET", "/latest", partial(_check, expected))


def by_author(book: Book, _client: int) -> Request:
    """Shows the newest greetings of one author."""
    newest = LOADED_FROM + book.size - 1 - next(book.numbers) % AUTHORS
    expected = [greeting(newest - each * AUTHORS) for each in range(RESULTS)]
    return Request("GET", f"/author/{newest % AUTHORS}", partial(_check, expected))


def increment(book: Book, client: int) -> Request:
    """Counts a client's own counter up; the answer is one more than the last."""
    name = f"counter{client}"
    book.counts[name] += 1
    return Request("POST", f"/increment/{name}", partial(_check, book.counts[name]))


def _check(expected: object, body: bytes) -> None:
    assert body == json.dumps(expected).encode(), f"{body[:500]!r}, but expected {expected!r}"


NO_CALL = "no call"
"""The step that shows what servers and frameworks cost without a datastore."""

STEPS: dict[str, Step] = {
    NO_CALL: hello,
    "put": sign,
    "get": read,
    f"query of {RESULTS}": latest,
    f"query of {RESULTS} of an author": by_author,
    "counter": increment,
}
"""What is measured, by name; `read` needs what `sign` has stored."""
