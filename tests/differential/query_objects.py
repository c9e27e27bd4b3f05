"""What the objects of `datastore_query` say of entities, on either side.

Run as `python -m tests.differential.query_objects theirs` in the environment of App Engine's SDK.
"""

import json
import logging
import os
import sys
import tempfile
import warnings
from functools import cmp_to_key
from pathlib import Path

ENTITIES = {
    "e0": {"a": 0, "b": "x", "l": [1, 9]},
    "e1": {"a": 1, "b": "x", "l": [4, 5]},
    "e2": {"a": 1, "b": None, "l": [2]},
    "e3": {"a": 2.5, "b": "y", "l": [9, 3, 3]},
    "e4": {"a": None, "b": "z", "l": []},
    "e5": {"a": True, "b": "x"},
    "e6": {"b": "y", "l": [None, 7]},
    "e7": {"a": "1", "b": "\u00fc", "l": ["x", 6]},
}

QUERIES = [
    ({}, []),
    ({"a =": 1}, []),
    ({"a >": 0}, []),
    ({"a >=": 1, "b =": "x"}, ["a"]),
    ({"l >": 1, "l <": 9}, ["l"]),
    ({"l >": 3}, [("l", 2)]),
    ({"l =": [1, 9]}, []),
    ({"l =": 9}, ["l"]),
    ({"b =": "x"}, ["l", ("a", 2)]),
    ({}, ["b", "a"]),
    ({}, [("b", 2), "__key__"]),
    ({"b =": None}, []),
    ({"a <": None}, []),
    ({"b >=": "x"}, ["b"]),
    ({"__key__ >": "e2"}, []),
    ({"__key__ >": "e2", "__key__ <=": "e5"}, [("__key__", 2)]),
]


def main() -> None:
    warnings.simplefilter("ignore")
    logging.disable()
    os.environ |= {"APPLICATION_ID": "testbed-test", "AUTH_DOMAIN": "gmail.com"}
    with tempfile.TemporaryDirectory() as directory:
        close = begin(sys.argv[1], Path(directory))
        from google.appengine.api import datastore

        entities = [make(datastore, name, values) for name, values in ENTITIES.items()]
        datastore.Put(entities)
        for filters, orders in QUERIES:
            print(json.dumps(describe(datastore, filters, orders, entities)))
        print(json.dumps(describe_components(datastore, entities)))
        close()


def begin(side, directory):
    if side == "theirs":
        from google.appengine.datastore import datastore_stub_util
        from google.appengine.ext import testbed

        bed = testbed.Testbed()
        bed.activate()
        policy = datastore_stub_util.PseudoRandomHRConsistencyPolicy(probability=1)
        bed.init_datastore_v3_stub(consistency_policy=policy)
        return bed.deactivate
    import appengine  # noqa: F401  # installs the names of google.appengine
    from appengine.rpc.client import transport
    from tests.datastore_client.in_process import InProcess

    pipe = InProcess(directory, application="testbed-test")
    transport.set(pipe)
    return pipe.close


def make(datastore, name, values):
    entity = datastore.Entity("Q", name=name, unindexed_properties=["u"])
    entity.update(values | {"u": 1})
    return entity


def message(entity):
    """Returns what the side's filters and orders are called with."""
    return entity.ToPb() if hasattr(entity, "ToPb") else entity


def name_of(result):
    """Returns the name of an entity, or of a key."""
    return (result.key() if hasattr(result, "key") else result).name()


def tried(function):
    """Returns a function's result, or the name of its error."""
    try:
        return function()
    except Exception as error:  # whichever it is
        return type(error).__name__


def error_of(function):
    """Returns the name of a function's error, or that there is none."""
    found = tried(function)
    return found if isinstance(found, str) else "no error"


def query_of(datastore, filters, orders, **options):
    query = datastore.Query("Q", **options)
    for condition, value in filters.items():
        is_key = condition.startswith("__key__")
        query[condition] = datastore.Key.from_path("Q", value) if is_key else value
    return query.Order(*orders)


def describe(datastore, filters, orders, entities):
    """Returns what one query's objects say."""
    from google.appengine.datastore import datastore_query

    query = query_of(datastore, filters, orders)
    order, predicate, signature = query.GetOrder(), query.GetFilterPredicate(), query.GetQuery()
    found = [
        order and [(str(text(one.prop)), one.direction) for one in order.orders],
        predicate and [predicate(message(entity)) for entity in entities],
        signature == query_of(datastore, filters, orders).GetQuery(),
        signature == datastore.Query("Q", {"never =": 0}).GetQuery(),
        names(datastore_query.apply_query(signature, entities, _key=message)),
        text(signature.kind),
    ]
    if order:
        whole = [entity for entity in entities if tried(lambda e=entity: order.key(message(e)))]
        whole = [one for one in whole if not isinstance(tried(lambda e=one: key(order, e)), str)]
        for way in (order, order.reversed(), order.reversed(group_by=["a"])):
            found.append(names(sorted(whole, key=lambda entity, way=way: key(way, entity))))
            compare = cmp_to_key(lambda x, y, way=way: way.cmp(message(x), message(y)))
            found.append(names(sorted(whole, key=compare)))
        if predicate:
            judge = order.key_for_filter(predicate)
            chosen = [entity for entity in whole if predicate(message(entity))]
            found.append(names(sorted(chosen, key=lambda entity: judge(message(entity)))))
    for options in (
        {},
        {"offset": 1},
        {"limit": 3},
        {"offset": 2, "limit": 2},
        {"keys_only": True},
    ):
        has_places = not any("l" in str(part) for part in (*filters, *orders))
        found.append(run(query, options, has_places))
    return found


def key(order, entity):
    return order.key(message(entity))


def run(query, options, has_places):
    """Returns the results of batches, and of what begins and ends at the places around them.

    The SDK's stub knows no places where lists are sorted.
    """
    from google.appengine.datastore import datastore_query

    config = datastore_query.QueryOptions(batch_size=2, **options)
    batcher = query.GetBatcher(config=config)
    results, skipped, rest, before = [], 0, [], []
    for batch in batcher:
        results += names(batch.results)
        skipped += batch.skipped_results
        places = [batch.cursor(index) for index in range(len(batch.results) + 1)]
        if has_places:
            rest += [names(query.Run(start_cursor=place)) for place in places]
            before.append(names(query.Run(end_cursor=batch.end_cursor)))
        assert batch.keys_only in (None, options.get("keys_only", False))
    return [results, skipped, rest[: len(results)], before[-1:], batch.more_results]


def describe_components(datastore, entities):
    """Returns what filters and orders say that no plain query has, and their errors."""
    from google.appengine.datastore import datastore_query as dq

    make_filter, both = dq.make_filter, dq.CompositeFilter.AND
    one, other = make_filter("a", "=", 1), make_filter("l", ">", 3)
    nine = make_filter("l", "=", 9)
    joined = dq.CompositeFilter(both, [one, other])
    inner = dq.CompositeFilter(both, [make_filter("l", "<", 9), joined])
    by_a = dq.PropertyOrder("a", dq.PropertyOrder.DESCENDING)
    several = dq.CompositeOrder([by_a, dq.CompositeOrder([dq.PropertyOrder("b")])])
    pair = dq.CorrelationFilter(dq.CompositeFilter(both, [make_filter("l", "=", 3), nine]))
    single = dq.CorrelationFilter(nine)
    query = dq.Query(kind="Q", filter_predicate=joined, order=by_a)
    judged = [
        [predicate(message(entity)) for entity in entities]
        for predicate in (one, other, joined, inner, pair, single)
    ]
    wrong = [
        lambda: make_filter("a", "!=", 1),
        lambda: make_filter("", "=", 1),
        lambda: make_filter("a", "=", object()),
        lambda: dq.CompositeFilter("or", [one]),
        lambda: dq.CompositeFilter(both, []),
        lambda: dq.CompositeFilter(both, [1]),
        lambda: dq.PropertyOrder("a", 3),
        lambda: dq.PropertyOrder(""),
        lambda: dq.CompositeOrder(by_a),
        lambda: dq.CompositeOrder([1]),
        lambda: dq.Query(filter_predicate=1),
        lambda: dq.Query(order=1),
        lambda: dq.Query(group_by=[]),
        lambda: dq.Query(group_by="a"),
        lambda: dq.Query(group_by=[1]),
        lambda: dq.Query(ancestor="a"),
        lambda: dq.ResultsIterator(1),
        lambda: dq.apply_query(1, []),
        lambda: dq.apply_query(query, ()),
        lambda: dq.PropertyFilter("=", 1),
        lambda: dq.PropertyFilter("~", 1),
        lambda: query.run(None, 1),
        lambda: dq.Cursor().advance(1, 1, None),
        lambda: by_a.key(message(entities[6])),
        lambda: by_a.cmp(message(entities[6]), message(entities[0])),
    ]
    return [
        judged,
        len(inner.filters),
        inner.op,
        [str(text(order.prop)) for order in several.orders],
        several.size(),
        several == dq.CompositeOrder([by_a, dq.PropertyOrder("b")]),
        dq.CompositeOrder([by_a]) == by_a,
        by_a == by_a.reversed(),
        by_a == by_a.reversed().reversed(),
        dq.CompositeFilter(both, [one]) == one,
        make_filter("a", "=", 1) == one,
        make_filter("a", "=", 2) == one,
        names(dq.apply_query(query, entities, _key=message)),
        [error_of(each) for each in wrong],
    ]


def names(results):
    return [name_of(result) for result in results]


def text(value):
    return value.decode() if isinstance(value, bytes) else value


if __name__ == "__main__":
    main()
