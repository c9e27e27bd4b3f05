"""Transactions of programs: reads, writes and queries, an end, and others that come between."""

from random import Random

from tests.differential import queries
from tests.differential.entities import entity
from tests.differential.values import NAMES, key


def step(random: Random, space: str) -> dict[str, object]:
    """Returns a transaction: its steps run in it, `between` outside of it before the last one.

    Without a read at the beginning they come behind all of them.
    """
    root = ["A", random.choice(NAMES)]
    steps = [_inner(random, root) for _ in range(random.randint(1, 4))]
    between = [_write(random, root)] if random.random() < 0.3 else []
    if between and random.random() < 0.9:  # a first touch that both datastores notice
        steps.insert(0, {"do": "get", "api": "model", "keys": [root]})
    return {
        "do": "transaction",
        "space": space,
        "steps": steps,
        "between": between,
        "times": random.choice([1, 1, 2, 9]),
        "retries": random.choice([None, 0, 1, 3]),
        "xg": random.choice([None, True, True, False]),
        "read_only": random.random() < 0.05,
        "propagation": random.choice([None, None, None, "allowed", "mandatory", "independent"]),
        "end": random.choice(["commit", "commit", "commit", "rollback", "raise", "nest"]),
    }


def _inner(random: Random, root: list[object]) -> dict[str, object]:
    makers = [
        lambda: _write(random, root),
        lambda: {"do": "get", "api": "plain", "keys": [_near(random, root)]},
        lambda: {"do": "get", "api": "model", "keys": [_near(random, root)]},
        lambda: _query(random, root),
    ]
    return random.choice(makers)()


def _write(random: Random, root: list[object]) -> dict[str, object]:
    if random.random() < 0.25:
        return {"do": "delete", "api": "plain", "keys": [_near(random, root)]}
    stored = entity(random) | {"path": _near(random, root)}
    stored["properties"].pop("e", None)
    return {"do": "put", "entities": [stored]}


def _query(random: Random, root: list[object]) -> dict[str, object]:
    query = queries.shape(random)
    if random.random() < 0.9:
        query["ancestor"] = root
    return {"do": "query", **query, "take": queries.taking(random)}


def _near(random: Random, root: list[object]) -> list[object]:
    """Returns a key of the group mostly, so that few transactions need several groups."""
    if random.random() < 0.1:
        return key(random)
    return [*root, "B", random.choice(NAMES)] if random.random() < 0.6 else root
