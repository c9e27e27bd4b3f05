"""Programs for two datastores: each is a list of steps that JSON can carry, made from a seed."""

from random import Random

from tests.differential import gql_texts, queries, transactions, wrong_arguments
from tests.differential.entities import entity, model
from tests.differential.values import key

Step = dict[str, object]

STEPS = 12
"""Steps of a program behind its first, which stores entities."""

NAMESPACED = 0.15
"""Share of the programs that use a second namespace."""


def make_program(seed: int) -> list[Step]:
    """Returns the program of a seed."""
    random = Random(seed)
    spaces = ["", "n"] if random.random() < NAMESPACED else [""]
    steps = [put(random, space, 12) for space in spaces]
    return steps + [_step(random, random.choice(spaces)) for _ in range(STEPS)]


def put(random: Random, space: str, count: int) -> Step:
    """Returns a step that stores entities."""
    return {"do": "put", "space": space, "entities": [entity(random) for _ in range(count)]}


def _step(random: Random, space: str) -> Step:
    makers = {
        "put": lambda: put(random, space, random.randint(1, 3)),
        "model": lambda: {"do": "model", "space": space, **model(random)},
        "delete": lambda: _keys(random, "delete", space),
        "get": lambda: _keys(random, "get", space),
        "allocate": lambda: _allocate(random, space),
        "query": lambda: queries.step(random, space),
        "gql": lambda: gql_texts.step(random, space),
        "transaction": lambda: transactions.step(random, space),
        "metadata": lambda: _metadata(random, space),
        "call": lambda: wrong_arguments.step(random),
    }
    shares = [4, 4, 4, 5, 1, 50, 10, 10, 5, 7]
    return random.choices(list(makers.values()), shares)[0]()


def _keys(random: Random, do: str, space: str) -> Step:
    keys = [key(random) for _ in range(random.randint(1, 3))]
    return {"do": do, "space": space, "api": random.choice(["plain", "model"]), "keys": keys}


def _allocate(random: Random, space: str) -> Step:
    return {"do": "allocate", "space": space, "key": key(random), "size": random.randint(1, 3)}


def _metadata(random: Random, space: str) -> Step:
    what = random.choice(["namespaces", "kinds", "properties", "representations", "version"])
    ends = [random.choice([None, None, "", "A", "B", "a", "l", "n", "zz"]) for _ in range(2)]
    kind = random.choice(["A", "B", "Pet", "None"])
    return {
        "do": "metadata", "space": space, "what": what, "kind": kind, "ends": ends,
        "key": key(random),
    }  # fmt: skip
