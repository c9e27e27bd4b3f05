"""Plain queries, against the real server."""

import copy
import pickle

import pytest

from appengine import datastore
from appengine.datastore import datastore_types as types
from appengine.datastore.datastore_errors import (
    BadArgumentError,
    BadFilterError,
    BadKeyError,
    BadQueryError,
    BadRequestError,
    BadValueError,
)
from appengine.datastore.datastore_types import Key

pytestmark = pytest.mark.usefixtures("pipe")


@pytest.fixture(autouse=True)
def rows(pipe):
    """Six entities q0 to q5: a = 0..5, b = a mod 2, l = [a, a + 1]."""
    for number in range(6):
        entity = datastore.Entity("Q", name=f"q{number}")
        entity.update({"a": number, "b": number % 2, "l": [number, number + 1]})
        datastore.put(entity)


def query(**filters):
    return datastore.Query("Q", {key.replace("_", " "): value for key, value in filters.items()})


def numbers(found):
    return [entity["a"] for entity in found]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, [0, 1, 2, 3, 4, 5]),
        ({"a =": 3}, [3]),
        ({"a": 3}, [3]),
        ({"a ==": 3}, [3]),
        ({"a >": 3, "a <=": 5}, [4, 5]),
        ({"b =": 1, "l =": 4}, [3]),
        ({"a =": [1, 2]}, []),
        ({"l =": [1, 2]}, [1]),
        ({"l >": 1, "l <": 2}, []),
        ({"a =": "3"}, []),
        ({"a =": None}, []),
        ({"none =": 1}, []),
        ({"__key__ >": Key.from_path("Q", "q3", _app="guestbook")}, [4, 5]),
    ],
)
def test_filters_choose_entities(filters, expected):
    """Source: App Engine, "Datastore Queries", section "Filters"."""
    assert numbers(datastore.Query("Q", filters).run()) == expected


@pytest.mark.parametrize(
    ("condition", "value", "error", "message"),
    [
        ("a ~", 3, BadFilterError, "Could not parse filter string: 'a ~'"),
        ("", 3, BadFilterError, "Could not parse filter string"),
        (5, 3, BadFilterError, "Could not parse filter string: 5"),
        ("a !=", 3, BadFilterError, "Could not parse filter string: 'a !='"),
        ("a IN", [3], BadFilterError, "Could not parse filter string: 'a IN'"),
        ("a =", [], BadValueError, r"Cannot filter on \[\]"),
        ("a =", object(), BadValueError, "Unsupported type"),
        ("a =", types.Text("x"), BadValueError, "Filtering on Text properties is not supported"),
        ("a =", types.Blob(b"x"), BadValueError, "Filtering on Blob properties is not supported"),
        ("__key__ >", 3, BadFilterError, r"must be a Key; received 3 \(a int\)"),
    ],
)
def test_a_filter_is_a_property_and_an_operator(condition, value, error, message):
    with pytest.raises(error, match=message):
        datastore.Query("Q", {condition: value})


def test_inequalities_are_on_one_property_which_leads_the_orders():
    """Source: App Engine, "Datastore Queries", section "Restrictions on queries"."""
    with pytest.raises(BadFilterError, match="Only one property per query"):
        datastore.Query("Q", {"a >": 3, "b >": 2})
    with pytest.raises(BadArgumentError, match="received b, expected a"):
        datastore.Query("Q", {"a >": 3}).order("b")
    ordered = datastore.Query("Q").order("b")
    with pytest.raises(BadArgumentError, match="received b, expected a"):
        ordered["a >"] = 3


def test_orders_sort_the_results():
    assert numbers(query().order(("a", datastore.Query.DESCENDING)).run()) == [5, 4, 3, 2, 1, 0]
    assert numbers(query().order(("b", 2), "a").run()) == [1, 3, 5, 0, 2, 4]
    assert numbers(query().order(("l", 1)).fetch(2)) == [0, 1]


@pytest.mark.parametrize(
    ("ordering", "message"),
    [
        (5, "expects strings or 2- or 3-tuples; received 5"),
        ("", "sort order property must not be empty"),
        (("b", "z"), "a direction is 1, ascending, or 2; received 'z'"),
    ],
)
def test_an_order_is_a_property_and_a_direction(ordering, message):
    with pytest.raises(BadArgumentError, match=message):
        datastore.Query("Q").order(ordering)


def test_a_query_without_kind_knows_keys_only():
    assert datastore.Query().count() == 6
    with pytest.raises(BadFilterError, match="Only __key__ filters are allowed on kindless"):
        datastore.Query(None, {"a =": 1})
    with pytest.raises(BadArgumentError, match="Only __key__ ascending orders"):
        datastore.Query().order("a")


def test_an_ancestor_limits_the_results_to_its_descendants():
    root = Key.from_path("Q", "q1")
    child = datastore.put(datastore.Entity("Child", parent=root))
    found = list(datastore.Query(keys_only=True).ancestor(root).run())
    assert found == [root, child]


@pytest.mark.parametrize(
    ("ancestor", "error", "message"),
    [
        (lambda: 5, BadArgumentError, "Expects argument to be an Entity or Key"),
        (lambda: Key.from_path("Q", 0), BadKeyError, "is not complete"),
        (lambda: Key.from_path("Q", 1, namespace="z"), BadArgumentError, "match namespace"),
        (lambda: Key.from_path("Q", 1, _app="z"), BadArgumentError, "match app"),
    ],
)
def test_an_ancestor_is_a_key_of_the_querys_own_part(ancestor, error, message):
    with pytest.raises(error, match=message):
        datastore.Query("Q").ancestor(ancestor())


def test_a_key_filter_is_of_the_querys_own_part():
    for options, message in (({"namespace": "z"}, "namespace is z"), ({"_app": "z"}, "app is z")):
        with pytest.raises(BadRequestError, match=message):
            datastore.Query("Q", {"__key__ =": Key.from_path("Q", 1, **options)}).count()


def test_limit_and_offset_cut_the_results():
    assert numbers(query().fetch(2, offset=3)) == [3, 4]
    assert numbers(query().run(offset=5)) == [5]
    assert query().fetch(0) == []
    assert len(query().fetch(None)) == 6
    assert query().run(limit=2).next()["a"] == 0


def test_a_count_stops_at_its_limit():
    assert (query().count(), query().count(3), query().count(None)) == (6, 3, 6)
    assert query().count(2, offset=5) == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"limit": -1}, "limit must not be negative"),
        ({"limit": "x"}, "limit should be an integer; received 'x'"),
        ({"offset": -1}, "offset must not be negative"),
        ({"batch_size": 0}, "batch_size must not be 0"),
        ({"limit": 2**31}, "limit is below"),
        ({"hint": 9}, r"Unknown query hint \(9\)"),
        ({"start_cursor": "zz"}, "start_cursor argument should be datastore_query.Cursor"),
        ({"projection": "a"}, "projection argument should be a list or tuple"),
        ({"projection": []}, "projection argument cannot be empty"),
    ],
)
def test_options_of_a_run_are_checked(options, message):
    with pytest.raises(BadArgumentError, match=message):
        query().run(**options)
    with pytest.raises(TypeError, match="Unknown configuration option"):
        query().run(none=1)


def test_any_number_of_results_comes_in_growing_batches(pipe):
    datastore.put([datastore.Entity("Many") for _ in range(1000)])
    pipe.called.clear()
    assert len(list(datastore.Query("Many").run())) == 1000
    assert pipe.called == ["run"] * 6  # of 20, 60, 180, 300, 300 and the rest


def test_large_results_come_in_batches_that_an_answer_can_hold():
    big = [datastore.Entity("Big", id=number + 1) for number in range(90)]
    for entity in big:
        entity["blob"] = types.Blob(bytes(10**6))
    datastore.put(big)
    assert [entity.key().id() for entity in datastore.Query("Big").run()] == list(range(1, 91))
    assert len(datastore.Query("Big").fetch(80)) == 80


def test_a_batch_has_the_size_that_is_asked_for(pipe):
    pipe.called.clear()
    assert len(list(query().run(batch_size=2))) == 6
    assert len(pipe.called) in (3, 4)


@pytest.mark.parametrize("wants", [True, False])
def test_a_cursor_stands_after_each_result(wants):
    for taken in range(7):
        results = datastore.Query("Q").run(produce_cursors=wants)
        for _ in range(taken):
            next(results)
        rest = datastore.Query("Q", cursor=results.cursor())
        assert numbers(rest.run()) == list(range(taken, 6))


def test_a_cursor_ends_a_query_too():
    first = query()
    first.fetch(4)
    assert numbers(datastore.Query("Q", end_cursor=first.cursor()).run()) == [0, 1, 2, 3]
    assert datastore.Query("Q", end_cursor=first.cursor()).count() == 4


def test_a_query_that_has_not_run_has_no_cursor():
    with pytest.raises(AssertionError, match="No cursor available"):
        query().cursor()
    with pytest.raises(AssertionError, match="No index list"):
        query().index_list()


@pytest.mark.parametrize("text", ["garbage!", "a", 5])
def test_a_text_that_is_no_cursors_is_refused(text):
    with pytest.raises(BadValueError, match="cursor"):
        datastore.Cursor(urlsafe=text)


def test_keys_only_queries_return_keys():
    assert datastore.Query("Q", keys_only=True).fetch(1) == [Key.from_path("Q", "q0")]
    assert datastore.Query("Q", keys_only=True).is_keys_only()


def test_projections_hold_what_is_asked_for():
    found = datastore.Query("Q", projection=["a"]).fetch(1)
    assert found == [{"a": 0}]
    assert found[0].is_projection()
    with pytest.raises(BadRequestError, match="Cannot put a partial entity"):
        datastore.put(found)
    assert datastore.Query("Q", projection=["b"], distinct=True).fetch(9) == [{"b": 0}, {"b": 1}]


def test_a_projection_of_a_list_has_a_result_for_each_value():
    """Source: App Engine, "Projection queries", section "Multiple-valued properties"."""
    found = datastore.Query("Q", {"a =": 1}, projection=["l"]).run()
    assert [entity["l"] for entity in found] == [1, 2]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"projection": ["a"], "keys_only": True}, BadRequestError, "cannot both be set"),
        ({"projection": ["a", "a"]}, BadRequestError, "cannot project a property multiple times"),
        ({"distinct": True}, BadQueryError, "cannot specify distinct without a projection"),
    ],
)
def test_a_projection_has_rules(options, error, message):
    with pytest.raises(error, match=message):
        datastore.Query("Q", **options)


def test_a_property_with_an_equality_filter_is_not_projected():
    with pytest.raises(BadRequestError, match="it has an equality filter"):
        datastore.Query("Q", {"a =": 1}, projection=["a"]).fetch(1)


def test_several_queries_are_one():
    parts = [datastore.Query("Q", {"a >": bound}) for bound in (1, 3)]
    assert sorted(numbers(datastore.MultiQuery(parts, []).run())) == [2, 3, 4, 5]
    ordered = [part.order(("a", 2)) for part in parts]
    assert numbers(datastore.MultiQuery(ordered, [("a", 2)]).run()) == [5, 4, 3, 2]
    assert numbers(datastore.MultiQuery(ordered, [("a", 2)]).fetch(2, offset=1)) == [4, 3]
    assert datastore.MultiQuery(parts, []).count() == 4
    assert list(datastore.MultiQuery([], []).run()) == []


def test_several_queries_have_no_cursor():
    several = datastore.MultiQuery([query()], [])
    with pytest.raises(AssertionError, match="No cursor available for a MultiQuery"):
        several.cursor()
    with pytest.raises(BadRequestError, match="takes no cursor"):
        several.run(start_cursor=datastore.Cursor.from_bytes(b"x"))
    with pytest.raises(BadArgumentError, match=r"too many subqueries \(max: 30, got 31\)"):
        datastore.MultiQuery([query()] * 31, [])


def test_composite_indexes_are_listed():
    assert len(query().order("b", ("a", 2)).fetch(9)) == 6
    (index, state), *_ = datastore.get_indexes()
    assert (index.kind(), index.has_ancestor(), index.properties()) == (
        "Q",
        False,
        (("b", 1), ("a", 2)),
    )
    assert state == 1
    assert isinstance(index.id(), int)


def test_a_run_tells_the_index_that_served_it():
    ordered = query().order("b", ("a", 2))
    ordered.fetch(9)
    assert "kind: Q" in ordered.index_list()[0]
    plain = query()
    plain.fetch(1)
    assert plain.index_list() == []


def test_more_than_100_filters_and_orders_are_refused():
    """Source: App Engine, "Quotas and limits"."""
    with pytest.raises(BadRequestError, match="may not have more than 100 filters"):
        datastore.Query("Q", {"a =": list(range(101))}).count()


def test_a_run_adds_its_options_to_the_querys_own():
    """Whatever form they have: keywords, a configuration, an rpc."""
    keys = datastore.Query("Q", {"a <": 2}, keys_only=True)
    expected = [Key.from_path("Q", "q0"), Key.from_path("Q", "q1")]
    limited = datastore.QueryOptions(limit=1)
    for options in (
        {},
        {"config": datastore.create_config(deadline=5)},
        {"rpc": datastore.create_rpc(deadline=5)},
        {"batch_size": 1},
    ):
        assert list(keys.run(**options)) == expected
        assert keys.count(**options) == 2
    assert list(keys.run(config=limited)) == expected[:1]
    assert list(keys.run(config=limited, limit=2)) == expected
    with pytest.raises(BadArgumentError, match="config argument should be Configuration"):
        keys.run(config="fast")


def test_configurations_merge_and_the_argument_wins():
    plain = datastore.create_config(deadline=5, read_policy=1)
    options = datastore.QueryOptions(limit=3, deadline=2)
    assert plain.merge(None) is plain
    assert plain.merge(options) == datastore.QueryOptions(limit=3, deadline=2, read_policy=1)
    assert options.merge(plain) == datastore.QueryOptions(limit=3, deadline=5, read_policy=1)
    assert datastore.Configuration.is_configuration(options)
    assert not datastore.QueryOptions.is_configuration(plain)


@pytest.mark.parametrize("again", [lambda query: pickle.loads(pickle.dumps(query)), copy.copy])
def test_a_query_can_be_kept(again):
    query = datastore.Query("Q", {"a >": 1, "b =": 1}).order("a")
    query.fetch(1)
    other = again(query)
    other["a <"] = 5
    assert numbers(other.run()) == [3]
    assert numbers(query.run()) == [3, 5]
    both = datastore.MultiQuery([datastore.Query("Q", {"a =": n}) for n in (1, 2)], [])
    assert again(both).count() == 2


def test_a_query_is_not_copied():
    """As an entity is not; a new query takes its filters."""
    query = datastore.Query("Q", {"a >": 3})
    with pytest.raises(NotImplementedError, match="does not support the copy"):
        query.copy()
    assert numbers(datastore.Query("Q", query).run()) == numbers(query.run()) == [4, 5]


def test_after_a_count_the_cursor_is_behind_what_was_counted():
    query = datastore.Query("Q").order(("a", datastore.Query.DESCENDING))
    for options, rest in (
        ({"limit": 2}, [3, 2, 1, 0]),
        ({"limit": 2, "offset": 1}, [2, 1, 0]),
        ({"limit": None}, []),
        ({"limit": 0}, [5, 4, 3, 2, 1, 0]),
    ):
        query.count(**options)
        assert numbers(query.run(start_cursor=query.cursor())) == rest
    assert query.index_list() == []


@pytest.mark.parametrize("produce_cursors", [False, True])
def test_before_the_first_result_the_cursor_is_behind_what_is_skipped(produce_cursors):
    query = datastore.Query("Q")
    found = query.run(offset=2, produce_cursors=produce_cursors)
    assert numbers(query.run(start_cursor=found.cursor())) == [2, 3, 4, 5]
    assert numbers(found) == [2, 3, 4, 5]
    found = query.run(offset=2, batch_size=3, produce_cursors=produce_cursors)
    assert next(found)["a"] == 2
    assert numbers(query.run(start_cursor=found.cursor())) == [3, 4, 5]


def test_an_index_is_known_before_the_first_result():
    query = datastore.Query("Q", {"b =": 1}).order("a")
    found = query.run()
    assert "name: b" in found.index_list()[0]
    assert numbers(found) == [1, 3, 5]
