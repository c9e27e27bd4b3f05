"""GQL: what a statement asks for, and what is wrong with others."""

from datetime import datetime

import pytest

from appengine.datastore import gql
from appengine.datastore.client.multiqueries import MultiQuery
from appengine.datastore.datastore_errors import BadArgumentError, BadQueryError
from appengine.datastore.datastore_types import GeoPt, Key
from appengine.users.service import User


def bind(condition, *args, **names):
    return gql.GQL(f"SELECT * FROM Pet WHERE {condition}").bind(args, names)


def test_a_statement_is_read_clause_by_clause():
    statement = gql.GQL(
        "SELECT a, b FROM Pet WHERE a > :1 ORDER BY a DESC, b LIMIT 3,4 HINT ORDER_FIRST"
    )
    assert statement.kind() == "Pet"
    assert statement.projection() == ("a", "b")
    assert statement.orderings() == [("a", 2), ("b", 1)]
    assert (statement.limit(), statement.offset(), statement.hint()) == (4, 3, "ORDER_FIRST")
    assert statement.filters() == {("a", ">"): [("nop", [1])]}


def test_what_a_statement_leaves_out_has_a_default():
    statement = gql.GQL("SELECT *")
    assert (statement.kind(), statement.projection(), statement.orderings()) == (None, None, [])
    assert (statement.limit(), statement.offset(), statement.hint()) == (-1, 0, "")
    assert not statement.is_keys_only()
    assert not statement.is_distinct()
    assert gql.GQL("SELECT __key__ FROM Pet").is_keys_only()
    assert gql.GQL("SELECT DISTINCT a FROM Pet").is_distinct()


@pytest.mark.parametrize(
    ("condition", "filters"),
    [
        ("a=3", {"a =": 3}),
        ("a = -1 AND b = +2", {"a =": -1, "b =": 2}),
        ("a = .5", {"a =": 0.5}),
        ("a = 'it''s'", {"a =": "it's"}),
        ("a = TRUE and b = false AND c = Null", {"a =": True, "b =": False, "c =": None}),
        ('"in" = 5 AND a.b = 1', {"in =": 5, "a.b =": 1}),
        ("a >= 1 AND a <= 3", {"a >=": 1, "a <=": 3}),
        ("a < 5 AND a < 3", {"a <": [5, 3]}),
        ("a = ':1'", {"a =": ":1"}),
        ("d = DATETIME(2009,1,2,3,4,5)", {"d =": datetime(2009, 1, 2, 3, 4, 5)}),
        ("d = DATETIME('2009-01-02 03:04:05')", {"d =": datetime(2009, 1, 2, 3, 4, 5)}),
        ("d = date(2009,1,2)", {"d =": datetime(2009, 1, 2)}),
        ("d = DATE('2009-01-02')", {"d =": datetime(2009, 1, 2)}),
        ("d = TIME(12)", {"d =": datetime(1970, 1, 1, 12)}),
        ("d = TIME('12:30:01')", {"d =": datetime(1970, 1, 1, 12, 30, 1)}),
        ("u = USER('a@b')", {"u =": User("a@b")}),
        ("g = GEOPT(1, 2)", {"g =": GeoPt(1, 2)}),
    ],
)
def test_conditions_become_filters(condition, filters):
    """Source: App Engine, "GQL Reference"."""
    assert dict(bind(condition)) == filters


def test_a_key_is_a_path_or_a_text():
    key = Key.from_path("Pet", 7)
    assert bind("__key__ > KEY('Pet', :1)", 7)["__key__ >"] == key
    assert bind(f"__key__ > KEY('{key}')")["__key__ >"] == key


def test_parameters_are_bound_by_number_and_by_name():
    assert dict(bind("a = :1 AND b = :x AND c = :1", 3, x=4)) == {"a =": 3, "b =": 4, "c =": 3}


@pytest.mark.parametrize(
    ("args", "names", "message"),
    [
        ((), {"x": 1}, "requires argument #1, but only has 0 args"),
        ((1, 2), {"x": 1}, r"Unused positional arguments \[2\]"),
        ((1,), {"y": 1}, "requires argument x"),
    ],
)
def test_each_parameter_has_a_value_and_each_position_a_parameter(args, names, message):
    with pytest.raises(BadArgumentError, match=message):
        bind("a = :1 AND b = :x", *args, **names)


def test_in_and_unequal_become_several_queries():
    query = bind("a IN (1, :1) AND b != 2", 5)
    assert isinstance(query, MultiQuery)
    assert [dict(part) for part in query.parts()] == [
        {"a =": 1, "b <": 2},
        {"a =": 1, "b >": 2},
        {"a =": 5, "b <": 2},
        {"a =": 5, "b >": 2},
    ]


def test_more_than_30_queries_are_refused():
    assert len(bind("a IN :1", list(range(30))).parts()) == 30
    with pytest.raises(BadArgumentError, match=r"too many subqueries \(max: 30, got 31\)"):
        bind("a IN :1", list(range(31)))
    with pytest.raises(BadArgumentError, match="got 32"):
        bind(" AND ".join(["a != 1"] * 5))


def test_in_takes_a_list():
    with pytest.raises(BadArgumentError, match='List expected for "IN" filter'):
        bind("a IN 4")


def test_keys_only_statements_have_neither_in_nor_unequal():
    with pytest.raises(BadQueryError, match="Keys only queries do not support IN or != filters"):
        gql.GQL("SELECT __key__ FROM Pet WHERE a != 2").bind((), {})


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("", "Unexpected Symbol: SELECT at end of string"),
        ("UPDATE M", "Unexpected Symbol: SELECT at symbol UPDATE"),
        ("SELECT", "Identifier Expected at end of string"),
        ("SELECT FROM M", "Identifier is a reserved keyword at symbol FROM"),
        ("SELECT a, FROM M", "Identifier is a reserved keyword at symbol FROM"),
        ("SELECT * FROM", "Identifier Expected at end of string"),
        ("SELECT * FROM M foo", "Expected no additional symbols at symbol foo"),
        ("SELECT * FROM M WHERE", "Invalid WHERE Identifier at end of string"),
        ("SELECT * FROM M WHERE a", "Invalid WHERE Condition at end of string"),
        ("SELECT * FROM M WHERE a =", "Invalid WHERE Condition at end of string"),
        ("SELECT * FROM M WHERE a == 5", "Invalid WHERE Condition at symbol ="),
        ("SELECT * FROM M WHERE a ~ 1", "Invalid WHERE Condition at symbol ~"),
        ("SELECT * FROM M WHERE a = 'x", "Invalid WHERE Condition at symbol 'x"),
        ('SELECT * FROM M WHERE a = "x"', 'Invalid WHERE Condition at symbol "x"'),
        ("SELECT * FROM M WHERE a = FOO(3)", "Invalid WHERE Condition at symbol FOO"),
        ("SELECT * FROM M WHERE a = 1 AND", "Invalid WHERE Identifier at end of string"),
        ("SELECT * FROM M WHERE a = 1 OR b = 1", "Expected no additional symbols at symbol OR"),
        ("SELECT * FROM M WHERE a = 1e3", "Expected no additional symbols at symbol e3"),
        ("SELECT * FROM M WHERE a = (1)", "Only IN can process a list of values"),
        ("SELECT * FROM M WHERE a IN ()", r"could not be cast to a datastore type at symbol \)"),
        (
            "SELECT * FROM M WHERE a IS :1",
            '"IS" can only be used when comparing against "ANCESTOR"',
        ),
        ("SELECT * FROM M WHERE ANCESTOR = 5", "reserved keyword at symbol ANCESTOR"),
        ("SELECT * FROM M ORDER a", "Unexpected Symbol: BY at symbol a"),
        ("SELECT * FROM M ORDER BY", "Invalid ORDER BY Property at end of string"),
        ("SELECT * FROM M LIMIT", "Non-number limit in LIMIT clause at end of string"),
        ("SELECT * FROM M LIMIT 0", "Bad Limit in LIMIT Value"),
        ("SELECT * FROM M LIMIT -1", "Non-number limit in LIMIT clause at symbol -1"),
        ("SELECT * FROM M LIMIT 1,2 OFFSET 3", "Offset already defined in LIMIT clause"),
        ("SELECT * FROM M OFFSET -1", "Non-number offset in OFFSET clause at symbol -1"),
        ("SELECT * FROM M HINT foo", "Unknown HINT at symbol foo"),
    ],
)
def test_an_error_names_the_symbol(statement, message):
    """Source: App Engine, "GQL Reference"."""
    with pytest.raises(BadQueryError, match=f"Parse Error: .*{message}"):
        gql.GQL(statement)


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("a = DATE(1)", r"unable to cast \[1\] with operation DATE"),
        ("a = DATE('x')", "does not match format '%Y-%m-%d'"),
        ("a = DATE(2009,13,1)", "month must be in 1..12"),
        ("a = TIME(25)", "hour must be in 0..23"),
        ("a = DATETIME(2009,1)", "with operation DATETIME"),
        ("a = GEOPT(1)", "requires 2 input parameters"),
        ("a = USER(1,2)", "requires one and only one value"),
    ],
)
def test_a_function_refuses_what_it_cannot_cast(condition, message):
    with pytest.raises(BadQueryError, match=f"Type Cast Error: .*{message}"):
        bind(condition)
