"""Splitting a kind for several workers: by the sample that `__scatter__` is.

Source: App Engine, `google.appengine.ext.key_range`, method `compute_split_points`.
"""

from itertools import count, islice, pairwise

import pytest
from google.appengine.api import datastore
from google.appengine.ext.key_range import KeyRange

from appengine.datastore.server.indexes import scatter_values
from appengine.datastore.server.keys import encode_key
from appengine.datastore.service import Key

ENTITIES = 3000


def numbers_of_the_sample():
    """Yields ids whose entities have `__scatter__`."""
    return (number for number in count(1) if scatter_values(encode_key(Key("", ("A", number)))))


@pytest.fixture
def kind(pipe):
    """Many entities, and among them those of the sample that so many have."""
    datastore.Put([datastore.Entity("A", id=number) for number in range(1, ENTITIES + 1)])


def size_of(part):
    return part.make_ascending_datastore_query("A", keys_only=True).Count(None)


@pytest.mark.usefixtures("kind")
@pytest.mark.parametrize("most", [1, 2, 4])
def test_the_ranges_cover_the_kind_without_overlap(most):
    parts = KeyRange.compute_split_points("A", most)
    assert len(parts) == most + 1
    assert (parts[0].key_start, parts[-1].key_end) == (None, None)
    assert all(one.key_end == other.key_start for one, other in pairwise(parts))
    assert all(part.include_start and not part.include_end for part in parts[1:])
    sizes = [size_of(part) for part in parts]
    assert sum(sizes) == ENTITIES
    assert max(sizes) < ENTITIES


@pytest.mark.usefixtures("kind")
def test_few_rows_are_read_for_it(pipe):
    pipe.records.clear()
    KeyRange.compute_split_points("A", 2)
    assert [record.method for record in pipe.records] == ["run"]
    assert pipe.records[0].notes["rows_read"] <= 2 * 8 + 1
    sample = sum(number <= ENTITIES for number in islice(numbers_of_the_sample(), ENTITIES // 10))
    pipe.records.clear()
    KeyRange.compute_split_points("A", 1000)
    assert sum(record.notes["rows_read"] for record in pipe.records) <= sample + 1


@pytest.mark.parametrize("most", [0, 1, 5])
def test_a_kind_without_a_sample_is_one_range(pipe, most):
    assert KeyRange.compute_split_points("None", most) == [KeyRange()]


def test_a_sample_smaller_than_what_is_wanted_is_used_whole(pipe):
    """Its keys are bounds, whatever order they have in the sample."""
    chosen = list(islice(numbers_of_the_sample(), 3))
    datastore.Put([datastore.Entity("A", id=number) for number in chosen])
    parts = KeyRange.compute_split_points("A", 10)
    assert [part.key_start and part.key_start.id() for part in parts] == [None, *chosen]
    assert [size_of(part) for part in parts] == [0, 1, 1, 1]


def test_a_range_is_shown_as_app_engine_shows_it():
    first, last = (datastore.Key.from_path("A", name, _app="x") for name in ("a", "z"))
    part = KeyRange(first, last, "DESC", include_end=False)
    assert str(part) == f"DESC[{first!r} to {last!r})"
    assert repr(part) == (
        f"key_range.KeyRange(key_start={first!r},key_end={last!r},direction='DESC',"
        "include_start=True,include_end=False, namespace='')"
    )
