"""Ids: given by the datastore, or reserved."""

from google.appengine.api import datastore
from google.appengine.ext import db

from .expecting import refusal

SCATTERED = range(2**52, 2**52 + 2**51)


class Numbered(db.Model):
    n = db.IntegerProperty()


class Cat(db.Model):
    n = db.IntegerProperty()


def by_default_ids_are_scattered_integers_that_do_not_ascend():
    ids = [Numbered().put().id() for _ in range(20)]
    assert all(number in SCATTERED for number in ids)
    assert len(set(ids)) == 20
    assert ids != sorted(ids)


def a_batch_gets_a_different_id_for_each_entity():
    keys = db.put([Numbered(n=n) for n in range(500)])
    assert len({place.id() for place in keys}) == 500
    assert [pet.n for pet in db.get(keys)] == list(range(500))


def allocated_ids_are_a_range_in_a_row_of_the_sequential_space():
    first, last = db.allocate_ids(db.Key.from_path("Row", 1), 10)
    assert last == first + 9 < 2**52
    after, end = db.allocate_ids(db.Key.from_path("Row", 1), 1)
    assert after == end == last + 1


def up_to_a_billion_ids_are_allocated_at_once():
    place = db.Key.from_path("Billion", 1)
    first, last = db.allocate_ids(place, 10**9)
    assert last - first == 10**9 - 1
    for size in (10**9 + 1, 0, -1):
        with refusal(db.BadArgumentError):
            db.allocate_ids(place, size)


def a_maximum_moves_the_counter_past_it():
    place = db.Key.from_path("Most", 1)
    before, _ = datastore.AllocateIds(place, size=1)
    assert datastore.AllocateIds(place, max=before + 100)[1] == before + 100
    assert datastore.AllocateIds(place, size=1)[0] == before + 101
    with refusal(db.BadArgumentError, "both"):
        datastore.AllocateIds(place, size=1, max=5)


def a_range_of_ids_is_empty_contended_or_collides():
    place = db.Key.from_path("Ranged", 1)
    _, last = db.allocate_ids(place, 1)
    assert db.allocate_id_range(place, last + 1, last + 10) == db.KEY_RANGE_EMPTY == "Empty"
    assert db.allocate_id_range(place, last + 5, last + 20) == db.KEY_RANGE_CONTENTION
    entity = datastore.Entity("Ranged", id=last + 50)
    datastore.Put(entity)
    assert db.allocate_id_range(place, last + 40, last + 60) == db.KEY_RANGE_COLLISION


def an_id_that_is_chosen_is_not_checked():
    Numbered(key=db.Key.from_path("Numbered", 7), n=1).put()
    Numbered(key=db.Key.from_path("Numbered", 7), n=2).put()
    assert Numbered.get_by_id(7).n == 2


def ids_are_counted_by_parent_and_kind():
    one = db.allocate_ids(db.Key.from_path("Apart", 1), 5)
    other = db.allocate_ids(db.Key.from_path("Root", "one", "Apart", 1), 5)
    assert other[1] - other[0] == one[1] - one[0] == 4
