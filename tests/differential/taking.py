"""Ways to take a query's results: at once, in pages by cursors, between cursors, one by one."""

from itertools import islice


def take(make, how, make_reversed=None):
    """Returns results of the query that `make` returns, in the manner of a step.

    Args:
        make: returns the query anew.
        how: the manner and what it needs.
        make_reversed: returns the query that has the same results in the opposite order.
    """
    how = dict(how)
    if how["how"] == "back":
        return _back(make, make_reversed, how["steps"])
    return WAYS[how.pop("how")](make, **how)


def _back(make, make_reversed, steps):
    """Goes on from a cursor in the opposite order: back over what lies before it."""
    _, cursor = _page(make(), None, steps, 0)
    return _page(make_reversed(), cursor, 100, 0)[0]


def _fetch(make, limit, offset=0, batch_size=None):
    options = {} if batch_size is None else {"batch_size": batch_size}
    query = make()
    if _is_model_query(query):
        return query.fetch(limit, offset=offset, **options)
    return list(query.Run(limit=limit, offset=offset, **options))


def _count(make, limit=1000, offset=0):
    query = make()
    count = query.count if _is_model_query(query) else query.Count
    return count(limit, offset=offset)


def _get(make):
    query = make()
    if _is_model_query(query):
        return query.get()
    return query.Get(1)


def _pages(make, size, offset):
    """Reads page by page; each begins at the cursor behind the one before."""
    pages, cursor = [], None
    while len(pages) < 12:
        query = make()
        found, cursor = _page(query, cursor, size, offset if cursor is None else 0)
        pages.append(found)
        if len(found) < size:
            break
    return pages


def _page(query, cursor, size, offset):
    if _is_model_query(query):
        if cursor is not None:
            query.with_cursor(_text(cursor))
        return query.fetch(size, offset=offset), query.cursor()
    options = {} if cursor is None else {"start_cursor": cursor}
    found = list(query.Run(limit=size, offset=offset, **options))
    return found, query.GetCursor()


def _between(make, first, last):
    """Reads what lies between the cursors behind two counts of results."""
    _, start = _page(make(), None, first, 0)
    _, end = _page(make(), None, last, 0)
    query = make()
    if _is_model_query(query):
        return query.with_cursor(_text(start), _text(end)).fetch(None)
    return list(query.Run(start_cursor=start, end_cursor=end))


def _walk(make, steps, batch_size):
    """Stops within a batch, and goes on from the cursor there."""
    options = {} if batch_size is None else {"batch_size": batch_size}
    query = make()
    run = query.run if _is_model_query(query) else query.Run
    found = list(islice(run(**options), steps))
    cursor = query.cursor() if _is_model_query(query) else query.GetCursor()
    return [found, _page(make(), cursor, 100, 0)[0]]


def _is_model_query(query):
    """Whether a query is one of `db`; the plain one is a dictionary of its filters."""
    return not isinstance(query, dict)


def _text(cursor):
    return cursor.decode() if isinstance(cursor, bytes) else cursor


WAYS = {
    "fetch": _fetch,
    "count": _count,
    "get": _get,
    "pages": _pages,
    "between": _between,
    "walk": _walk,
}
