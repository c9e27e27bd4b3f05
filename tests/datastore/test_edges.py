"""Places where one byte or one row too many would give a wrong answer, or a slow one."""

import pytest

from appengine.datastore.server import queries, scan
from appengine.datastore.server.entities import decode
from appengine.datastore.service import Query, RunRequest
from tests.datastore.serving import entity

WHOLE = "l" * 981
"""Its encoding is as long as the start that an index keeps of longer values."""

TEXTS = {1: "l" * 980, 2: WHOLE, 3: "l" * 982, 4: "l" * 980 + "m", 5: WHOLE + "\0", 6: WHOLE + "m"}
HOLDS = {
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
}


@pytest.mark.parametrize("operator", HOLDS)
@pytest.mark.parametrize("batch_size", [1, 2, 300])
def test_texts_as_long_as_an_index_keeps_are_within_their_bounds(datastore, operator, batch_size):
    datastore.put_all(*(entity(("A", number), x=text) for number, text in TEXTS.items()))
    for bound in TEXTS.values():
        expected = [n for text, n in sorted((t, n) for n, t in TEXTS.items())
                    if HOLDS[operator](text, bound)]  # fmt: skip
        wanted = ("x", operator, bound)
        options = {"batch_size": batch_size}
        assert datastore.ids("A", wanted, orders=("x",), **options) == expected
        assert datastore.ids("A", wanted, orders=("-x",), **options) == expected[::-1]


def test_four_of_the_longest_texts_in_one_index_differ_in_the_last_byte(datastore):
    """Also in a zero byte, and downwards."""
    long = "x" * 1499
    last = ["\0", "a", "b"]
    for number, end in enumerate(last, start=1):
        texts = {name: long + end for name in "pqrs"}
        datastore.put_all(entity(("A", number), **texts))
    for number, end in enumerate(last, start=1):
        same = [(name, "=", long + end) for name in "pqr"]
        assert datastore.ids("A", *same, orders=("s",)) == [number]
        assert datastore.ids("A", *same, orders=("-s",)) == [number]
    assert datastore.ids("A", orders=("p", "-q", "r", "s"), batch_size=1) == [1, 2, 3]
    assert datastore.ids("A", orders=("-p", "q", "r", "-s"), batch_size=2) == [3, 2, 1]


def test_an_entity_with_thousands_of_rows_is_read_once_for_all_of_them(datastore, monkeypatch):
    """Else a query that meets it would take minutes."""
    bodies = []
    monkeypatch.setattr(queries, "decode", lambda body: bodies.append(body) or decode(body))
    datastore.put_all(entity(("A", 1), x=list(range(2000))), entity(("A", 2), x=[1999, 2000]))
    assert datastore.ids("A", orders=("x",)) == [1, 2]
    assert len(bodies) == 2
    datastore.run(RunRequest(query=Query(kind="A", projection=("x",)), batch_size=300))
    assert len(bodies) == 3


def test_rows_of_one_entity_that_an_index_cuts_are_told_apart(datastore, monkeypatch):
    bodies = []
    monkeypatch.setattr(scan, "decode", lambda body: bodies.append(body) or decode(body))
    texts = [WHOLE + f"lll{number:03}" for number in range(200)]
    datastore.put_all(entity(("A", 1), x=texts), entity(("A", 2), x=texts[1:]))
    assert datastore.ids("A", ("x", ">", texts[0]), orders=("x",)) == [1, 2]
    assert len(bodies) <= 6
    assert datastore.ids("A", ("x", "<", texts[1]), orders=("-x",)) == [1]
