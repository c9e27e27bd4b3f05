"""Names that few programs use."""

from google.appengine.api import datastore
from google.appengine.ext import db, gql
from google.appengine.ext.key_range import KeyRange

from .expecting import refusal


class Walked(db.Model):
    n = db.IntegerProperty()


def a_models_results_have_next():
    db.put([Walked(key_name=f"w{n}", n=n) for n in range(2)])
    results = Walked.all().run()
    assert (results.next().n, next(results).n) == (0, 1)
    with refusal(StopIteration):
        results.next()
    assert Walked.gql("").run().next().n == 0


def there_are_no_compiled_queries():
    with refusal(AssertionError, "No compiled query available"):
        datastore.Query("Walked").GetCompiledQuery()
    with refusal(AssertionError, "No compiled query available"):
        datastore.MultiQuery([datastore.Query("Walked")], []).GetCompiledQuery()


def options_are_taken_from_keyword_arguments():
    assert datastore.GetRpcFromKwargs({}) is None
    assert datastore.GetRpcFromKwargs({"deadline": 3}).deadline == 3
    given = {"rpc": datastore.CreateRPC(deadline=5)}
    assert datastore.GetRpcFromKwargs(given).deadline == 5
    assert given == {}
    with refusal(TypeError, "Unknown configuration option"):
        datastore.GetRpcFromKwargs({"x": 1})


def a_statement_lists_the_queries_that_it_becomes():
    used = set()
    statement = gql.GQL("SELECT * FROM Walked WHERE n IN (1, :1) AND m = :x")
    assert statement.EnumerateQueries(used, (2,), {"x": 3}) == [
        {"n =": 1, "m =": 3},
        {"n =": 2, "m =": 3},
    ]
    assert used == {0}


def the_end_of_a_kind_is_guessed_and_never_too_low():
    first = db.Key.from_path("Walked", 1)
    assert KeyRange.guess_end_key("Walked", first) > first
    for keys in (
        [db.Key.from_path("Walked", n) for n in (1, 5, 1000)],
        [db.Key.from_path("Walked", name) for name in ("a", "m~", "\u4e00")],
        [db.Key.from_path("Walked", 7), db.Key.from_path("Walked", "seven")],
        [db.Key.from_path("Walked", n, "Walked", m) for n in (1, 9) for m in (2, 30)],
    ):
        db.put([Walked(key=key, n=1) for key in keys])
        names = isinstance(keys[0].id_or_name(), str)
        path = keys[0].to_path()
        path[1::2] = ["\0" if names else 1 for _ in path[1::2]]
        end = KeyRange.guess_end_key("Walked", db.Key.from_path(*path))
        assert end >= max(keys), (end, keys)
        db.delete(keys)


def a_guess_is_close_where_ids_are_dense():
    db.put([Walked(key=db.Key.from_path("Walked", n), n=n) for n in range(1, 101)])
    end = KeyRange.guess_end_key("Walked", db.Key.from_path("Walked", 1))
    assert 100 <= end.id() < 2**50
