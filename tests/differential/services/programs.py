"""Programs of calls of memcache and users, made from seeds: plain data, the same on both sides."""

import random

KEYS = ["a", "b", "c", "k" * 250, "l" * 251, "ü"]
VALUES = ["x", "", "7", "18446744073709551615", "18446744073709551616", 0, 7, -7, 2**64 - 1, 2**70]
VALUES += [True, False, None, 1.5, [1, "two"], {"a": [1]}, "ü€", "long" * 1000]
SPACES = ["", "", "n"]
TIMES = [0, 0, 1000, 1000.5, 2_000_000_000]
WRONG = ["soon", -1, None]
DELTAS = [0, 1, 5, 2**63, 2**64 - 1]
WRONG_DELTAS = [-1, 1.5, "1"]
EMAILS = ["ann@gmail.com", "bob@example.com", "", "ann@gmail.com", "c"]


def make_program(seed):
    """Returns the steps of a program: a name and its arguments each."""
    chance = random.Random(seed)
    makers = [_set, _set, _get, _get, _many, _delete, _count, _count, _cas, _other, _user]
    return [chance.choice(makers)(chance) for _ in range(chance.randrange(5, 25))]


def _set(chance):
    time = chance.choice(WRONG) if chance.random() < 0.05 else chance.choice(TIMES)
    method = chance.choice(["set", "add", "replace"])
    return [method, [chance.choice(KEYS), chance.choice(VALUES), time], _space(chance)]


def _get(chance):
    if chance.random() < 0.05:
        return ["get", [chance.choice([7, None, ["a"]])], _space(chance)]
    return ["get", [chance.choice(KEYS)], _space(chance)]


def _many(chance):
    keys = chance.sample(KEYS, chance.randrange(0, 4))
    prefix = chance.choice(["", "", "p-"])
    method = chance.choice(["set", "add", "replace", "get", "delete"])
    if method in {"get", "delete"}:
        arguments = [keys, prefix] if method == "get" else [keys, 0, prefix]
        return [f"{method}_multi", arguments, _space(chance)]
    mapping = {key: chance.choice(VALUES) for key in keys}
    return [f"{method}_multi", [mapping, 0, prefix], _space(chance)]


def _delete(chance):
    seconds = chance.choice(WRONG) if chance.random() < 0.05 else chance.choice([0, 0, 1000])
    return ["delete", [chance.choice(KEYS), seconds], _space(chance)]


def _count(chance):
    delta = chance.choice(WRONG_DELTAS if chance.random() < 0.05 else DELTAS)
    initial = chance.choice([None, None, 0, 10])
    if chance.random() < 0.3:
        offsets = {key: chance.choice([-5, 0, 3]) for key in chance.sample(KEYS, 2)}
        return ["offset_multi", [offsets, "", None, initial], _space(chance)]
    method = chance.choice(["incr", "decr"])
    keys = chance.choice(KEYS) if chance.random() < 0.8 else chance.sample(KEYS, 2)
    return [method, [keys, delta, None, initial], _space(chance)]


def _cas(chance):
    between = chance.choice(["nothing", "nothing", "set", "delete", "reset", "other client"])
    return ["cas", [chance.choice(KEYS), chance.choice(VALUES), between], _space(chance)]


def _other(chance):
    method = chance.choice(["stats", "peek", "peek", "flush_all", "too_long"])
    return [method, [chance.choice(KEYS)], _space(chance)]


def _user(chance):
    signed_in = {
        "USER_EMAIL": chance.choice(EMAILS),
        "USER_ID": chance.choice(["", "123"]),
        "USER_IS_ADMIN": chance.choice(["0", "1", ""]),
        "AUTH_DOMAIN": chance.choice(["gmail.com", "example.com"]),
    }
    given = chance.choice([None, *EMAILS])
    return ["user", [signed_in, given, chance.choice([None, "example.com"])], ""]


def _space(chance):
    return chance.choice(SPACES)
