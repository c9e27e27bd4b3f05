"""The whole engine against a plain model: a dictionary, sorted by comparison."""

import tempfile
from functools import cmp_to_key
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appengine.datastore.service import RunRequest, entity_decoder
from tests.datastore.serving import Datastore, entity, key, query

LONG = "l" * 1000
values = st.one_of(
    st.integers(-2, 2),
    st.sampled_from(
        ["", "a", "b", "l" * 982, "l" * 990, LONG, LONG + "a", LONG + "b", LONG + "a\0b"]
    ),
    st.none(),
    st.booleans(),
)
properties = st.dictionaries(
    st.sampled_from("xyz"), st.one_of(values, st.lists(values, max_size=3)), max_size=3
)
paths = st.sampled_from(
    [(root, *rest) for root in (1, 2, "n") for rest in [(), ("B", 1), ("B", 2), ("C", "q")]]
)
entities = st.dictionaries(paths, properties, max_size=12)
filters = st.lists(
    st.tuples(st.sampled_from("xyz"), st.sampled_from(["=", "=", "<", "<=", ">", ">="]), values),
    max_size=3,
)
orders = st.lists(st.sampled_from(["x", "-x", "y", "-y", "__key__", "-__key__"]), max_size=2)


def rank(value):
    """Returns something that Python compares as the datastore compares values."""
    if value is None:
        return (0,)
    if isinstance(value, bool):
        return (2, value)
    if isinstance(value, int):
        return (1, value)
    return (3, value.encode())


def key_rank(where):
    return [(kind, isinstance(name, str), name) for kind, name in where]


def as_pairs(path):
    return tuple(zip(path[::2], path[1::2], strict=True))


def many(stored, name):
    if name not in stored:
        return []
    value = stored[name]
    values = value if isinstance(value, list) else [value]
    return [rank(item) for item in values or [None]]  # an empty list is found as None


class Model:
    """What the documentation says, computed from all entities."""

    def __init__(self, stored):
        self.stored = {as_pairs(path): found for path, found in stored.items()}

    def run(self, kind, ancestor, wanted, sorted_by):
        ranges = [item for item in wanted if item[1] != "="]
        equal = only_equal(wanted)
        sorts = []
        for name in sorted_by:
            plain = name.removeprefix("-")
            if plain not in equal and plain not in [item.removeprefix("-") for item in sorts]:
                sorts.append(name)
            if plain == "__key__":
                break
        if not sorts and ranges:
            sorts = [ranges[0][0]]
        found = []
        for path, stored in self.stored.items():
            if path[-1][0] != kind or (ancestor and path[: len(ancestor)] != ancestor):
                continue
            best = self._first_row(path, stored, wanted, ranges, sorts)
            if best is not None:
                found.append((best, path))
        found.sort(key=cmp_to_key(lambda a, b: compare(a, b, sorts)))
        return [path for _row, path in found]

    def _first_row(self, path, stored, wanted, ranges, sorts):
        for name, operator, value in wanted:
            if operator == "=" and rank(value) not in many(stored, name):
                return None
        rows = [()]
        for name in sorts:
            plain = name.removeprefix("-")
            choices = [key_rank(path)] if plain == "__key__" else many(stored, plain)
            if ranges and ranges[0][0] == plain:
                choices = [item for item in choices if all(holds(item, r) for r in ranges)]
            rows = [(*row, choice) for row in rows for choice in choices]
        rows.sort(key=cmp_to_key(lambda a, b: compare((a, path), (b, path), sorts)))
        return rows[0] if rows else None


def holds(ranked, condition):
    _name, operator, value = condition
    bound = rank(value)
    return {
        "<": ranked < bound,
        "<=": ranked <= bound,
        ">": ranked > bound,
        ">=": ranked >= bound,
    }[operator]


def compare(left, right, sorts):
    """Compares rows, then keys."""
    for name, a, b in zip(sorts, left[0], right[0], strict=True):
        if a != b:
            less = a < b
            return -1 if less != name.startswith("-") else 1
    a, b = key_rank(left[1]), key_rank(right[1])
    return (a > b) - (a < b)


def only_equal(wanted):
    """Returns the properties with equality filters and no others: to sort by them means nothing."""
    ranges = {name for name, operator, _value in wanted if operator != "="}
    return {name for name, operator, _value in wanted if operator == "="} - ranges


def is_possible(wanted, sorted_by):
    ranges = {name for name, operator, _value in wanted if operator != "="}
    names = [name.removeprefix("-") for name in sorted_by]
    meant = [name for name in names if name not in only_equal(wanted)]
    return len(ranges) < 2 and (not ranges or not meant or meant[0] in ranges)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    before=entities,
    after=entities,
    gone=st.lists(paths, max_size=4),
    asked=st.lists(
        st.tuples(st.sampled_from("AB"), st.booleans(), filters, orders, st.integers(1, 4)),
        min_size=1,
        max_size=4,
    ),
)
def test_every_query_gives_what_a_plain_model_gives(before, after, gone, asked):
    """Also in small batches, backwards from its cursors, counted, and as a transaction saw it."""
    with tempfile.TemporaryDirectory() as directory:
        datastore = Datastore(Path(directory))
        old = {("A", *path): found for path, found in before.items()}
        datastore.put_all(*(entity(path, **found) for path, found in old.items()))
        root = key("A", 1)
        versions = datastore.versions(versions_of(root)).versions
        new = dict(old)
        new |= {("A", *path): found for path, found in after.items()}
        for path in gone:
            new.pop(("A", *path), None)
        datastore.put_all(*(entity(path, **new[path]) for path in new if path[1:] in after))
        datastore.delete_all(*(key("A", *path) for path in gone))
        for kind, below, wanted, sorted_by, size in asked:
            if not is_possible(wanted, sorted_by):
                continue
            check_query(datastore, Model(new), kind, below, wanted, sorted_by, size, {})
            if below:
                seen = {"versions": versions}
                check_query(datastore, Model(old), kind, below, wanted, sorted_by, size, seen)


def versions_of(*keys):
    from appengine.datastore.service import VersionsRequest

    return VersionsRequest(keys=keys)


def check_query(datastore, model, kind, below, wanted, sorted_by, size, seen):
    expected = model.run(kind, (("A", 1),) if below else (), wanted, sorted_by)
    options = {"ancestor": key("A", 1)} if below else {}
    for keys_only in (False, True):
        found = datastore.find(
            kind,
            *wanted,
            orders=sorted_by,
            batch_size=size,
            keys_only=keys_only,
            **options,
            **seen,
        )
        assert [as_pairs(item.key.path) for item in found] == expected
    question = query(kind, *wanted, orders=sorted_by, **options)
    everything = datastore.run(
        RunRequest(query=question, batch_size=300, wants_cursors=True, **seen)
    )
    for number, cursor in enumerate(everything.cursors):
        rest = datastore.run(RunRequest(query=question, start=cursor, batch_size=300, **seen))
        upto = datastore.run(RunRequest(query=question, end=cursor, batch_size=300, **seen))
        assert pairs(rest) == expected[number + 1 :]
        assert pairs(upto) == expected[: number + 1]


def pairs(answer):
    return [as_pairs(entity_decoder.decode(body).key.path) for body in answer.results]
