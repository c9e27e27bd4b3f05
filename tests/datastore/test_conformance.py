"""What App Engine's documentation promises of the datastore, one sentence one test."""

import msgspec
import pytest

from appengine.datastore.server.ids import LAST_SEQUENTIAL
from appengine.datastore.service import (
    AllocateRequest,
    BadRequestError,
    Binary,
    CompleteRequest,
    CountRequest,
    Entity,
    IndexesRequest,
    Key,
    Meaning,
    Meant,
    NeedIndexError,
    Property,
    PutRequest,
    Reference,
    RunRequest,
    entity_decoder,
)
from tests.datastore.serving import entity, key, query


def test_a_put_entity_comes_back_as_it_was(datastore):
    stored = Entity(
        key("Pet", "rex"),
        (
            Property("name", ("Rex",)),
            Property("tags", ("a", 2, None), multiple=True),
            Property("nothing", (), multiple=True),
            Property("text", (Meant(Meaning.TEXT, "t" * 5000),), indexed=False),
            Property("blob", (Binary(Meaning.BLOB, b"\0\xff"),)),
            Property("friend", (Reference(key("Pet", 1)),)),
        ),
    )
    datastore.put_all(stored)
    assert datastore.get_one(key("Pet", "rex")) == stored
    assert datastore.get_one(key("Pet", "max")) is None


def test_put_completes_an_incomplete_key_with_a_scattered_id(datastore):
    """Source: reference, "Id allocation"."""
    first, second = datastore.put_all(entity(("Pet", None), n=1), entity(("Pet", None), n=2))
    assert LAST_SEQUENTIAL < first.path[1] < 2**53
    assert abs(first.path[1] - second.path[1]) > 2**40
    assert datastore.get_one(second).key == second


def test_the_legacy_policy_counts_from_one(datastore):
    datastore.settings["datastore.auto_id_policy:guestbook"] = "legacy"
    found = datastore.put_all(*(entity(("Pet", None), n=n) for n in range(3)))
    assert [item.path[1] for item in found] == [1, 2, 3]


def test_allocated_ids_are_a_range_that_nobody_else_gets(datastore):
    place = key("Pet", None)
    one = datastore.allocate(AllocateRequest(key=place, size=10))
    two = datastore.allocate(AllocateRequest(key=place, size=1))
    assert (one.start, one.end, two.start, two.end) == (1, 10, 11, 11)
    upto = datastore.allocate(AllocateRequest(key=place, max=20))
    assert (upto.start, upto.end) == (12, 20)
    below = datastore.allocate(AllocateRequest(key=place, max=5))
    assert below.end < below.start
    other = datastore.allocate(AllocateRequest(key=key("Cat", None), size=1))
    assert other.start == 1


def test_a_transaction_completes_its_keys_before_the_commit(datastore):
    (complete,) = datastore.complete(CompleteRequest(keys=(key("Pet", None),))).keys
    datastore.transact({}, puts=(entity(complete, n=1),))
    assert datastore.ids("Pet") == [complete.path[1]]


def test_the_last_of_two_puts_with_one_key_stays(datastore):
    datastore.put_all(entity(("Pet", 1), n=1), entity(("Pet", 1), n=2))
    assert datastore.ids("Pet", ("n", "=", 2)) == [1]
    assert datastore.ids("Pet", ("n", "=", 1)) == []


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


def test_namespaces_do_not_see_each_other(datastore):
    datastore.put_all(
        entity(key("Pet", 1, namespace="a"), n=1), entity(key("Pet", 2, namespace="b"), n=1)
    )
    for options in ({}, {"orders": ("n",)}):
        assert datastore.ids("Pet", namespace="a", **options) == [1]
        assert datastore.ids("Pet", namespace="b", **options) == [2]
    assert datastore.ids("", namespace="b") == [2]
    with pytest.raises(BadRequestError, match="the ancestor's namespace 'a'"):
        datastore.find("Pet", ancestor=key("A", 1, namespace="a"))


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


def text_of(size):
    return "x" * size


@pytest.mark.parametrize(
    ("good", "bad", "text"),
    [
        (entity(("A", 1), s=text_of(1500)), entity(("A", 1), s=text_of(1501)), "has 1501 bytes"),
        (
            entity(("A", 1), s="€" * 500),
            entity(("A", 1), s="€" * 501),
            "'s' has 1503 bytes; at most 1500",
        ),
        (
            entity(("A", 1), s=Binary(Meaning.BLOB, bytes(1_048_500))),
            entity(("A", 1), s=Binary(Meaning.BLOB, bytes(1_048_572))),
            "bytes; at most 1048572",
        ),
        (
            entity(("A", 1), s=list(range(19_999))),
            entity(("A", 1), s=list(range(20_000))),
            "more than 20000 index rows",
        ),
        (entity(("A", 1)), entity(("__A__", 1)), "'__A__' is reserved"),
        (entity(("A", "__x")), entity(("A", "__x__")), "'__x__' is reserved"),
    ],
)
def test_a_limit_holds_at_its_bound_and_just_over(datastore, good, bad, text):
    datastore.put_all(good)
    with pytest.raises(BadRequestError, match=text):
        datastore.put_all(bad)


def test_a_property_stands_once_in_an_entity(datastore):
    twice = Entity(key("A", 1), (Property("n", (1,)), Property("n", (2,))))
    with pytest.raises(BadRequestError, match="the property 'n' stands twice"):
        datastore.put_all(twice)


def test_an_exploding_index_refuses_the_entity(datastore):
    datastore.put_all(entity(("A", 1), x=[1], y=[1]))
    assert datastore.ids("A", ("x", "=", 1), orders=("y",)) == [1]
    with pytest.raises(BadRequestError, match="exploding index"):
        datastore.put_all(entity(("A", 2), x=list(range(150)), y=list(range(150))))
    assert datastore.ids("A") == [1]


def test_long_strings_that_differ_in_the_last_byte_are_told_apart(datastore):
    names = [("x" * 1499) + last for last in "cab"] + ["x" * 1000, "x" * 990 + "\0"]
    datastore.put_all(*(entity(("A", n), s=s, t=s) for n, s in enumerate(names, start=1)))
    upwards = [5, 4, 2, 3, 1]
    assert datastore.ids("A", orders=("s",), batch_size=1) == upwards
    assert datastore.ids("A", orders=("-s",), batch_size=1) == upwards[::-1]
    assert datastore.ids("A", ("s", "=", names[1])) == [2]
    assert datastore.ids("A", ("s", ">", names[1])) == [3, 1]
    assert datastore.ids("A", ("s", "=", names[2]), ("t", "=", names[2]), orders=("-s",)) == [3]
    assert datastore.ids("A", ("s", "=", names[2]), orders=("t",)) == [3]


STANZA = """\
- kind: Pet
  ancestor: yes
  properties:
  - name: a
  - name: b
    direction: desc
"""


def test_a_missing_index_is_built_at_once_and_written_to_index_yaml(datastore, tmp_path):
    path = tmp_path / "index.yaml"
    datastore.settings["datastore.index_yaml:guestbook"] = str(path)
    datastore.put_all(*(entity(("A", 1, "Pet", n), a=1, b=n) for n in range(1, 500)))
    found = datastore.ids("Pet", ("a", "=", 1), orders=("-b",), ancestor=key("A", 1), limit=3)
    assert found == [499, 498, 497]
    text = path.read_text()
    assert text.startswith("indexes:\n\n# AUTOGENERATED\n")
    assert text.endswith(STANZA)
    (index,) = datastore.indexes(IndexesRequest()).indexes
    assert (index.kind, index.ancestor, index.state) == ("Pet", True, "serving")
    datastore.find("Pet", ("a", "=", 1), orders=("b",))
    assert path.read_text().count("- kind: Pet") == 2


def test_an_index_listed_by_hand_or_without_the_marker_is_not_written(datastore, tmp_path):
    path = tmp_path / "index.yaml"
    datastore.settings["datastore.index_yaml:guestbook"] = str(path)
    for text in (f"indexes:\n{STANZA}\n# AUTOGENERATED\n", "indexes:\n"):
        path.write_text(text)
        datastore.find("Pet", ("a", "=", 1), orders=("-b",), ancestor=key("A", 1))
        assert path.read_text() == text


def test_where_indexes_are_required_a_missing_one_is_an_error_with_its_stanza(datastore):
    datastore.settings["datastore.require_indexes"] = "true"
    with pytest.raises(NeedIndexError) as caught:
        datastore.find("Pet", ("a", "=", 1), orders=("-b",), ancestor=key("A", 1))
    assert str(caught.value).endswith(STANZA)


def test_where_indexes_are_required_those_that_index_yaml_lists_serve(datastore, tmp_path):
    """In whatever order it lists the properties with equality filters."""
    path = tmp_path / "index.yaml"
    path.write_text("indexes:\n- kind: Pet\n  properties:\n  - name: z\n  - name: a\n  - name: n\n")
    datastore.settings["datastore.require_indexes"] = "true"
    datastore.settings["datastore.index_yaml:guestbook"] = str(path)
    datastore.put_all(*(entity(("Pet", n), a=1, z=2, n=-n) for n in range(1, 4)))
    assert datastore.ids("Pet", ("a", "=", 1), ("z", "=", 2), orders=("n",)) == [3, 2, 1]
    with pytest.raises(NeedIndexError):
        datastore.find("Pet", ("a", "=", 1), orders=("-n",))


def test_an_index_yaml_with_a_mistake_is_left_alone_and_the_query_answered(
    datastore, tmp_path, caplog
):
    path = tmp_path / "index.yaml"
    path.write_text("indexes:\n- kind: Pet\n  colour: red\n")
    datastore.settings["datastore.index_yaml:guestbook"] = str(path)
    datastore.put_all(entity(("Pet", 1), a=1, n=1))
    assert datastore.ids("Pet", ("a", "=", 1), orders=("n",)) == [1]
    assert "index.yaml:3" in caplog.text
    assert path.read_text() == "indexes:\n- kind: Pet\n  colour: red\n"


BUILT_IN = [
    dict(),
    dict(wanted=[("a", "=", 1), ("b", "=", 1)]),
    dict(wanted=[("a", ">", 1)], orders=("-a",)),
    dict(orders=("-a",)),
    dict(wanted=[("a", "=", 1)], ancestor=key("A", 1)),
    dict(wanted=[("a", "=", 1), ("__key__", ">", Reference(key("A", 1)))]),
    dict(wanted=[("a", "=", 1)], orders=("a", "__key__")),
    dict(projection=("a",)),
]
COMPOSITE = [
    dict(wanted=[("a", ">", 1)], ancestor=key("A", 1)),
    dict(wanted=[("a", "=", 1)], orders=("b",)),
    dict(orders=("a", "b")),
    dict(orders=("-__key__",)),
    dict(projection=("a", "b")),
]


@pytest.mark.parametrize("options", BUILT_IN)
def test_a_query_that_needs_no_composite_index_gets_none(datastore, options):
    """Source: reference, "Indexes": which query shapes need a composite."""
    options = dict(options)
    datastore.settings["datastore.require_indexes"] = "true"
    assert datastore.find("Pet", *options.pop("wanted", []), **options) == []


@pytest.mark.parametrize("options", COMPOSITE)
def test_a_query_that_needs_a_composite_index_says_so(datastore, options):
    """Source: reference, "Indexes": which query shapes need a composite."""
    options = dict(options)
    datastore.settings["datastore.require_indexes"] = "true"
    with pytest.raises(NeedIndexError, match="- kind: Pet"):
        datastore.find("Pet", *options.pop("wanted", []), **options)


def test_one_process_sees_the_kinds_and_indexes_of_another(datastore, tmp_path):
    from tests.datastore.serving import Datastore

    other = Datastore(tmp_path)
    datastore.put_all(entity(("A", 1), n=1))
    assert other.ids("A", ("n", "=", 1)) == [1]
    assert other.ids("A", ("n", "=", 1), orders=("m",)) == []
    datastore.put_all(entity(("A", 2), n=1, m=1))
    assert other.ids("A", ("n", "=", 1), orders=("m",)) == [2]


def test_rows_read_grow_with_the_results_and_not_with_the_kind(datastore):
    for start in range(0, 2000, 500):
        entities = tuple(entity(("A", n + 1), n=n, even=n % 2) for n in range(start, start + 500))
        datastore.put(PutRequest(entities=entities))
    server = datastore.server()
    server.run(RunRequest(query=query("A", ("n", ">", 1500), orders=("-n",)), limit=20))
    assert server.notes["rows_read"] <= 21


def test_an_impossible_key_is_refused_by_every_call(datastore):
    with pytest.raises(BadRequestError, match="incomplete"):
        datastore.get_one(Key("", ("A", None)))
    with pytest.raises(BadRequestError, match="incomplete"):
        datastore.delete_all(Key("", ("A", None)))
