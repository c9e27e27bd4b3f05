"""Statements in GQL: good ones of every clause, and ones with a word too many or too few."""

from random import Random

from tests.differential.values import key, mixed, several, small

LITERALS = [
    "1", "-2", "1.5", "'a'", "'it''s'", "TRUE", "false", "NULL", "DATETIME(1970, 1, 1)",
    "DATE('1970-01-01')", "TIME(1, 2, 3)", "GEOPT(1, 2)", "USER('a@b')", "KEY('A', 'x1')",
    "KEY('A', 'x1', 'B', 'x2')", "DATETIME('1970-01-01 00:00:00')", "GEOPT('1,2')", "(1, 2)",
    "KEY('garbage')", "DATETIME(1970)", "DATE(1970, 13, 1)", "USER(1)", "FOO(1)", "''", "x",
]  # fmt: skip
SPOILERS = ["WHERE", "AND", ";", "OR a = 1", "LIMIT", "a", ")", "'", "GROUP BY a", "= 1", "FROM A"]


def step(random: Random, space: str) -> dict[str, object]:
    """Returns a statement with its parameters and what is taken."""
    args, names = [], {}
    clauses = [_select(random), *_where(random, args, names), _orders(random), _limits(random)]
    text = " ".join(clause for clause in clauses if clause)
    if random.random() < 0.1:
        words = text.split(" ")
        words.insert(random.randint(0, len(words)), random.choice(SPOILERS))
        text = " ".join(words)
    if random.random() < 0.05:
        args.append(["int", 1])
    how = random.choice([{"how": "fetch", "limit": None}, {"how": "count"}, {"how": "run"}])
    return {"do": "gql", "space": space, "text": text, "args": args, "names": names, "take": how}


def _select(random: Random) -> str:
    what = random.choice(["*", "*", "*", "__key__", "a", "a, b", "DISTINCT a", "DISTINCT l, b"])
    source = random.choice(["FROM A", "FROM A", "FROM B", "from A", 'FROM "A"', "", "FROM Missing"])
    return f"{random.choice(['SELECT', 'select'])} {what} {source}".strip()


def _where(random: Random, args: list[object], names: dict[str, object]) -> list[str]:
    conditions = [_condition(random, args, names) for _ in range(random.choice([0, 1, 1, 2]))]
    if not conditions:
        return []
    return ["WHERE " + " AND ".join(conditions)]


def _condition(random: Random, args: list[object], names: dict[str, object]) -> str:
    if random.random() < 0.12:
        return "ANCESTOR IS " + _operand(random, ["key", key(random)[:2]], args, names)
    name = random.choice(["a", "a", "b", "l", "m", "m", "__key__", '"a"'])
    operator = random.choice(["=", "=", "<", ">=", "!=", "IN", "<>"])
    if random.random() < 0.3:
        return f"{name} {operator} {random.choice(LITERALS)}"
    make = mixed if name == "m" else small
    if name == "__key__":
        value = ["key", key(random)]
    elif operator == "IN":
        value = several(random, make)
    else:
        value = make(random)
    return f"{name} {operator} {_operand(random, value, args, names)}"


def _operand(
    random: Random, value: list[object], args: list[object], names: dict[str, object]
) -> str:
    if random.random() < 0.6:
        args.append(value)
        return f":{len(args)}"
    name = f"p{len(names)}"
    names[name] = value
    return f":{name}"


def _orders(random: Random) -> str:
    if random.random() < 0.7:
        return ""
    name = random.choice(["a", "b", "l", "m", "__key__"])
    return f"ORDER BY {name} {random.choice(['', 'ASC', 'DESC', 'desc'])}".strip()


def _limits(random: Random) -> str:
    return random.choice(["", "", "", "LIMIT 2", "LIMIT 1, 2", "LIMIT 3 OFFSET 1", "OFFSET 2",
                          "LIMIT 0", "LIMIT -1", "OFFSET -1", "limit 5 offset 0",
                          "HINT ORDER_FIRST"])  # fmt: skip
