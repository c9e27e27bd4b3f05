"""Statistics tell what is stored: of everything, and of each namespace."""

import pytest

from appengine.datastore.server import statistics
from appengine.datastore.server.statistics import DAY_MICROSECONDS, Statistics
from appengine.datastore.service import BadRequestError, Meaning, Meant, Property
from tests.datastore.serving import Datastore, entity, key


@pytest.fixture
def stored(datastore):
    datastore.clock.freeze(1_000_000)
    datastore.put_all(
        entity(("A", 1), n=1, s="a"),
        entity(("A", 1, "B", 1), n=[1, 2, 2], t=Meant(Meaning.TEXT, "long")),
        entity(key("A", 2, namespace="other"), n=None),
    )
    return datastore


def figures(datastore, kind, namespace=""):
    """Returns the statistics of a kind: their properties by key's name."""
    return {
        item.key.path[-1]: {p.name: p.values[0] for p in item.properties}
        for item in datastore.find(kind, namespace=namespace)
    }


def counts(datastore, kind, namespace=""):
    return {name: item["count"] for name, item in figures(datastore, kind, namespace).items()}


def test_everything_is_counted_once(stored):
    (total,) = figures(stored, "__Stat_Total__").values()
    assert total["count"] == 3
    assert total["builtin_index_count"] == 3 + 2 + 2 + 1  # kinds, A 1's, B's, other's
    assert total["bytes"] == total["entity_bytes"] + total["builtin_index_bytes"]
    assert total["composite_index_count"] == 0
    assert stored.get_one(key("__Stat_Total__", "total_entity_usage")) is not None


def test_the_bytes_are_those_of_the_rows(stored):
    """As SQL counts them, before the statistics themselves are stored."""
    with stored.storage.read() as connection:
        (size,) = connection.driver.execute(
            "SELECT sum(length(body)) FROM datastore_entities"
        ).fetchone()
        (rows,) = connection.driver.execute(
            "SELECT sum(length(value) + length(key) + length(namespace))"
            " FROM datastore_index_entries"
        ).fetchone()
    (total,) = figures(stored, "__Stat_Total__").values()
    assert (total["entity_bytes"], total["builtin_index_bytes"]) == (size, rows)


def test_kinds_roots_and_namespaces_are_told_apart(stored):
    assert counts(stored, "__Stat_Kind__") == {"A": 2, "B": 1}
    assert counts(stored, "__Stat_Kind_IsRootEntity__") == {"A": 2}
    assert counts(stored, "__Stat_Kind_NotRootEntity__") == {"B": 1}
    assert counts(stored, "__Stat_Namespace__") == {1: 2, "other": 1}
    assert counts(stored, "__Stat_Ns_Kind__") == {"A": 1, "B": 1}
    assert counts(stored, "__Stat_Ns_Kind__", "other") == {"A": 1}
    assert counts(stored, "__Stat_Ns_Total__", "other") == {"total_entity_usage": 1}
    spaces = figures(stored, "__Stat_Namespace__")
    assert {item["subject_namespace"] for item in spaces.values()} == {"", "other"}


def test_properties_are_counted_by_name_and_type(stored):
    assert counts(stored, "__Stat_PropertyType__") == {
        "Integer": 4, "String": 1, "Text": 1, "NULL": 1,
    }  # fmt: skip
    assert counts(stored, "__Stat_PropertyName_Kind__") == {"n_A": 2, "s_A": 1, "n_B": 3, "t_B": 1}
    found = figures(stored, "__Stat_PropertyType_PropertyName_Kind__")["Integer_n_B"]
    assert (found["property_type"], found["property_name"], found["kind_name"]) == (
        "Integer", "n", "B",
    )  # fmt: skip
    assert (found["count"], found["builtin_index_count"]) == (3, 2)
    assert figures(stored, "__Stat_PropertyName_Kind__")["t_B"]["builtin_index_count"] == 0


def test_composite_indexes_have_their_own(stored):
    stored.find("A", ("n", "=", 1), orders=("s",))
    (found,) = figures(stored, "__Stat_Kind_CompositeIndex__").values()
    assert (found["kind_name"], found["count"]) == ("A", 1)
    assert figures(stored, "__Stat_Kind__")["A"]["composite_index_bytes"] == found["bytes"]


def test_statistics_are_a_day_old_at_most_and_what_is_gone_goes(stored):
    assert counts(stored, "__Stat_Kind__") == {"A": 2, "B": 1}
    stored.delete_all(key("A", 1, "B", 1))
    stored.put_all(entity(("C", 1), n=1))
    assert counts(stored, "__Stat_Kind__") == {"A": 2, "B": 1}
    stored.clock.advance(DAY_MICROSECONDS // 1_000_000)
    assert counts(stored, "__Stat_Kind__") == {"A": 2, "C": 1}
    (total,) = figures(stored, "__Stat_Total__").values()
    assert total["count"] == 3  # the statistics do not count themselves
    assert total["timestamp"] == Meant(Meaning.WHEN, stored.clock.now_microseconds())


def test_statistics_can_be_filtered_and_sorted(stored):
    """Through the indexes, as everything else."""
    stored.put_all(*(entity(("Large", n), s="x" * 1000) for n in range(1, 4)))
    assert stored.ids("__Stat_Kind__", orders=("-bytes",))[0] == "Large"
    assert stored.ids("__Stat_Kind__", ("kind_name", "=", "A")) == ["A"]


def test_an_empty_datastore_has_a_total_of_nothing(datastore):
    assert counts(datastore, "__Stat_Total__") == {"total_entity_usage": 0}


def test_names_of_any_length_have_their_statistics(datastore):
    names = ["p" * 500, "p" * 499 + "é"[:0] + "q"]
    datastore.put_all(*(entity(("K" * 250, n), **{name: 1}) for n, name in enumerate(names, 1)))
    found = figures(datastore, "__Stat_PropertyName_Kind__")
    assert {item["property_name"] for item in found.values()} == set(names)


def test_statistics_are_not_written_by_applications(stored):
    with pytest.raises(BadRequestError, match="is reserved"):
        stored.put_all(entity(("__Stat_Total__", "total_entity_usage"), count=0))


def test_a_large_datastore_is_counted_in_the_background(tmp_path, monkeypatch):
    monkeypatch.setattr(statistics, "AT_ONCE", 50)
    datastore = Datastore(tmp_path)
    datastore.put_all(*(entity(("A", n), n=n) for n in range(1, 101)))
    assert counts(datastore, "__Stat_Kind__") in ({}, {"A": 100})
    datastore.storage.companion(Statistics, "guestbook").wait()
    assert counts(datastore, "__Stat_Kind__") == {"A": 100}


def test_unindexed_values_are_bytes_of_entities_only(datastore):
    item = entity(("A", 1))
    datastore.put_all(type(item)(item.key, (Property("u", (1,), indexed=False),)))
    found = figures(datastore, "__Stat_PropertyType__")["Integer"]
    assert (found["count"], found["builtin_index_count"]) == (1, 0)
