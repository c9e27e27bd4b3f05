"""`IN` and `!=` give what one look at all entities gives: in order, each once, in any pieces."""

import random

import pytest

from appengine.datastore import db

TEXTS = ["", "a", "b"]
VALUES = [*range(-1, 3), None, True, 1.5, *TEXTS]


class Thing(db.Expando):
    pass


@pytest.fixture(autouse=True)
def datastore(pipe):
    return pipe


def rank(value):
    """Source: App Engine, "Datastore Queries", section "Value Type Ordering"."""
    types = [type(None), int, bool, str, float]
    return types.index(type(value)), 0 if value is None else value


def ranks(thing, name):
    value = getattr(thing, name)
    return [rank(item) for item in (value if isinstance(value, list) else [value])]


def make_things(chance):
    things = []
    for _ in range(chance.randint(3, 12)):
        mixed = chance.choice(VALUES)
        several = [chance.randint(0, 4) for _ in range(chance.randint(1, 3))]
        things.append(Thing(mixed=mixed, several=several, n=chance.randint(0, 2)))
    db.put(things)
    return things


def holds(thing, name, operator, value):
    found = ranks(thing, name)
    if operator == "IN":
        return any(rank(item) in found for item in value)
    return any(item < rank(value) for item in found) or any(item > rank(value) for item in found)


def place(thing, name, descending, conditions):
    """Returns what an entity is sorted by: its first value that an inequality lets through."""
    excluded = [rank(value) for other, op, value in conditions if other == name and op == "!="]
    found = [item for item in ranks(thing, name) if item not in excluded]
    return max(found) if descending else min(found)


@pytest.mark.parametrize("seed", range(60))
def test_a_union_gives_what_a_look_at_all_entities_gives(seed):
    chance = random.Random(seed)
    things = make_things(chance)
    name = chance.choice(["mixed", "several"])
    sample = VALUES if name == "mixed" else range(5)
    conditions = [(name, "!=", chance.choice(sample))]
    if chance.random() < 0.6:
        other = chance.choice(["mixed", "n"])
        values = [chance.choice(VALUES if other == "mixed" else range(3)) for _ in range(3)]
        conditions = [(other, "IN", values), *(conditions if other != name else [])]
    descending = chance.random() < 0.5
    sorted_by = name if any(op == "!=" for _name, op, _value in conditions) else "several"
    query = Thing.all().order(("-" if descending else "") + sorted_by)
    for condition in conditions:
        query.filter(f"{condition[0]} {condition[1]}", condition[2])
    expected = [thing for thing in things if all(holds(thing, *item) for item in conditions)]
    expected.sort(key=lambda thing: thing.key())  # equal ones by key upwards in both directions
    places = {thing.key(): place(thing, sorted_by, descending, conditions) for thing in expected}
    ways = sorted(set(places.values()), reverse=descending)
    expected.sort(key=lambda thing: ways.index(places[thing.key()]))
    keys = [thing.key() for thing in expected]
    assert [thing.key() for thing in query.run()] == keys
    offset, limit = chance.randint(0, 4), chance.randint(0, 4)
    assert [thing.key() for thing in query.fetch(limit, offset)] == keys[offset : offset + limit]
    assert query.count() == len(keys)
