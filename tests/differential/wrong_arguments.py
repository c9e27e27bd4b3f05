"""Calls with arguments that may be wrong: names of calls, and values that they may get."""

from random import Random

from tests.differential.values import mixed

ODD = [
    ["none"], ["int", 0], ["int", -1], ["int", 2], ["str", ""], ["str", "a"], ["str", "a >"],
    ["str", "a ="], ["str", "-a"], ["str", "__key__"], ["str", "__x__"], ["str", "a  !="],
    ["str", "a LIKE"], ["str", " "], ["float", 1.5], ["bool", True], ["list", []],
    ["list", [["int", 1]]], ["list", [["str", "a"]]], ["key", ["A", "x1"]], ["key", ["A", None]],
    ["text", "a"], ["blob", "a"], ["object"], ["str", "garbage"], ["str", "SELECT * FROM A"],
    ["str", "agx0ZXN0YmVkLXRlc3RyCAsSAUEiAXgM"], ["tuple", [["str", "a"], ["int", 2]]],
    ["user", "a@b"], ["point", 1, 2], ["int", 2**31], ["int", 2**63], ["str", "x" * 501],
    ["str", "x" * 1501], ["list", [["list", []]]], ["list", [["none"]]],
]  # fmt: skip

CALLS = {
    "key": (0, 1), "from_path": (0, 5), "entity": (0, 3), "set": (2, 2), "get": (1, 1),
    "put": (1, 1), "delete": (1, 1), "plain_query": (0, 1), "plain_filter": (2, 2),
    "plain_order": (1, 2), "plain_ancestor": (1, 1), "plain_get": (1, 2), "plain_count": (1, 1),
    "filter": (2, 2), "order": (1, 1), "ancestor": (1, 1), "fetch": (1, 2), "count": (1, 1),
    "with_cursor": (1, 2), "projection": (1, 1), "gql": (1, 2), "model": (1, 1),
    "model_key_name": (1, 1), "get_by_id": (1, 1), "get_by_key_name": (1, 1), "db_get": (1, 1),
    "db_put": (1, 1), "db_delete": (1, 1), "allocate_ids": (2, 2), "get_or_insert": (1, 1),
    "run_in_transaction": (0, 1), "string": (1, 1), "integer": (1, 1), "list_of": (1, 1),
    "reference": (1, 1), "text": (1, 1), "blob": (1, 1), "category": (1, 1), "link": (1, 1),
    "email": (1, 1), "rating": (1, 1), "geo": (1, 2), "im": (1, 2), "phone": (1, 1),
    "postal": (1, 1), "byte_string": (1, 1), "blob_key": (1, 1), "index": (1, 1),
}  # fmt: skip
"""By each call's name, how many arguments it gets."""


def step(random: Random) -> dict[str, object]:
    """Returns a call."""
    name = random.choice(list(CALLS))
    least, most = CALLS[name]
    args = [
        mixed(random) if random.random() < 0.2 else random.choice(ODD)
        for _ in range(random.randint(least, most))
    ]
    if name == "get_by_id":  # small ids may be the datastore's own, which differ
        args = [["int", -1] if arg[0] in ("int", "rating", "bool") else arg for arg in args]
    return {"do": "call", "space": "", "call": name, "args": args}
