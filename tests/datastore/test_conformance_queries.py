"""What App Engine's documentation promises of queries, one sentence one test."""

import msgspec
import pytest

from appengine.datastore.service import (
    BadRequestError,
    CountRequest,
    Entity,
    Meaning,
    Meant,
    Property,
    Reference,
    RunRequest,
    entity_decoder,
)
from tests.datastore.serving import entity, key, query


@pytest.fixture
def datastore(anywhere):
    return anywhere


def test_a_missing_property_keeps_an_entity_out_and_none_does_not(datastore):
    datastore.put_all(entity(("Pet", 1), n=None), entity(("Pet", 2)), entity(("Pet", 3), n=0))
    assert datastore.ids("Pet", orders=("n",)) == [1, 3]
    assert datastore.ids("Pet", ("n", "=", None)) == [1]


def test_unindexed_values_are_in_no_index(datastore):
    datastore.put_all(
        Entity(key("Pet", 1), (Property("n", (1,), indexed=False),)),
        entity(("Pet", 2), n=Meant(Meaning.TEXT, "x")),
    )
    assert datastore.ids("Pet", orders=("n",)) == []
    assert datastore.ids("Pet") == [1, 2]


def test_several_inequalities_on_a_list_must_hold_for_one_value(datastore):
    datastore.put_all(entity(("Pet", 1), n=[1, 9]), entity(("Pet", 2), n=[1, 5, 9]))
    assert datastore.ids("Pet", ("n", ">", 1), ("n", "<", 9)) == [2]
    assert datastore.ids("Pet", ("n", "=", 1), ("n", "=", 9)) == [1, 2]


def test_a_list_is_sorted_by_its_smallest_value_or_downwards_by_its_largest(datastore):
    datastore.put_all(entity(("Pet", 1), n=[1, 9]), entity(("Pet", 2), n=[2, 3]))
    assert datastore.ids("Pet", orders=("n",)) == [1, 2]
    assert datastore.ids("Pet", orders=("-n",)) == [1, 2]


def test_equal_values_are_sorted_by_key_upwards_in_both_directions(datastore):
    datastore.put_all(*(entity(("Pet", n), same=1) for n in (3, 1, 2)))
    assert datastore.ids("Pet", orders=("same",), batch_size=1) == [1, 2, 3]
    assert datastore.ids("Pet", orders=("-same",), batch_size=1) == [1, 2, 3]


def test_an_ancestor_matches_itself_and_all_descendants(datastore):
    datastore.put_all(
        entity(("A", 1)),
        entity(("A", 1, "B", 1)),
        entity(("A", 1, "B", 1, "A", 2)),
        entity(("A", 2, "B", 1)),
    )
    assert datastore.ids("A", ancestor=key("A", 1)) == [1, 2]
    assert len(datastore.find("", ancestor=key("A", 1))) == 3
    assert len(datastore.find("")) == 4


def test_keys_can_be_compared(datastore):
    datastore.put_all(*(entity(("Pet", n), n=1) for n in range(1, 6)))
    two = Reference(key("Pet", 2))
    assert datastore.ids("Pet", ("__key__", ">", two)) == [3, 4, 5]
    assert datastore.ids("Pet", ("__key__", "<=", two), ("n", "=", 1)) == [1, 2]
    assert datastore.ids("Pet", ("__key__", "=", two)) == [2]
    assert datastore.ids("Pet", orders=("-__key__",)) == [5, 4, 3, 2, 1]
    assert datastore.ids("", ("__key__", ">=", two)) == [2, 3, 4, 5]


def test_a_projection_gives_one_result_for_each_row(datastore):
    datastore.put_all(entity(("Pet", 1), n=[2, 1], s="x"), entity(("Pet", 2), n=1, s="x"))
    found = datastore.find("Pet", projection=("n",))
    assert [(item.key.path[1], item.properties[0].values) for item in found] == [
        (1, (1,)),
        (2, (1,)),
        (1, (2,)),
    ]
    found = datastore.find("Pet", ("s", "=", "x"), projection=("n",), distinct=("n",))
    assert [item.properties[0].values for item in found] == [(1,), (2,)]


def test_offset_limit_and_count_agree(datastore):
    datastore.put_all(*(entity(("Pet", n), n=n) for n in range(1, 31)))
    assert datastore.ids("Pet", offset=5, limit=3, batch_size=2) == [6, 7, 8]
    answer = datastore.run(RunRequest(query=query("Pet"), offset=25, limit=10, batch_size=20))
    assert (answer.skipped, len(answer.results), answer.more) == (25, 5, False)
    assert datastore.count(CountRequest(query=query("Pet"))).count == 30
    assert datastore.count(CountRequest(query=query("Pet"), offset=25, limit=10)).count == 5
    assert datastore.count(CountRequest(query=query("Pet"), limit=7)).count == 7


def test_a_cursor_is_a_place_and_not_a_number(datastore):
    datastore.put_all(*(entity(("Pet", n), n=n) for n in (10, 20, 30)))
    request = RunRequest(query=query("Pet", orders=("n",)), batch_size=2)
    cursor = datastore.run(request).cursor
    datastore.put_all(entity(("Pet", 5), n=5), entity(("Pet", 25), n=25))
    rest = datastore.run(msgspec.structs.replace(request, start=cursor)).results
    assert [entity_decoder.decode(item).key.path[1] for item in rest] == [25, 30]


def test_a_reversed_query_goes_back_from_a_cursor(datastore):
    datastore.put_all(*(entity(("Pet", n), n=n) for n in range(1, 5)))
    forwards = query("Pet", orders=("n", "__key__"))
    cursor = datastore.run(RunRequest(query=forwards, batch_size=2)).cursor
    assert datastore.ids("Pet", orders=("-n", "-__key__"), start=cursor) == [2, 1]


@pytest.mark.parametrize(
    ("cursor", "text"),
    [(b"garbage", "Invalid cursor"), (b"", "")],
)
def test_a_cursor_of_another_query_is_refused(datastore, cursor, text):
    datastore.put_all(entity(("Pet", 1), n=1, m=1))
    made = datastore.run(RunRequest(query=query("Pet", orders=("n",)))).cursor
    wanted = text or "Cursor does not match query: missing values for m"
    with pytest.raises(BadRequestError, match=wanted):
        datastore.find("Pet", orders=("m",), start=cursor or made)


REFUSED = [
    (dict(wanted=[("a", "<", 1), ("b", "<", 1)]), "Only one inequality filter per query"),
    (dict(wanted=[("a", "<", 1)], orders=("b",)), "The first sort property must be the same"),
    (dict(kind="", wanted=[("a", "=", 1)]), "kind is required"),
    (dict(kind="", orders=("a",)), "kind is required"),
    (dict(wanted=[("__key__", "=", 1)]), "is no key"),
    (dict(wanted=[("a", "=", Reference(key("A", None)))]), "incomplete"),
    (dict(projection=("a",), keys_only=True), "has no projection"),
    (dict(projection=("a", "a")), "projected twice"),
    (dict(wanted=[("a", "=", 1)], projection=("a",)), "has an equality filter"),
    (dict(distinct=("a",)), "distinct but not projected"),
]


@pytest.mark.parametrize(("options", "text"), REFUSED)
def test_a_query_that_app_engine_refuses_is_refused(datastore, options, text):
    options = dict(options)
    kind, wanted = options.pop("kind", "Pet"), options.pop("wanted", [])
    with pytest.raises(BadRequestError, match=text):
        datastore.find(kind, *wanted, **options)


def test_a_projection_is_sorted_by_the_names_of_its_properties(datastore):
    """Source: observed; the names are given in another order."""
    datastore.put_all(entity(("Pet", 1), a=2, b=1), entity(("Pet", 2), a=1, b=2))
    assert datastore.ids("Pet", projection=("b", "a")) == [2, 1]
    assert datastore.ids("Pet", projection=("b", "a"), orders=("b",)) == [1, 2]


def test_a_projection_can_be_sorted_by_key(datastore):
    datastore.put_all(entity(("Pet", 1), n=[3, 2]), entity(("Pet", 2), n=1))
    found = datastore.find("Pet", projection=("n",), orders=("__key__",), batch_size=1)
    assert [item.properties[0].values for item in found] == [(2,), (3,), (1,)]
    after = ("__key__", ">=", Reference(key("Pet", 1)))
    assert datastore.ids("Pet", after, projection=("n",)) == [1, 1, 2]


def test_a_cursor_of_a_distinct_query_stands_behind_all_equal_results(datastore):
    datastore.put_all(*(entity(("Pet", n), n=n // 3) for n in range(1, 9)))
    found = datastore.find("Pet", projection=("n",), distinct=("n",), batch_size=1)
    assert [item.properties[0].values[0] for item in found] == [0, 1, 2]


def test_distinct_properties_come_first_in_the_orders(datastore):
    options = {"projection": ("a", "b"), "distinct": ("a", "b")}
    datastore.put_all(entity(("Pet", 1), a=1, b=2, c=3))
    assert datastore.ids("Pet", orders=("b", "a", "c"), **options) == [1]
    with pytest.raises(BadRequestError, match="received 'c'"):
        datastore.find("Pet", orders=("b", "c"), **options)
    with pytest.raises(BadRequestError, match="received 'c'"):
        datastore.find("Pet", ("c", ">", 1), **options)


def test_an_order_means_nothing_where_the_key_is_given(datastore):
    """Source: observed; the entity need not have the property."""
    datastore.put_all(entity(("Pet", 1)))
    assert datastore.ids("Pet", ("__key__", "=", Reference(key("Pet", 1))), orders=("-n",)) == [1]


def test_a_list_with_an_equality_filter_can_be_sorted_by_what_its_inequality_leaves(datastore):
    """Source: observed."""
    datastore.put_all(entity(("Pet", 1), n=[1, 9]), entity(("Pet", 2), n=[1, 5]))
    wanted = (("n", "=", 1), ("n", ">", 2))
    assert datastore.ids("Pet", *wanted) == [2, 1]
    assert datastore.ids("Pet", *wanted, orders=("-n",)) == [1, 2]


def test_an_empty_list_is_found_as_none(datastore):
    """Source: observed."""
    datastore.put_all(entity(("Pet", 1), n=[]), entity(("Pet", 2), n=[1]))
    assert datastore.ids("Pet", ("n", "=", None)) == [1]
    assert datastore.ids("Pet", orders=("n",)) == [1, 2]
    assert [item.properties[0].values for item in datastore.find("Pet", projection=("n",))] == [
        (None,),
        (1,),
    ]
