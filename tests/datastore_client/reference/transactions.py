"""Entity groups and transactions."""

from google.appengine.api import datastore
from google.appengine.ext import db

from .expecting import refusal


class Counter(db.Model):
    n = db.IntegerProperty()


def put(name, n):
    return Counter(key_name=name, n=n).put()


def read(name):
    return Counter.get_by_key_name(name).n


@db.non_transactional
def elsewhere(function, *args):
    """Another client."""
    return function(*args)


def options(**given):
    return db.create_transaction_options(**given)


def a_group_is_what_shares_the_root():
    root = put("root", 1)
    child = Counter(parent=root, n=2).put()
    grandchild = Counter(parent=child, n=3).put()
    places = [root, child, grandchild]
    assert db.run_in_transaction(lambda: [item.n for item in db.get(places)]) == [1, 2, 3]


def no_transaction_is_needed_for_a_single_put():
    assert not db.is_in_transaction()
    put("c", 1)
    assert read("c") == 1


def a_commit_fails_if_another_commit_to_the_group_came_between():
    put("c", 0)
    tries = []

    def work():
        seen = read("c")
        if not tries:
            elsewhere(put, "c", 10)
        tries.append(seen)
        put("c", seen + 1)

    db.run_in_transaction(work)
    assert (tries, read("c")) == ([0, 10], 11)


def another_entity_of_the_group_is_a_conflict_too():
    root = put("root", 0)

    def work():
        read("root")
        elsewhere(lambda: Counter(parent=root, n=1).put())
        put("root", 1)

    with refusal(db.TransactionFailedError):
        db.run_in_transaction_options(options(retries=0), work)
    assert read("root") == 0


def another_group_is_no_conflict():
    put("a", 0)

    def work():
        read("a")
        elsewhere(put, "b", 1)
        put("a", 1)

    db.run_in_transaction_options(options(retries=0), work)
    assert read("a") == 1


def reads_see_the_moment_when_the_group_was_first_touched():
    root = put("c", 1)

    def work():
        before = read("c")
        elsewhere(put, "c", 2)
        elsewhere(lambda: Counter(parent=root, n=3).put())
        below = Counter.all().ancestor(root)
        return before, read("c"), below.count(), [item.n for item in below]

    assert db.run_in_transaction(work) == (1, 1, 1, [1])


def own_writes_are_not_visible_inside():
    root = put("c", 1)

    def work():
        put("c", 5)
        Counter(parent=root, key_name="child", n=1).put()
        return read("c"), Counter.all().ancestor(root).count()

    assert db.run_in_transaction(work) == (1, 1)
    assert (read("c"), Counter.all().ancestor(root).count()) == (5, 2)


def own_deletes_are_not_visible_inside():
    root = put("c", 1)

    def work():
        db.delete(root)
        return read("c")

    assert db.run_in_transaction(work) == 1
    assert db.get(root) is None


def queries_inside_need_an_ancestor():
    with refusal(db.BadRequestError, "Only ancestor queries are allowed inside transactions."):
        db.run_in_transaction(lambda: Counter.all().get())


def queries_inside_may_have_no_kind():
    root = put("c", 1)
    assert db.run_in_transaction(lambda: db.Query().ancestor(root).get().n) == 1


def metadata_is_not_queried_inside():
    put("c", 1)
    for kind in ("__kind__", "__namespace__", "__property__"):
        with refusal(db.BadRequestError):
            db.run_in_transaction(datastore.Query(kind).Get, 1)
    below = datastore.Query("__property__").Ancestor(db.Key.from_path("__kind__", "Counter"))
    with refusal(db.BadRequestError, "transactional queries on __property__ not allowed"):
        db.run_in_transaction(below.Get, 1)
    assert len(below.Get(5)) == 1


def without_xg_one_group_takes_part():
    put("a", 1), put("b", 1)
    with refusal(db.BadRequestError, "xg=True"):
        db.run_in_transaction(lambda: (read("a"), read("b")))
    with refusal(db.BadRequestError, "xg=True"):
        db.run_in_transaction(lambda: (put("a", 2), put("b", 2)))
    assert read("a") == read("b") == 1


def with_xg_25_groups_take_part_and_no_26th():
    keys = [db.Key.from_path("Counter", number) for number in range(1, 27)]
    assert db.run_in_transaction_options(options(xg=True), db.get, keys[:25]) == [None] * 25
    with refusal(db.BadRequestError, "operating on too many entity groups"):
        db.run_in_transaction_options(options(xg=True), db.get, keys)
    writes = [Counter(key=place, n=1) for place in keys]
    db.run_in_transaction_options(options(xg=True), db.put, writes[:25])
    with refusal(db.BadRequestError, "operating on too many entity groups"):
        db.run_in_transaction_options(options(xg=True), db.put, writes)
    assert Counter.all().count() == 25


def three_retries_are_four_tries():
    put("c", 0)
    tries = []

    def work():
        read("c")
        tries.append(1)
        elsewhere(put, "c", len(tries))
        put("c", -1)

    with refusal(db.TransactionFailedError):
        db.run_in_transaction(work)
    assert (len(tries), read("c")) == (4, 4)
    tries.clear()
    with refusal(db.TransactionFailedError):
        db.run_in_transaction_custom_retries(1, work)
    assert len(tries) == 2


def what_the_function_raises_comes_out_after_the_rollback():
    tries = []

    def work():
        tries.append(1)
        put("c", 1)
        raise ZeroDivisionError("mine")

    with refusal(ZeroDivisionError, "mine"):
        db.run_in_transaction(work)
    assert (Counter.get_by_key_name("c"), len(tries)) == (None, 1)


def a_rollback_is_swallowed():
    def work():
        put("c", 1)
        raise db.Rollback

    assert db.run_in_transaction(work) is None
    assert Counter.get_by_key_name("c") is None


def a_nested_call_is_refused():
    with refusal(db.BadRequestError, "Nested transactions are not supported."):
        db.run_in_transaction(db.run_in_transaction, lambda: 1)


def the_decorator_joins_by_default():
    @db.transactional
    def work():
        put("c", 1)

    def outer():
        work()
        raise db.Rollback

    db.run_in_transaction(outer)
    assert Counter.get_by_key_name("c") is None
    work()
    assert read("c") == 1


def mandatory_needs_a_transaction():
    inner = db.transactional(propagation=db.MANDATORY)(db.is_in_transaction)
    with refusal(db.BadRequestError):
        inner()
    assert db.run_in_transaction(inner) is True


def independent_suspends_the_outer_one():
    @db.transactional(propagation=db.INDEPENDENT)
    def note():
        put("log", 1)

    def outer():
        put("c", 1)
        note()
        raise db.Rollback

    db.run_in_transaction(outer)
    assert read("log") == 1
    assert Counter.get_by_key_name("c") is None


def nested_is_unsupported():
    inner = db.transactional(propagation=db.NESTED)(lambda: 1)
    with refusal(db.BadRequestError):
        db.run_in_transaction(inner)


def non_transactional_suspends_the_outer_one():
    @db.non_transactional
    def outside():
        put("log", 1)
        return db.is_in_transaction()

    def outer():
        assert outside() is False
        assert db.is_in_transaction()
        raise db.Rollback

    db.run_in_transaction(outer)
    assert read("log") == 1
    never = db.non_transactional(allow_existing=False)(db.is_in_transaction)
    assert never() is False
    with refusal(db.BadRequestError):
        db.run_in_transaction(never)


def the_outer_options_win_where_a_call_joins():
    put("a", 1), put("b", 1)
    inner = db.transactional(xg=True)(lambda: (read("a"), read("b")))
    with refusal(db.BadRequestError, "xg=True"):
        db.run_in_transaction(inner)
    assert inner() == (1, 1)


def a_read_only_transaction_modifies_nothing():
    place = put("c", 1)
    for write in (lambda: put("c", 2), lambda: db.delete(place)):
        with refusal(db.BadRequestError, "Cannot modify entities in a read-only transaction."):
            db.run_in_read_only_transaction(write)
    assert db.run_in_read_only_transaction(read, "c") == 1


def a_transaction_that_has_ended_takes_no_calls():
    kept = []

    def work():
        def later():
            yield
            yield read("c")

        kept.append(later())
        next(kept[0])

    put("c", 1)
    db.run_in_transaction(work)
    assert list(kept[0]) == [1]  # the generator runs outside now
    assert not db.is_in_transaction()


def get_or_insert_makes_an_entity_once():
    assert Counter.get_or_insert("c", n=1).n == 1
    assert Counter.get_or_insert("c", n=2).n == 1
    assert Counter.all().count() == 1


def a_commit_writes_all_of_its_groups_or_none():
    put("a", 0), put("b", 0)

    def work():
        read("a"), read("b")
        put("a", 1), put("b", 1)
        elsewhere(put, "b", 7)

    with refusal(db.TransactionFailedError):
        db.run_in_transaction_options(options(xg=True, retries=0), work)
    assert (read("a"), read("b")) == (0, 7)


def a_version_of_the_group_grows_with_each_commit():
    from google.appengine.ext.db import metadata

    root = put("c", 1)
    first = metadata.get_entity_group_version(root)
    put("c", 2)
    assert metadata.get_entity_group_version(root) > first
