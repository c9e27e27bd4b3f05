"""What is taken of a query: whether it is a part of the whole, of the same side."""


def is_part(step, whole, part):
    """Whether what a query's step has taken is what the query's whole result has there."""
    if not isinstance(whole, list) or whole[:1] != ["list"]:
        return False
    take = step["take"]
    if take["how"] == "get" and step["api"] == "plain":
        return part == ["list", whole[1][:1]]
    return part == WAYS[take["how"]](whole[1], **{n: v for n, v in take.items() if n != "how"})


def _fetch(rows, limit, offset=0, batch_size=None):
    return ["list", _cut(rows, offset, limit)]


def _cut(rows, offset, limit):
    return rows[offset:] if limit is None else rows[offset : offset + limit]


def _count(rows, limit=1000, offset=0):
    return len(_cut(rows, offset, limit))


def _get(rows):
    return rows[0] if rows else None


def _pages(rows, size, offset):
    rest, pages = rows[offset:], []
    while len(pages) < 12:
        pages.append(["list", rest[:size]])
        if len(rest) < size:
            break
        rest = rest[size:]
    return ["list", pages]


def _between(rows, first, last):
    return ["list", rows[first:last]]


def _walk(rows, steps, batch_size):
    return ["list", [["list", rows[:steps]], ["list", rows[steps:][:100]]]]


def _back(rows, steps):
    before = rows[:steps] if steps else rows  # what has no end yet begins there
    return ["list", before[::-1]]


WAYS = {
    "fetch": _fetch,
    "count": _count,
    "get": _get,
    "pages": _pages,
    "between": _between,
    "walk": _walk,
    "back": _back,
}
"""What the manners of `taking` give of the rows that there are."""
