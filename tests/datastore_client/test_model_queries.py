"""Queries for models, in steps and in GQL."""

from datetime import date

import pytest

from appengine.datastore import db
from appengine.datastore.db import metadata, polymodel
from appengine.datastore.key_range import KeyRange, KeyRangeError

pytestmark = pytest.mark.usefixtures("pipe")


class M(db.Model):
    a = db.IntegerProperty()
    b = db.IntegerProperty()
    l = db.ListProperty(int)  # noqa: E741  # as short as its neighbours
    s = db.StringProperty()
    u = db.StringProperty(indexed=False)
    day = db.DateProperty()


class R(db.Model):
    m = db.ReferenceProperty(M)


class Shape(polymodel.PolyModel):
    name = db.StringProperty()


class Round(Shape):
    radius = db.IntegerProperty()


class Ball(Round):
    pass


@pytest.fixture(autouse=True)
def rows(pipe):
    """Six entities m0 to m5: a = 0..5, b = a mod 2."""
    db.put(
        [
            M(
                key_name=f"m{number}",
                a=number,
                b=number % 2,
                l=[number, number + 1],
                s=f"s{number}",
                day=date(2009, 1, number + 1),
            )
            for number in range(6)
        ]
    )


def names(found):
    return "".join((item if isinstance(item, db.Key) else item.key()).name()[1:] for item in found)


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        (lambda query: query, "012345"),
        (lambda query: query.filter("a", 1), "1"),
        (lambda query: query.filter(" a  = ", 1), "1"),
        (lambda query: query.filter("a ==", 1), "1"),
        (lambda query: query.filter("a >", 1).filter("a <", 4), "23"),
        (lambda query: query.filter("a", 1).filter("a", 2), ""),
        (lambda query: query.filter("a IN", [3, 1]), "13"),
        (lambda query: query.filter("a in", (3, 1, 3)), "13"),
        (lambda query: query.filter("a IN", [3, 1]).order("-a"), "31"),
        (lambda query: query.filter("a IN", []), ""),
        (lambda query: query.filter("l IN", [3, 4]), "234"),
        (lambda query: query.filter("a IN", [1, 2]).filter("a >", 1), "2"),
        (lambda query: query.filter("a !=", 3), "01245"),
        (lambda query: query.filter("a !=", 3).order("-a"), "54210"),
        (lambda query: query.filter("a !=", 1).filter("a !=", 3), "0245"),
        (lambda query: query.filter("day >", date(2009, 1, 4)), "45"),
        (lambda query: query.filter("a =", None), ""),
        (lambda query: query.filter("none =", 1), ""),
        (lambda query: query.order("-a"), "543210"),
        (lambda query: query.order("b").order("-a"), "420531"),
        (lambda query: query.order("-__key__"), "543210"),
        (lambda query: query.filter("__key__ >", db.Key.from_path("M", "m3")), "45"),
        (lambda query: query.ancestor(db.Key.from_path("M", "m1")), "1"),
        (lambda query: query.filter("__key__ =", db.Key.from_path("M", "m3")).order("-a"), "3"),
        (
            lambda query: query.filter("__key__ =", db.Key.from_path("M", "m3")).filter("b >", 0),
            "3",
        ),
        (
            lambda query: query.filter("__key__ <", db.Key.from_path("M", "m3")).order("-__key__"),
            "210",
        ),
    ],
)
def test_a_query_is_built_in_steps(build, expected):
    """Source: App Engine, "Queries and Indexes"."""
    assert names(build(M.all())) == expected


def test_an_instance_stands_for_its_key():
    first = M.get_by_key_name("m1")
    R(m=first).put()
    assert R.all().filter("m =", first).count() == 1
    assert M.all().filter("__key__ =", first).count() == 1
    assert M.all().ancestor(first).count() == 1
    with pytest.raises(db.NotSavedError):
        R.all().filter("m =", M())


@pytest.mark.parametrize(
    ("build", "error", "message"),
    [
        (lambda: M.all().filter("a ~", 1), db.BadFilterError, "Could not parse filter string"),
        (lambda: M.all().filter("a not in", [1]), db.BadFilterError, "Could not parse"),
        (lambda: M.all().filter(5, 1), db.BadFilterError, "Could not parse filter string: 5"),
        (lambda: M.all().filter("u =", "x"), db.PropertyError, "Property 'u' is not indexed"),
        (lambda: M.all().order("u"), db.PropertyError, "Property 'u' is not indexed"),
        (lambda: M.all().order("none"), db.PropertyError, "Invalid property name 'none'"),
        (lambda: M.all().order("--a"), db.PropertyError, "Invalid property name '-a'"),
        (lambda: M.all().filter("a IN", 5), db.BadValueError, "must be a list"),
        (lambda: M.all().filter("a =", [1]), db.BadValueError, "Filtering on lists"),
        (lambda: M.all().ancestor(5), TypeError, "ancestor should be Key or Model"),
        (lambda: db.Query().filter("a", 1), db.BadQueryError, "Only __key__ filters"),
        (lambda: db.Query().order("a"), db.BadQueryError, "Only __key__ ascending orders"),
        (lambda: db.Query().order("-__key__"), db.BadQueryError, "Only __key__ ascending orders"),
        (
            lambda: M.all(keys_only=True).filter("a IN", [1]),
            db.BadQueryError,
            "Keys only queries do not support IN filters",
        ),
        (
            lambda: M.all().filter("a !=", 1).filter("b >", 3).get(),
            db.BadFilterError,
            "Only one property per query may have inequality filters",
        ),
        (
            lambda: M.all().filter("a !=", 3).order("b").get(),
            db.BadArgumentError,
            "received b, expected a",
        ),
        (
            lambda: M.all().filter("a IN", list(range(31))).get(),
            db.BadArgumentError,
            r"too many subqueries \(max: 30, got 31\)",
        ),
        (lambda: M.all().fetch(-1), db.BadArgumentError, "limit must not be negative"),
        (lambda: M.all().fetch("x"), db.BadArgumentError, "limit should be an integer"),
        (lambda: M.all().with_cursor("a"), db.BadValueError, "Invalid cursor"),
        (lambda: M.all().cursor(), AssertionError, "No cursor available"),
        (lambda: M.all().index_list(), AssertionError, "No index list"),
        (lambda: db.GqlQuery("SELECT * FROM None1"), db.KindError, "No implementation for kind"),
        (lambda: M.all()[10], IndexError, "fewer than 11 results"),
        (lambda: M.all()[-1], ValueError, "Only indices >= 0"),
        (lambda: M.all()[1:5:2], ValueError, "step==1"),
        (lambda: M.all()["x"], TypeError, "Only integer indices and slices"),
    ],
)
def test_what_no_query_can_be_is_refused(build, error, message):
    with pytest.raises(error, match=message):
        build()


def test_results_are_taken_one_by_one_or_in_pieces():
    assert M.all().get().a == 0
    assert M.all().filter("a", 77).get() is None
    assert names(M.all().fetch(2, offset=3)) == "34"
    assert names(M.all().fetch(None)) == "012345"
    assert names(M.all()[1:3]) == "12"
    assert names(M.all()[4:]) == "45"
    assert M.all()[2].a == 2
    assert M.all()[3:1] == []
    assert (M.all().count(), M.all().count(3), M.all().count(0)) == (6, 3, 0)
    assert bool(M.all().filter("a", 77))


def test_keys_only_and_projected_results():
    keys = M.all(keys_only=True)
    assert keys.is_keys_only()
    assert keys.get() == db.Key.from_path("M", "m0")
    some = M.all(projection=["b"], distinct=True)
    assert (some.projection(), some.is_distinct()) == (["b"], True)
    assert [item.b for item in some] == [0, 1]
    assert db.model_is_projection(some.get())
    assert not db.model_is_projection(M())
    assert (some.get().s, some.get().l) == (None, None)
    with pytest.raises(db.BadRequestError, match="Cannot put a partial entity"):
        some.get().put()


def test_a_cursor_goes_on_where_a_query_stopped():
    query = M.all().order("-a")
    query.fetch(2)
    place = query.cursor()
    assert names(M.all().order("-a").with_cursor(place)) == "3210"
    assert names(M.all().order("-a").with_cursor(end_cursor=place)) == "54"
    assert M.all().order("-a").with_cursor(place).count() == 4
    db.delete(db.Key.from_path("M", "m4"))
    assert names(M.all().order("-a").with_cursor(place)) == "3210"


def test_a_query_with_in_has_no_cursor():
    query = M.all().filter("a IN", [1, 2])
    query.fetch(1)
    with pytest.raises(AssertionError, match="No cursor available"):
        query.cursor()


@pytest.mark.parametrize(
    ("statement", "args", "expected"),
    [
        ("SELECT * FROM M", (), "012345"),
        ("SELECT __key__ FROM M", (), "012345"),
        ("SELECT * FROM M WHERE a = :1", (3,), "3"),
        ("SELECT * FROM M WHERE a IN (1, 2, :1)", (4,), "124"),
        ("SELECT * FROM M WHERE a IN :1", ([4, 5],), "45"),
        ("SELECT * FROM M WHERE a != 4 ORDER BY a DESC", (), "53210"),
        ("SELECT * FROM M WHERE ANCESTOR IS KEY('M', 'm1')", (), "1"),
        ("SELECT * FROM M WHERE day = DATE(2009, 1, 2)", (), "1"),
        ("SELECT * FROM M WHERE day = :1", (date(2009, 1, 2),), "1"),
        ("SELECT * FROM M LIMIT 2, 3", (), "234"),
        ("SELECT * FROM M LIMIT 2 OFFSET 3", (), "34"),
        ("SELECT * FROM M ORDER BY b, a DESC LIMIT 1", (), "4"),
        ("SELECT *", (), "012345"),
    ],
)
def test_a_statement_finds_what_it_says(statement, args, expected):
    assert names(db.GqlQuery(statement, *args)) == expected


def test_a_models_statement_begins_behind_the_kind():
    assert names(M.gql("WHERE a > :1 AND a < :most", 1, most=4)) == "23"


def test_the_calls_limit_goes_before_the_statements():
    """Source: observed: `fetch(9)` of `LIMIT 2` returns more than two."""
    assert len(db.GqlQuery("SELECT * FROM M LIMIT 2").fetch(9)) == 6
    assert db.GqlQuery("SELECT * FROM M OFFSET 3").get().a == 3
    assert db.GqlQuery("SELECT * FROM M LIMIT 2").count() == 6
    assert names(db.GqlQuery("SELECT * FROM M OFFSET 3").run(limit=1)) == "3"


def test_parameters_are_bound_anew():
    query = db.GqlQuery("SELECT * FROM M WHERE a = :1", 1)
    query.bind(2)
    assert names(query) == "2"


def test_descendants_of_any_kind_are_found():
    root = M.get_by_key_name("m1")
    child = R(parent=root).put()
    assert [item.key() for item in db.query_descendants(root)] == [child]
    with pytest.raises(db.NotSavedError):
        db.query_descendants(M())


def test_a_polymodel_finds_its_subclasses_too():
    """Source: App Engine, "The PolyModel class"."""
    db.put([Shape(name="s"), Round(name="r", radius=1), Ball(name="b", radius=2)])
    assert sorted(type(item).__name__ for item in Shape.all()) == ["Ball", "Round", "Shape"]
    assert sorted(item.name for item in Round.all()) == ["b", "r"]
    assert [item.name for item in Ball.gql("WHERE radius = 2")] == ["b"]
    assert (Ball.kind(), Ball.class_key()) == ("Shape", ("Shape", "Round", "Ball"))
    assert db.class_for_kind("Shape") is Shape
    with pytest.raises(db.KindError):
        db.class_for_kind("Ball")
    with pytest.raises(NotImplementedError, match="itself has no entities"):
        polymodel.PolyModel()


def test_metadata_keys_name_what_they_describe():
    """Source: App Engine, "Metadata queries"."""
    assert metadata.Namespace.key_for_namespace("").id() == 1
    assert metadata.Namespace.key_to_namespace(metadata.Namespace.key_for_namespace("n")) == "n"
    assert metadata.Kind.key_to_kind(metadata.Kind.key_for_kind("M")) == "M"
    key = metadata.Property.key_for_property("M", "a")
    assert (metadata.Property.key_to_kind(key), metadata.Property.key_to_property(key)) == (
        "M",
        "a",
    )
    assert metadata.Property.key_to_property(metadata.Property.key_for_kind("M")) is None
    group = metadata.EntityGroup.key_for_entity(db.Key.from_path("M", "m1", "R", 5))
    assert group.to_path() == ["M", "m1", "__entity_group__", 1]


def test_a_key_range_walks_and_splits_a_kind():
    """Source: App Engine, `google.appengine.ext.key_range`."""

    def key(number):
        return db.Key.from_path("M", f"m{number}")

    walk = KeyRange(key(1), key(4), include_end=False)
    assert names(walk.make_ascending_query(M)) == "123"
    assert names(KeyRange(key(1), key(4), "DESC").make_directed_query(M)) == "4321"
    walk.advance(key(2))
    assert names(walk.make_ascending_datastore_query("M").run()) == "3"
    assert KeyRange.from_json(walk.to_json()) == walk
    halves = KeyRange(key(0), key(5)).split_range()
    assert (
        "".join(sorted("".join(names(half.make_directed_query(M)) for half in halves))) == "012345"
    )
    assert (
        "".join(
            names(part.make_ascending_query(M)) for part in KeyRange.compute_split_points("M", 3)
        )
        == "012345"
    )
    with pytest.raises(KeyRangeError, match="is not in the range"):
        walk.advance(key(5))
    with pytest.raises(KeyRangeError, match="behind its end"):
        KeyRange(key(4), key(1))
    with pytest.raises(KeyRangeError, match="no key range"):
        KeyRange.from_json("{}")
