"""Queries of programs: every shape, through the model's query and the plain one."""

from random import Random

from tests.differential.values import key, mixed, several, small

OPERATORS = ["=", "=", "=", "<", "<=", ">", ">=", "!=", "IN"]
PROJECTED = ["a", "b", "l", "m"]
SIZES = [None, 0, 1, 2, 5, 1000]


def step(random: Random, space: str) -> dict[str, object]:
    """Returns a query and what is taken of it."""
    query = shape(random)
    if random.random() < 0.3 and not query["several"]:
        query["api"] = "plain"
    return {"do": "query", "space": space, **query, "take": taking(random)}


def shape(random: Random) -> dict[str, object]:
    """Returns a query by itself."""
    filters = _filters(random)
    return {
        "api": "model",
        "kind": random.choice(["A", "A", "A", "B", "B", None]),
        "filters": filters,
        "several": any(operator in ("!=", "IN") for _, operator, _ in filters),
        "orders": _orders(random, filters),
        "ancestor": key(random)[:2] if random.random() < 0.25 else None,
        **_form(random),
    }


def _form(random: Random) -> dict[str, object]:
    form = {"keys_only": False, "projection": None, "distinct": False}
    chance = random.random()
    if chance < 0.12:
        form["keys_only"] = True
    elif chance < 0.35:
        form["projection"] = random.sample(PROJECTED, random.randint(1, 2))
        form["distinct"] = random.random() < 0.4
    return form


def _filters(random: Random) -> list[list[object]]:
    """Returns filters; the inequalities of most queries are on one property, as they must be."""
    found = []
    inequality = random.choice(["a", "b", "l", "m", "__key__"])
    for _ in range(random.choice([0, 0, 1, 1, 2, 3])):
        operator = random.choice(OPERATORS)
        name = random.choice(["a", "b", "l", "m", "n", "u", "e", "__key__", "a", "b"])
        if operator not in ("=", "IN") and random.random() < 0.9:
            name = inequality
        found.append([name, operator, _operand(random, name, operator)])
    return found


def _operand(random: Random, name: str, operator: str) -> list[object]:
    def make(random: Random) -> list[object]:
        if name == "__key__":
            return ["key", key(random)]
        return mixed(random) if name in ("m", "n") else small(random)

    return several(random, make) if operator == "IN" else make(random)


def _orders(random: Random, filters: list[list[object]]) -> list[str]:
    orders = [
        random.choice(["", "-"]) + random.choice(["a", "b", "l", "m", "n", "__key__"])
        for _ in range(random.choice([0, 0, 0, 1, 1, 2]))
    ]
    first = [name for name, operator, _ in filters if operator not in ("=", "IN")]
    if orders and first and random.random() < 0.85:
        orders[0] = random.choice(["", "-"]) + str(first[0])
    return orders


def taking(random: Random) -> dict[str, object]:
    """Returns how results are taken."""
    hows = {
        "fetch": {
            "limit": random.choice(SIZES),
            "offset": random.choice([0, 0, 0, 1, 3]),
            "batch_size": random.choice([None, None, 1, 2, 20]),
        },
        "count": {"limit": random.choice(SIZES), "offset": random.choice([0, 0, 2])},
        "get": {},
        "pages": {"size": random.choice([1, 2, 3]), "offset": random.choice([0, 0, 1])},
        "between": {"first": random.randint(0, 3), "last": random.randint(0, 5)},
        "back": {"steps": random.randint(0, 4)},
        "walk": {"steps": random.randint(0, 4), "batch_size": random.choice([None, 1, 3])},
    }
    how = random.choices(list(hows), [40, 15, 5, 15, 10, 5, 10])[0]
    return {"how": how, **hows[how]}
