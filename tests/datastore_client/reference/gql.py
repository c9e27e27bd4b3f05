"""GQL: the grammar, clause by clause."""

import datetime

from google.appengine.api import datastore, users
from google.appengine.ext import db

from .expecting import refusal

MOMENT = datetime.datetime(2008, 4, 7, 12, 30, 1)


class Song(db.Expando):
    pass


def fill(count=5):
    db.put([Song(key_name=f"s{n}", a=n, b=n % 2) for n in range(count)])


def ask(text, *args, **names):
    return [song.key().name() for song in db.GqlQuery(text, *args, **names)]


def one_value(literal, value, *args):
    """Whether a literal means a value."""
    place = Song(key_name="x", v=value).put()
    got = ask(f"SELECT * FROM Song WHERE v = {literal}", *args)
    db.delete(place)
    return got == ["x"]


def select_takes_all_keys_or_some_properties():
    fill(2)
    assert ask("SELECT * FROM Song") == ["s0", "s1"]
    assert list(db.GqlQuery("SELECT __key__ FROM Song")) == [
        db.Key.from_path("Song", "s0"), db.Key.from_path("Song", "s1"),
    ]  # fmt: skip
    assert [song.a for song in db.GqlQuery("SELECT a FROM Song")] == [0, 1]
    assert len(list(db.GqlQuery("SELECT a, b FROM Song"))) == 2


def select_distinct_gives_each_once():
    fill()
    assert [song.b for song in db.GqlQuery("SELECT DISTINCT b FROM Song")] == [0, 1]


def a_statement_without_from_has_no_kind():
    fill(2)
    assert ask("SELECT * LIMIT 2") == ["s0", "s1"]  # there may be statistics behind them
    assert ask("SELECT * WHERE ANCESTOR IS :1", db.Key.from_path("Song", "s1")) == ["s1"]


def conditions_are_joined_by_and():
    fill()
    assert ask("SELECT * FROM Song WHERE a >= 1 AND a < 4 AND a > 1") == ["s2", "s3"]
    assert ask("SELECT * FROM Song WHERE a != 2") == ["s0", "s1", "s3", "s4"]
    assert ask("SELECT * FROM Song WHERE a <= 1") == ["s0", "s1"]


def in_takes_a_list():
    fill()
    for text, args in (
        ("a IN (1, 2)", ()), ("a IN (:1, :2)", (1, 2)), ("a IN :1", ([1, 2],)),
    ):  # fmt: skip
        assert sorted(ask(f"SELECT * FROM Song WHERE {text}", *args)) == ["s1", "s2"], text


def list_and_nop_are_no_words_of_the_grammar():
    """Source: observed."""
    for text in ("a IN LIST(1, 2)", "a = NOP(1)"):
        with refusal(db.BadQueryError, "Parse Error"):
            db.GqlQuery(f"SELECT * FROM Song WHERE {text}")


def order_by_sorts():
    fill()
    assert ask("SELECT * FROM Song ORDER BY a DESC") == ["s4", "s3", "s2", "s1", "s0"]
    assert ask("SELECT * FROM Song ORDER BY b ASC, a DESC") == ["s4", "s2", "s0", "s3", "s1"]


def limit_and_offset_cut():
    fill()
    assert ask("SELECT * FROM Song LIMIT 2") == ["s0", "s1"]
    assert ask("SELECT * FROM Song LIMIT 1, 2") == ["s1", "s2"]
    assert ask("SELECT * FROM Song LIMIT 2 OFFSET 3") == ["s3", "s4"]
    assert ask("SELECT * FROM Song OFFSET 4") == ["s4"]


def hints_change_nothing():
    fill(1)
    for hint in ("ORDER_FIRST", "FILTER_FIRST", "ANCESTOR_FIRST"):
        assert ask(f"SELECT * FROM Song HINT {hint}") == ["s0"]


def keywords_have_any_case_and_names_have_theirs():
    fill(1)
    assert ask("select * from Song where a = 0 order by a limit 1") == ["s0"]
    assert ask("SELECT * FROM Song WHERE A = 0") == []


def names_may_be_quoted_and_dotted():
    place = datastore.Entity("Song", name="x")
    place.update({"select": 1, "a.b": 2})
    datastore.Put(place)
    assert ask('SELECT * FROM "Song" WHERE "select" = 1') == ["x"]
    assert ask("SELECT * FROM Song WHERE a.b = 2") == ["x"]


def there_is_no_or_no_not_no_like_and_no_function_of_results():
    for text in (
        "WHERE a = 1 OR b = 1", "WHERE NOT a = 1", "WHERE a LIKE 'x'", "WHERE a = 1 b = 2",
        "foo", "WHERE a = 1 GROUP BY a",
    ):  # fmt: skip
        with refusal(db.BadQueryError, "Parse Error"):
            db.GqlQuery(f"SELECT * FROM Song {text}")
    with refusal(db.BadQueryError, "Expected no additional symbols"):
        db.GqlQuery("SELECT * FROM Song foo")
    with refusal(db.BadQueryError, "Parse Error"):
        db.GqlQuery("SELECT COUNT(*) FROM Song")


def a_literal_is_text_a_number_true_false_or_null():
    assert one_value("'text'", "text")
    assert one_value("'it''s'", "it's")
    assert one_value("''", "")
    assert one_value("12", 12) and one_value("-12", -12)
    assert one_value("1.5", 1.5) and one_value("-1.5", -1.5)
    assert one_value("TRUE", True) and one_value("false", False)
    assert one_value("NULL", None)


def parameters_have_positions_from_1_and_names():
    fill()
    assert ask("SELECT * FROM Song WHERE a = :1", 3) == ["s3"]
    assert ask("SELECT * FROM Song WHERE a >= :1 AND a < :most", 1, most=3) == ["s1", "s2"]
    query = db.GqlQuery("SELECT * FROM Song WHERE a = :1", 1)
    query.bind(2)
    assert query.get().a == 2


def every_parameter_is_bound_and_every_position_used():
    for args, names in (((), {}), ((1, 2), {}), ((), {"x": 1})):
        with refusal(db.BadArgumentError):
            db.GqlQuery("SELECT * FROM Song WHERE a = :1", *args, **names).get()
    with refusal(db.BadArgumentError):
        db.GqlQuery("SELECT * FROM Song WHERE a = :x", y=1).get()


def datetime_is_numbers_or_text():
    assert one_value("DATETIME(2008, 4, 7, 12, 30, 1)", MOMENT)
    assert one_value("DATETIME('2008-04-07 12:30:01')", MOMENT)
    assert one_value("DATETIME(2008, 4, 7)", datetime.datetime(2008, 4, 7))


def date_is_numbers_or_text():
    assert one_value("DATE(2008, 4, 7)", datetime.datetime(2008, 4, 7))
    assert one_value("DATE('2008-04-07')", datetime.datetime(2008, 4, 7))


def time_is_numbers_or_text():
    stored = datetime.datetime(1970, 1, 1, 12, 30, 1)
    assert one_value("TIME('12:30:01')", stored)
    assert one_value("TIME(12, 30, 1)", stored)
    assert one_value("TIME(12)", datetime.datetime(1970, 1, 1, 12))


def key_is_a_text_or_a_path():
    place = db.Key.from_path("A", 1, "B", "x")
    assert one_value(f"KEY('{place}')", place)
    assert one_value("KEY('A', 1, 'B', 'x')", place)
    assert one_value("KEY('A', :1, 'B', 'x')", place, 1)


def user_is_an_address():
    assert one_value("USER('a@b.c')", users.User("a@b.c"))


def geopt_is_two_numbers():
    """Source: observed: the text that the documentation mentions is refused."""
    assert one_value("GEOPT(1.5, -2)", db.GeoPt(1.5, -2))
    with refusal(db.BadQueryError, "GEOPT"):
        ask("SELECT * FROM Song WHERE v = GEOPT('1.5,-2')")


def a_models_statement_begins_behind_from():
    fill()
    assert [song.a for song in Song.gql("WHERE a > :1", 3)] == [4]
    assert Song.gql("").count() == 5


def an_ancestor_is_a_condition():
    fill(2)
    child = Song(parent=db.Key.from_path("Song", "s1"), key_name="c").put()
    assert ask("SELECT * FROM Song WHERE ANCESTOR IS :1", child.parent()) == ["s1", "c"]
    assert ask("SELECT * FROM Song WHERE ANCESTOR IS KEY('Song', 's1')") == ["s1", "c"]


def there_are_at_most_30_subqueries():
    fill()
    assert len(ask("SELECT * FROM Song WHERE a IN :1", list(range(30)))) == 5
    with refusal(db.BadArgumentError, "30"):
        ask("SELECT * FROM Song WHERE a IN :1", list(range(31)))
