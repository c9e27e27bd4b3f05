"""Queries: filters, orders, projections, cursors."""

from google.appengine.api import datastore
from google.appengine.ext import db

from .expecting import refusal

DESC = datastore.Query.DESCENDING


class Row(db.Model):
    a = db.IntegerProperty()
    b = db.IntegerProperty()
    l = db.ListProperty(int)  # noqa: E741  # as short as its neighbours


def fill(count=6):
    db.put([Row(key_name=f"r{n}", a=n, b=n % 2, l=[n, n + 1]) for n in range(count)])


def found(query):
    return [row.a for row in query]


def filters_are_equal_less_and_greater():
    fill()
    assert found(Row.all().filter("a =", 3)) == found(Row.all().filter("a", 3)) == [3]
    assert found(Row.all().filter("a <", 2)) == [0, 1]
    assert found(Row.all().filter("a <=", 2)) == [0, 1, 2]
    assert found(Row.all().filter("a >", 3)) == [4, 5]
    assert found(Row.all().filter("a >=", 3)) == [3, 4, 5]


def unequal_is_two_queries_and_in_is_one_for_each_value():
    fill()
    assert found(Row.all().filter("a !=", 3)) == [0, 1, 2, 4, 5]
    assert sorted(found(Row.all().filter("a IN", [4, 1, 4]))) == [1, 4]
    assert found(Row.all().filter("l IN", [3, 4]).order("a")) == [2, 3, 4]


def there_are_at_most_30_subqueries():
    fill()
    assert len(found(Row.all().filter("a IN", list(range(30))))) == 6
    assert Row.all().filter("a IN", list(range(15))).filter("b !=", 0).count() == 3
    with refusal(db.BadArgumentError, "30"):
        Row.all().filter("a IN", list(range(31))).get()
    with refusal(db.BadArgumentError, "30"):
        Row.all().filter("a IN", list(range(16))).filter("b !=", 0).get()


def an_inequality_without_an_order_sorts_by_its_property():
    db.put([Row(key_name=f"r{n}", a=-n) for n in range(5)])
    assert found(Row.all().filter("a <=", 0)) == [-4, -3, -2, -1, 0]


def without_an_order_results_come_by_key():
    db.put([Row(key_name=name, a=1, b=2) for name in "cab"])
    assert [row.key().name() for row in Row.all()] == ["a", "b", "c"]
    assert [row.key().name() for row in Row.all().filter("a", 1).filter("b", 2)] == ["a", "b", "c"]


def every_order_ends_in_the_ascending_key():
    db.put([Row(key_name=name, a=1) for name in "cab"])
    for order in ("a", "-a"):
        assert [row.key().name() for row in Row.all().order(order)] == ["a", "b", "c"]
    downwards = Row.all().order("-a").order("-__key__")
    assert [row.key().name() for row in downwards] == ["c", "b", "a"]


def the_key_is_compared_with_keys_only():
    fill()
    middle = db.Key.from_path("Row", "r3")
    assert found(Row.all().filter("__key__ >", middle)) == [4, 5]
    assert found(Row.all().filter("__key__ <=", middle).filter("__key__ >", middle)) == []
    assert found(Row.all().filter("__key__ =", middle)) == [3]
    with refusal(db.BadFilterError):
        datastore.Query("Row", {"__key__ >": "r3"})


def keys_are_sorted_downwards_too():
    fill()
    assert found(Row.all().order("-__key__")) == [5, 4, 3, 2, 1, 0]


def a_query_without_kind_has_ancestors_and_keys():
    fill(3)
    child = Row(parent=db.Key.from_path("Row", "r1"), key_name="c", a=10).put()
    assert found(db.Query().fetch(4)) == [0, 1, 10, 2]  # there may be statistics behind them
    assert found(db.Query().ancestor(child.parent())) == [1, 10]
    behind = db.Query().filter("__key__ >", child).order("__key__")
    assert found(behind.fetch(1)) == [2]


def an_ancestor_matches_itself_and_all_descendants():
    fill(3)
    child = Row(parent=db.Key.from_path("Row", "r1"), key_name="c", a=10).put()
    grandchild = Row(parent=child, key_name="g", a=11).put()
    assert found(Row.all().ancestor(child.parent())) == [1, 10, 11]
    assert found(Row.all().ancestor(child)) == [10, 11]
    assert found(Row.all().ancestor(grandchild)) == [11]
    assert found(Row.all().ancestor(child.parent()).order("-a")) == [11, 10, 1]


def filters_and_orders_are_at_most_100():
    fill(1)
    assert datastore.Query("Row", {"a =": [0] * 100}).Count() == 1
    with refusal(db.BadRequestError, "100"):
        datastore.Query("Row", {"a =": [0] * 101}).Count()


def keys_only_results_are_keys():
    fill(2)
    assert list(Row.all(keys_only=True)) == [db.Key.from_path("Row", f"r{n}") for n in range(2)]


def a_projection_holds_what_is_asked_for_and_is_not_put():
    fill(2)
    one = db.Query(Row, projection=["a"]).get()
    assert (one.a, one.b) == (0, None)
    assert db.model_is_projection(one) and not db.model_is_projection(Row())
    with refusal(db.BadRequestError):
        one.put()


def a_projection_of_a_list_has_a_result_for_each_value():
    fill(2)
    assert [row.l for row in db.Query(Row, projection=["l"])] == [[0], [1], [1], [2]]


def distinct_results_differ_in_what_is_projected():
    fill(5)
    assert [row.b for row in db.Query(Row, projection=["b"], distinct=True)] == [0, 1]
    with refusal(db.BadQueryError):
        datastore.Query("Row", distinct=True)


def an_unindexed_property_is_not_projected():
    class Half(db.Model):
        seen = db.IntegerProperty()
        hidden = db.IntegerProperty(indexed=False)

    Half(seen=1, hidden=2).put()
    assert datastore.Query("Half", projection=["hidden"]).Get(5) == []


def offset_and_limit_cut_the_results():
    fill()
    assert found(Row.all().order("a").fetch(2, offset=3)) == [3, 4]
    assert found(Row.all().fetch(10, offset=4)) == [4, 5]
    assert Row.all().fetch(5, offset=100) == []
    assert Row.all().fetch(0) == []


def any_number_of_results_is_iterated_over():
    db.put([Row(a=n) for n in range(1100)])
    for size in (1000, 7 * 41):
        assert found(Row.all().order("a").run(batch_size=size)) == list(range(1100))
    assert found(Row.all().order("a").run(offset=1050)) == list(range(1050, 1100))


def fetch_has_no_limit_and_count_has_1000_by_default():
    db.put([Row(a=n) for n in range(1005)])
    assert len(Row.all().fetch(None)) == len(Row.all().fetch(2000)) == 1005
    assert Row.all().count() == 1000
    assert Row.all().count(None) == Row.all().count(5000) == 1005
    assert Row.all().count(10) == 10


def a_cursor_is_a_place_that_insertions_before_it_do_not_shift():
    fill(4)
    query = Row.all().order("a")
    assert found(query.fetch(2)) == [0, 1]
    place = query.cursor()
    Row(a=-1).put()
    Row(a=1, key_name="zzz").put()
    assert found(Row.all().order("a").with_cursor(place)) == [1, 2, 3]
    db.delete(db.Key.from_path("Row", "r1"))
    assert found(Row.all().order("a").with_cursor(place)) == [1, 2, 3]


def a_cursor_ends_a_query_too():
    fill()
    query = Row.all().order("a")
    query.fetch(4)
    assert found(Row.all().order("a").with_cursor(end_cursor=query.cursor())) == [0, 1, 2, 3]


def a_cursor_is_url_safe_text():
    fill()
    query = Row.all()
    query.fetch(2)
    assert isinstance(query.cursor(), str)
    assert query.cursor().replace("-", "").replace("_", "").replace("=", "").isalnum()
    assert found(Row.all().with_cursor(query.cursor())) == [2, 3, 4, 5]


def a_query_with_in_or_unequal_has_no_cursor():
    fill()
    for query in (Row.all().filter("a IN", [1, 2]), Row.all().filter("a !=", 3)):
        query.fetch(1)
        with refusal(AssertionError, "No cursor available for a MultiQuery"):
            query.cursor()


def a_cursor_goes_back_in_the_reversed_query():
    fill()
    query = Row.all().order("a").order("__key__")
    query.fetch(3)
    back = Row.all().order("-a").order("-__key__").with_cursor(query.cursor())
    assert found(back) == [2, 1, 0]


def a_cursor_at_the_end_finds_what_comes_later():
    fill(2)
    query = Row.all().order("a")
    query.fetch(10)
    place = query.cursor()
    assert found(Row.all().order("a").with_cursor(place)) == []
    Row(a=7).put()
    assert found(Row.all().order("a").with_cursor(place)) == [7]


def results_are_those_of_each_batch():
    fill(4)
    results = Row.all().order("a").run(batch_size=2)
    assert next(results).a == 0
    Row(key_name="late", a=3).put()
    db.delete(db.Key.from_path("Row", "r3"))
    rest = found(results)
    assert rest == [1, 2, 3]
