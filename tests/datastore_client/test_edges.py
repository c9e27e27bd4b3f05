"""What App Engine does at the edges of its interface. Source: observed."""

import pytest

from appengine import datastore
from appengine.datastore import db
from appengine.datastore.datastore_errors import (
    BadArgumentError,
    BadKeyError,
    BadRequestError,
    BadValueError,
)
from appengine.datastore.datastore_types import (
    Blob,
    BlobKey,
    ByteString,
    Category,
    Key,
    Link,
    Rating,
    Text,
)


class Item(db.Expando):
    pass


@pytest.fixture
def items(pipe):
    db.put([Item(key_name=name, n=n, l=[n, n + 1]) for n, name in enumerate("abc")])


def test_an_end_cursor_before_all_results_leaves_none(items):
    query = Item.all()
    assert query.fetch(0) == []
    assert Item.all().with_cursor(None, query.cursor()).fetch(None) == []
    assert Item.all().with_cursor(None, query.cursor()).count() == 0


def test_a_path_is_plain_text_and_numbers_whatever_makes_it(items):
    key = Key.from_path(Category("Item"), Rating(3), "Item", Link("http://a/"))
    assert [type(item) for item in key.to_path()] == [str, int, str, str]
    assert Item.get_or_insert(Category("a")).n == 0
    assert type(datastore.Entity(Text("K"), name=Text("x")).kind()) is str
    assert len(datastore.Query(ByteString(b"Item")).fetch(5)) == 3


def test_an_incomplete_key_has_no_path_unless_a_default_id_is_given():
    key = datastore.Entity("K").key()
    with pytest.raises(BadKeyError, match="Incomplete key"):
        key.to_path()
    assert key.to_path(7) == ["K", 7]


def test_texts_take_bytes_of_utf_8_and_no_blob():
    assert Category(b"\xc3\xa9") == "é"
    assert BlobKey("") == ""
    for make in (Category, BlobKey, Link):
        with pytest.raises(BadValueError):
            make(Blob(b"a"))
    with pytest.raises(BadValueError, match="no UTF-8"):
        Category(b"\xff")
    with pytest.raises(BadValueError, match="whole number"):
        Rating(1.5)


def test_a_tag_uri_names_the_namespace():
    key = Key.from_path("K", "x", namespace="n", _app="app")
    assert key.to_xml().startswith("tag:app!n.")


def test_a_tuple_of_values_is_several_filters(items):
    assert [e["n"] for e in datastore.Query("Item", {"l =": (1, 2)}).fetch(5)] == [1]


def test_a_union_is_refused_even_where_no_result_is_wanted(items):
    query = db.Query(Item, projection=["n"]).filter("n IN", [1, 2])
    with pytest.raises(BadRequestError, match="equality filter"):
        query.fetch(0)
    query = db.Query(Item, projection=["l"]).filter("n IN", [1, 2]).order("__key__")
    with pytest.raises(BadRequestError, match="__key__"):
        query.fetch(1)
    with pytest.raises(BadArgumentError, match="distinct"):
        db.Query(Item, projection=["l"], distinct=True).filter("n IN", [1, 2]).order(
            "__key__"
        ).fetch(1)


def test_a_union_tells_results_apart_by_what_sorts_them(items):
    found = db.Query(Item, projection=["n"]).filter("l !=", 1).order("l")
    assert [item.n for item in found] == [0, 1, 2, 2]


def test_a_limit_may_be_true_and_no_text(items):
    assert len(Item.all().fetch(True)) == 1
    with pytest.raises(BadArgumentError, match="should be an integer"):
        Item.all().fetch("a")


def test_an_ancestor_is_saved(pipe):
    with pytest.raises(db.NotSavedError):
        Item.all().ancestor(datastore.Entity("K").key())
