"""Entities of programs: plain ones with any properties, and those of a model."""

from random import Random

from tests.differential.values import KINDS, key, mixed, several, small, unindexed

INCOMPLETE = 0.1
"""Share of the entities that get an id from the datastore."""


def entity(random: Random) -> dict[str, object]:
    """Returns an entity: its path, properties, and the names kept out of the indexes."""
    path = key(random)
    if random.random() < INCOMPLETE:
        path[-1] = None
    properties = {name: small(random) for name in "ab" if random.random() < 0.85}
    chances = [
        ("m", 0.6, lambda: mixed(random)),
        ("l", 0.6, lambda: several(random)),
        ("n", 0.3, lambda: several(random, mixed)),
        ("u", 0.4, lambda: small(random)),
        ("t", 0.2, lambda: unindexed(random)),
        ("e", 0.05, lambda: ["list", []]),
    ]
    for name, chance, make in chances:
        if random.random() < chance:
            properties[name] = make()
    out = ["u"] if random.random() < 0.4 else []
    return {"path": path, "properties": properties, "unindexed": out}


def model(random: Random) -> dict[str, object]:
    """Returns an entity of the model that the player declares; some values do not fit it."""
    fitting = {
        "number": lambda: random.choice([small(random), ["none"]]),
        "name": lambda: ["str", random.choice(["a", "b", "é"])],
        "born": lambda: ["time", random.choice([0, 10**6])],
        "tags": lambda: ["list", [["str", random.choice("ab")] for _ in range(2)]],
        "weight": lambda: ["float", 1.5],
        "good": lambda: ["bool", True],
        "friend": lambda: ["key", [*key(random)[:-2], "Pet", "x1"]],
        "place": lambda: ["point", 1, 2],
        "notes": lambda: ["text", "long"],
        "picture": lambda: ["blob", "b"],
        "site": lambda: ["link", "http://a/"],
        "mail": lambda: ["email", "a@b"],
        "kind_of": lambda: ["category", "cat"],
        "stars": lambda: ["rating", 5],
        "owner": lambda: ["user", "a@b"],
        "day": lambda: ["date", 0],
        "hour": lambda: ["clock", 3600],
    }
    names = random.sample(list(fitting), random.randint(1, 6))
    values = {name: mixed(random) if random.random() < 0.15 else fitting[name]() for name in names}
    parent = key(random, KINDS) if random.random() < 0.3 else None
    return {"values": values, "parent": parent, "name": random.choice(["x1", "x2", None])}
