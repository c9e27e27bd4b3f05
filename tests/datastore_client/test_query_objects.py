"""Queries as objects: filters, orders, batches; `tests/differential` compares them with the SDK's.

Source: App Engine, `google.appengine.datastore.datastore_query`.
"""

import heapq

import pytest
from google.appengine.api import datastore
from google.appengine.datastore import datastore_query as dq
from google.appengine.datastore import datastore_rpc
from google.appengine.ext import db

pytestmark = pytest.mark.usefixtures("pipe")

AND = dq.CompositeFilter.AND


@pytest.fixture(autouse=True)
def rows(pipe):
    """Ten entities q0 to q9: a = 0..9, b = a mod 2, l = [a, a + 1]."""
    made = [datastore.Entity("Q", name=f"q{number}") for number in range(10)]
    for number, entity in enumerate(made):
        entity.update({"a": number, "b": number % 2, "l": [number, number + 1]})
    datastore.Put(made)
    return made


def numbers(found):
    return [entity["a"] for entity in found]


def ids(found):
    return "".join(key.name()[1:] for key in found)


def test_a_query_object_is_made_once_and_runs_many_times():
    query = dq.Query(
        kind="Q",
        filter_predicate=dq.CompositeFilter(
            AND, [dq.make_filter("b", "=", 1), dq.make_filter("a", ">", 2)]
        ),
        order=dq.PropertyOrder("a", dq.PropertyOrder.DESCENDING),
    )
    assert numbers(dq.ResultsIterator(query.run())) == [9, 7, 5, 3]
    assert numbers(query.run_async().get_result().results) == [9, 7, 5, 3]
    some = dq.QueryOptions(limit=2, offset=1, keys_only=True)
    assert ids(dq.ResultsIterator(query.run(None, some))) == "75"
    assert query == datastore.Query("Q", {"b =": 1, "a >": 2}).Order(("a", 2)).GetQuery()
    assert hash(query) == hash(
        datastore.Query("Q", {"b =": 1, "a >": 2}).Order(("a", 2)).GetQuery()
    )
    assert query != dq.Query(kind="Q")
    assert repr(query) == (
        "Query(app='guestbook', kind='Q', filter_predicate=CompositeFilter(AND, "
        "[PropertyFilter('=', <'b', 1>), PropertyFilter('>', <'a', 2>)]), "
        "order=CompositeOrder([PropertyOrder(<a>, DESCENDING)]))"
    )


def test_a_batch_tells_the_places_around_its_results():
    query = datastore.Query("Q").Order("a")
    options = dq.QueryOptions(offset=2, batch_size=3)
    batch = query.GetQuery().run_async(None, options).get_result()
    assert numbers(batch.results) == [2, 3, 4]
    assert (batch.skipped_results, batch.more_results, batch.keys_only) == (2, True, False)
    assert (batch.query, batch.query_options) == (query.GetQuery(), options)
    for index, first in ((-2, 0), (-1, 1), (0, 2), (1, 3), (2, 4), (3, 5)):
        assert numbers(query.Run(start_cursor=batch.cursor(index))) == list(range(first, 10))
    assert batch.cursor(-2) == batch.start_cursor
    assert batch.cursor(3) == batch.end_cursor
    for index in (-3, 4):
        with pytest.raises(db.BadArgumentError, match=r"inclusive range \[-2, 3\]"):
            batch.cursor(index)
    with pytest.raises(db.BadArgumentError, match="should be an integer"):
        batch.cursor("1")


def test_each_batch_gives_the_one_behind_it_once():
    query = datastore.Query("Q", {"b =": 0}).Order("a").GetQuery()
    first = query.run_async(None, dq.QueryOptions(batch_size=2, limit=4)).get_result()
    second = first.next_batch(dq.FetchOptions(batch_size=1))
    assert first.next_batch() is None
    third = second.next_batch(dq.FetchOptions(offset=0))
    assert [numbers(batch.results) for batch in (first, second, third)] == [[0, 2], [4], [6]]
    assert not third.more_results
    assert third.next_batch() is None
    assert "name: b" in first.index_list[0]


def test_a_batcher_gives_as_many_results_as_are_wanted():
    def batcher(**options):
        return datastore.Query("Q").GetBatcher(dq.QueryOptions(batch_size=2, **options))

    assert [numbers(batch.results) for batch in batcher(limit=5)] == [[0, 1], [2, 3], [4]]
    some = batcher()
    assert numbers(some.next_batch(5).results) == [0, 1, 2, 3, 4, 5]
    assert numbers(some.next().results) == [6, 7]
    assert numbers(some.next_batch(100).results) == [8, 9]
    with pytest.raises(StopIteration):
        some.next_batch(dq.Batcher.AT_LEAST_OFFSET)
    behind = batcher(offset=9).next_batch(dq.Batcher.AT_LEAST_OFFSET)
    assert (behind.skipped_results, numbers(behind.results)) == (9, [9])
    assert batcher(offset=30).next_batch(dq.Batcher.ASYNC_ONLY).skipped_results == 10
    with pytest.raises(db.BadArgumentError, match="min_batch_size"):
        batcher().next_batch("all")


def test_an_iterator_over_batches_knows_its_place():
    query = datastore.Query("Q", {"b =": 1}).Order("a")
    found = dq.ResultsIterator(query.GetBatcher(dq.QueryOptions(batch_size=2, offset=1)))
    assert numbers(query.Run(start_cursor=found.cursor())) == [3, 5, 7, 9]
    assert "name: b" in found.index_list()[0]
    assert [found.next()["a"], next(found)["a"], next(found)["a"]] == [3, 5, 7]
    assert numbers(query.Run(start_cursor=found.cursor())) == [9]
    assert numbers(found) == [9]
    assert numbers(query.Run(start_cursor=found.cursor())) == []


def test_a_cursor_advances_over_results():
    query = datastore.Query("Q").Order(("a", datastore.Query.DESCENDING))
    start = dq.Cursor()
    for offset in (0, 1, 4, 10, 12):
        place = start.advance(offset, query.GetQuery())
        assert len(numbers(query.Run(start_cursor=place))) == max(0, 10 - offset)
    place = start.advance(2, query.GetQuery()).advance(3, query.GetQuery(), None)
    assert numbers(query.Run(start_cursor=place)) == [4, 3, 2, 1, 0]


def test_a_grouped_query_gives_each_set_of_values_once():
    query = dq.Query(kind="Q", group_by=["b"])
    found = dq.ResultsIterator(query.run(None, dq.QueryOptions(projection=["b"])))
    assert [entity["b"] for entity in found] == [0, 1]
    distinct = datastore.Query("Q", projection=["b"], distinct=True)
    assert distinct.GetQuery() == query
    assert [entity["b"] for batch in distinct.GetBatcher() for entity in batch.results] == [0, 1]
    with pytest.raises(db.BadRequestError, match="grouped by"):
        query.run()
    with pytest.raises(db.BadArgumentError, match="cannot override projection"):
        distinct.GetBatcher(dq.QueryOptions(projection=["a"]))


def test_batches_see_what_their_transaction_sees():
    root = datastore.Put(datastore.Entity("Root", name="r"))
    child = datastore.Entity("C", parent=root)
    child["a"] = 1
    datastore.Put(child)
    query = dq.Query(ancestor=root)

    def look():
        batcher = query.run(None, dq.QueryOptions(batch_size=1))
        seen = len(next(batcher).results)
        datastore.NonTransactional(datastore.Put)(datastore.Entity("C", parent=root))
        return seen + sum(len(batch.results) for batch in batcher)

    assert datastore.RunInTransaction(look) == 2
    assert len(list(dq.ResultsIterator(query.run()))) == 3
    with pytest.raises(db.BadRequestError, match="Only ancestor queries"):
        datastore.RunInTransaction(dq.Query(kind="Q").run)


def test_a_filter_that_only_judges_in_memory_is_not_sent(rows):
    correlated = dq.CorrelationFilter(
        dq.CompositeFilter(AND, [dq.make_filter("l", "=", 3), dq.make_filter("a", "=", 3)])
    )
    assert [correlated(entity) for entity in rows[2:5]] == [False, True, False]
    assert numbers(dq.apply_query(dq.Query(kind="Q", filter_predicate=correlated), rows)) == [3]
    with pytest.raises(db.BadArgumentError, match="only supports in memory operations"):
        dq.Query(kind="Q", filter_predicate=correlated).run()


def test_a_query_is_applied_to_what_is_in_memory(rows):
    """Also what the datastore cannot do: inequalities on two properties."""
    both = dq.CompositeFilter(AND, [dq.make_filter("a", ">", 2), dq.make_filter("l", "<", 7)])
    query = dq.Query(kind="Q", filter_predicate=both, order=dq.PropertyOrder("a").reversed())
    others = [datastore.Entity("R", name="r"), datastore.Entity("Q", name="n", namespace="other")]
    assert numbers(dq.apply_query(query, [*rows, *others])) == [6, 5, 4, 3]
    pairs = [(entity, entity["a"]) for entity in rows]
    assert [number for _, number in dq.apply_query(query, pairs, _key=lambda pair: pair[0])] == [
        6,
        5,
        4,
        3,
    ]


def test_unindexed_values_satisfy_nothing():
    entity = datastore.Entity("Q", unindexed_properties=["u"])
    entity.update({"u": 1, "t": db.Text("x"), "l": [1, db.Text("y")]})
    assert not dq.make_filter("u", "=", 1)(entity)
    assert not dq.make_filter("t", ">", None)(entity)
    assert dq.make_filter("l", ">", 0)(entity)
    with pytest.raises(db.BadArgumentError, match="Missing value for property"):
        dq.PropertyOrder("u").key(entity)


def test_entities_of_iterators_are_merged_by_hand():
    one = iter([entity for entity in datastore.Query("Q", {"b =": 0}).Order("a").Run()])
    other = iter([entity for entity in datastore.Query("Q", {"b =": 1}).Order("a").Run()])
    wrap = datastore.MultiQuery.SortOrderEntity
    heap = [wrap(one, [("a", 1)]), wrap(other, [("a", 1)])]
    heapq.heapify(heap)
    merged = []
    while heap[0].GetEntity() is not None:
        merged.append(heap[0].GetEntity()["a"])
        heapq.heapreplace(heap, heap[0].GetNext())
    assert merged == list(range(10))


def test_entities_compare_by_orders_and_then_by_key(rows):
    wrap = datastore.MultiQuery.SortOrderEntity
    zero, one, two = (wrap(iter([entity]), [("b", 2)]) for entity in rows[:3])
    assert one < zero < two
    assert (one.CmpProperties(zero), zero.CmpProperties(one), zero.CmpProperties(two)) == (-1, 1, 0)
    assert zero == wrap(iter([rows[0]]), [("b", 2)])
    nothing = wrap(iter([]), [("b", 2)])
    assert two < nothing
    assert nothing.CmpProperties(two) == 1
    assert nothing == wrap(iter([]), ())


def test_several_calls_are_one(rows):
    keys = [entity.key() for entity in rows]
    several = datastore_rpc.MultiRpc(
        [
            datastore.GetAsync(keys[:2]),
            datastore_rpc.MultiRpc([datastore.GetAsync(keys[2]), datastore.DeleteAsync(keys[9])]),
        ]
    )
    assert (len(several.rpcs), several.state) == (3, 1)
    assert numbers(several.get_result()) == [0, 1, 2]
    assert several.state == 2
    only = datastore_rpc.MultiRpc(
        [datastore.GetAsync(keys[5])], extra_hook=lambda found: found["a"]
    )
    assert only.get_result() == 5
    lost = datastore_rpc.MultiRpc([datastore.GetAsync(keys[0]), datastore.GetAsync(keys[9])])
    with pytest.raises(db.EntityNotFoundError):
        lost.check_success()
    assert datastore_rpc.MultiRpc([]).get_result() == []


def test_operations_are_waited_for_like_the_calls_of_other_services(rows):
    from google.appengine.api.apiproxy_stub_map import UserRPC

    first, second = (datastore.GetAsync(entity.key()) for entity in rows[:2])
    assert UserRPC.wait_any([first, second]) is first
    assert (first.state, second.state) == (2, 1)
    UserRPC.wait_all([first, second])
    assert second.state == 2
    assert datastore_rpc.MultiRpc.wait_any([]) is None


@pytest.mark.parametrize("name", ["max_get_keys", "max_put_entities", "max_delete_keys"])
def test_calls_are_as_small_as_is_wanted(pipe, rows, name):
    config = datastore.CreateConfig(**{name: 4})
    pipe.called.clear()
    keys = datastore.Put(rows, config=config)
    assert numbers(datastore.Get(keys, config=config)) == list(range(10))
    datastore.Delete(keys, config=config)
    expected = {
        method: 3 if option == name else 1
        for method, option in (
            ("put", "max_put_entities"),
            ("get", "max_get_keys"),
            ("delete", "max_delete_keys"),
        )
    }
    assert {method: pipe.called.count(method) for method in expected} == expected
    with pytest.raises(db.BadArgumentError, match=name):
        datastore.CreateConfig(**{name: 0})


def test_options_have_their_constants():
    assert datastore_rpc.TransactionOptions.INDEPENDENT == db.INDEPENDENT
    assert datastore_rpc.Configuration.EVENTUAL_CONSISTENCY == db.EVENTUAL_CONSISTENCY
    assert dq.QueryOptions.ORDER_FIRST == datastore.Query.ORDER_FIRST
    config = db.create_transaction_options(propagation=datastore_rpc.TransactionOptions.MANDATORY)
    assert config.propagation == db.MANDATORY


@pytest.mark.parametrize(
    "parts",
    [
        {"kind": "k" * 501},
        {"order": dq.PropertyOrder("p" * 501)},
        {"order": dq.CompositeOrder([dq.PropertyOrder(f"p{n}") for n in range(101)])},
        {"filter_predicate": dq.make_filter("a", "=", list(range(101)))},
    ],
)
def test_what_no_call_can_carry_is_refused_before_it_is_sent(parts):
    with pytest.raises(db.BadRequestError, match=r"at most 500 bytes|query is too large"):
        dq.Query(**{"kind": "Q"} | parts).run()
