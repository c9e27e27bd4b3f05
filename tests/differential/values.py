"""Values of programs: lists that JSON can carry, a type's name and what makes the value."""

from random import Random

Value = list[object]

TEXTS = ["", "a", "b", "ab", "a\0", "a b", "é", "z" * 40]
OWN_IDS = [10**12 + number for number in range(1, 4)]
"""Ids that programs give themselves: above all that the datastore gives out in a run."""

NAMES = ["x1", "x2", "x3"]
KINDS = ["A", "B"]


def small(random: Random) -> Value:
    """Returns one of few integers, so that filters find something."""
    return ["int", random.choice([0, 1, 2, 3])]


def mixed(random: Random) -> Value:
    """Returns a value of any type that an index holds."""
    return random.choice(
        [
            lambda: ["none"],
            lambda: small(random),
            lambda: ["int", random.choice([-1, 2**40, -(2**63), 2**63 - 1])],
            lambda: ["float", random.choice([0.0, 1.0, 1.5, -2.25, 1e300])],
            lambda: ["bool", random.random() < 0.5],
            lambda: ["str", random.choice(TEXTS)],
            lambda: ["bytestring", random.choice(TEXTS)],
            lambda: [random.choice(["category", "email", "phone", "postal"]), "a"],
            lambda: ["link", "http://a/"],
            lambda: ["im", "xmpp", random.choice(["a", "b"])],
            lambda: ["blobkey", random.choice(["a", "b"])],
            lambda: ["rating", random.choice([0, 2, 100])],
            lambda: ["point", random.choice([0, 1.5, -90]), random.choice([2, -180])],
            lambda: ["user", random.choice(["a@b", "c@d"])],
            lambda: ["time", random.choice([0, 2, -5, 10**15])],
            lambda: ["key", key(random)],
        ]
    )()


def unindexed(random: Random) -> Value:
    """Returns a value that no index holds."""
    kind = random.choice(["text", "blob"])
    return [kind, random.choice(TEXTS)]


def several(random: Random, make=small) -> Value:
    """Returns a list of one to three values."""
    return ["list", [make(random) for _ in range(random.randint(1, 3))]]


def key(random: Random, kinds=KINDS) -> list[object]:
    """Returns a complete key: its path."""
    path = [random.choice(kinds), random.choice([*NAMES, *OWN_IDS])]
    while random.random() < 0.3 and len(path) < 6:
        path += [random.choice(kinds), random.choice([*NAMES, *OWN_IDS])]
    return path
