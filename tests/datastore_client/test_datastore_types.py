"""Keys and value types, without a datastore."""

import pickle
from datetime import UTC, datetime, timedelta

import pytest

from appengine.datastore import datastore_types as types
from appengine.datastore.datastore_errors import BadArgumentError, BadKeyError, BadValueError
from appengine.datastore.datastore_types import Key
from appengine.rpc import namespace_manager
from appengine.users.service import User


def test_the_text_of_a_key_is_that_of_app_engine():
    """Source: App Engine, `Key.__str__`: a Reference message in URL-safe base64."""
    key = Key.from_path("A", 1, "B", "x", _app="app")
    assert str(key) == "agNhcHByDwsSAUEYAQwLEgFCIgF4DA"
    assert str(Key.from_path("A", 1, _app="app", namespace="ns")) == "agNhcHByBwsSAUEYAQyiAQJucw"
    assert str(Key.from_path("Kind", "näme", _app="dev~x")) == "agVkZXZ-eHIPCxIES2luZCIFbsOkbWUM"


def test_the_text_of_a_key_reads_back():
    key = Key("agNhcHByDwsSAUEYAQwLEgFCIgF4DA")
    assert key.to_path() == ["A", 1, "B", "x"]
    assert Key(b"agNhcHByDwsSAUEYAQwLEgFCIgF4DA") == key


@pytest.mark.parametrize(
    "text", ["garbage", "", "é", "agNhcHByDwsSAUEYAQwLEgFCIgF4", "____", "agNhcHByAA"]
)
def test_a_text_that_is_no_keys_is_refused(text):
    with pytest.raises(BadKeyError, match="Invalid string key"):
        Key(text)


def test_a_key_is_of_text():
    with pytest.raises(BadArgumentError, match=r"Key\(\) expects a string; received 5 \(a int\)"):
        Key(5)


@pytest.mark.parametrize(
    ("path", "error", "message"),
    [
        ((), BadArgumentError, "A non-zero even number"),
        (("A",), BadArgumentError, "A non-zero even number"),
        (("A", 1, "B"), BadArgumentError, "A non-zero even number"),
        (("A", None), BadArgumentError, "integer id or string name as argument 2; received None"),
        (("A", 1.5), BadArgumentError, r"received 1.5 \(a float\)"),
        (("A", True), BadArgumentError, r"received True \(a bool\)"),
        (("A", 2**63), BadArgumentError, "below 2"),
        ((1, 1), BadArgumentError, "Expected a string kind as argument 1; received 1"),
        (("A", ""), BadValueError, "name must not be empty"),
    ],
)
def test_a_path_alternates_kinds_and_ids_or_names(path, error, message):
    with pytest.raises(error, match=message):
        Key.from_path(*path)


def test_a_parent_gives_application_and_namespace():
    parent = Key.from_path("A", 1, namespace="q")
    child = Key.from_path("B", 2, parent=parent)
    assert (child.namespace(), child.parent(), child.entity_group()) == ("q", parent, parent)
    with pytest.raises(BadArgumentError, match="should match parent"):
        Key.from_path("B", 2, parent=parent, namespace="r")
    with pytest.raises(BadArgumentError, match="None or a Key as parent"):
        Key.from_path("B", 2, parent=3)


def test_the_parts_of_a_key_are_read():
    key = Key.from_path("A", 1, "B", "x")
    assert (key.app(), key.kind(), key.id(), key.name()) == ("guestbook", "B", None, "x")
    assert (key.id_or_name(), key.parent().id_or_name()) == ("x", 1)
    assert Key.from_path("A", 1).parent() is None


def test_an_incomplete_key_has_no_text():
    key = Key.from_path("A", 0)
    assert not key.has_id_or_name()
    assert key.id_or_name() is None
    with pytest.raises(BadKeyError, match="incomplete key"):
        str(key)
    with pytest.raises(BadKeyError, match="incomplete key"):
        key.to_tag_uri()


def test_an_empty_key_has_no_parts():
    key = Key()
    assert (key.app(), key.kind(), key.namespace(), key.parent()) == (None, None, "", None)
    assert not key.has_id_or_name()


def test_the_repr_of_a_key_is_that_of_app_engine():
    key = Key.from_path("A", 1, "B", "x", _app="app", namespace="ns")
    assert repr(key) == (
        "datastore_types.Key.from_path('A', 1, 'B', 'x', _app='app', namespace='ns')"
    )


def test_ids_sort_before_names_and_a_parent_before_its_children():
    """Source: App Engine, "Datastore Queries", the order of keys."""
    ordered = [
        Key.from_path("A", 2),
        Key.from_path("A", 2, "A", 1),
        Key.from_path("A", 10),
        Key.from_path("A", "1"),
        Key.from_path("A", "b"),
        Key.from_path("B", 1),
    ]
    assert sorted(reversed(ordered)) == ordered


def test_a_key_of_another_type_is_never_equal():
    key = Key.from_path("A", 1)
    assert key != 5
    assert key != Key.from_path("A", "1")
    with pytest.raises(TypeError):
        _ = key < 5


def test_a_key_survives_pickling():
    key = Key.from_path("A", 1, namespace="q")
    assert pickle.loads(pickle.dumps(key)) == key
    assert hash(pickle.loads(pickle.dumps(key))) == hash(key)


def test_new_keys_are_in_the_current_namespace():
    """Source: App Engine, "Multitenancy"."""
    namespace_manager.set_namespace("tenant-1")
    assert Key.from_path("A", 1).namespace() == "tenant-1"
    namespace_manager.set_namespace(None)
    assert Key.from_path("A", 1).namespace() == ""


@pytest.mark.parametrize("namespace", ["sp ace", "x" * 101, "é", "a\n"])
def test_a_namespace_is_up_to_100_letters_digits_dots_and_dashes(namespace):
    with pytest.raises(namespace_manager.BadValueError, match="does not match regex"):
        namespace_manager.set_namespace(namespace)
    with pytest.raises(BadArgumentError, match="does not match regex"):
        Key.from_path("A", 1, namespace=namespace)


def test_a_namespace_is_text():
    with pytest.raises(namespace_manager.BadValueError, match="value should be a string"):
        namespace_manager.set_namespace(5)


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: types.Link("x"), "Invalid URL: x"),
        (lambda: types.Link("http://[x"), "Invalid URL"),
        (lambda: types.Link("http://" + "x" * 2100), "link must be under 2083 bytes"),
        (lambda: types.Email(""), "email must not be empty"),
        (lambda: types.Category(5), r"tag should be a string; received 5 \(a int\)"),
        (lambda: types.Rating(101), "from 0 to 100; received 101"),
        (lambda: types.Rating(-1), "from 0 to 100; received -1"),
        (lambda: types.GeoPt(91, 2), "Latitude must be between -90 and 90; received 91"),
        (lambda: types.GeoPt(9, 182), "Longitude must be between -180 and 180; received 182"),
        (lambda: types.GeoPt(float("nan"), 0), "Latitude must be between"),
        (lambda: types.GeoPt("1"), 'Expected a "lat,long" formatted string'),
        (lambda: types.GeoPt("x", 2), "Expected floats for lat and long"),
        (lambda: types.IM("foo", "a"), "Invalid URL: foo"),
        (lambda: types.IM("xmpp"), 'Expected string of format "protocol address"'),
        (lambda: types.BlobKey(5), "blob-key should be a string"),
    ],
)
def test_a_value_out_of_its_bounds_is_refused(make, error):
    with pytest.raises(BadValueError, match=error):
        make()


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: types.Text(5), r"Text\(\) argument should be str or bytes, not int"),
        (lambda: types.Text("a", encoding="utf-8"), "should not specify an encoding"),
        (lambda: types.Blob("a"), r"Blob\(\) argument should be bytes instance, not str"),
        (lambda: types.ByteString("a"), r"ByteString\(\) argument should be bytes"),
    ],
)
def test_text_and_bytes_are_not_mixed(make, error):
    with pytest.raises(TypeError, match=error):
        make()


@pytest.mark.parametrize(
    ("value", "xml"),
    [
        (types.Category("a"), '<category term="user-tag" label="a" />'),
        (types.Link("http://x/&"), '<link href="http://x/&amp;" />'),
        (types.Email("a@b"), '<gd:email address="a@b" />'),
        (types.PhoneNumber("1"), "<gd:phoneNumber>1</gd:phoneNumber>"),
        (types.PostalAddress("1 x"), "<gd:postalAddress>1 x</gd:postalAddress>"),
        (types.Rating(5), '<gd:rating value="5" min="0" max="100" />'),
        (types.GeoPt(1.5, 2), "<georss:point>1.5 2.0</georss:point>"),
        (types.IM("xmpp", "a"), '<gd:im protocol="xmpp" address="a" />'),
        (types.Blob(b"ab"), "YWI="),
        (types.BlobKey("x"), "x"),
    ],
)
def test_values_show_as_google_data_xml(value, xml):
    assert value.ToXml() == xml


def test_points_and_handles_come_from_one_text_too():
    assert types.GeoPt("1 ,2.5") == types.GeoPt(1, 2.5)
    assert str(types.GeoPt(1.5, 2)) == "1.5,2.0"
    assert types.IM("xmpp a@b") == types.IM("xmpp", "a@b")
    assert types.Text(b"\xe9", encoding="latin1") == "é"


def test_values_compare_with_their_like():
    assert types.GeoPt(1, 2) < types.GeoPt(1, 3)
    assert types.IM("sip", "a") < types.IM("xmpp", "a")
    assert types.BlobKey("x") == "x"
    assert types.BlobKey("x") < types.BlobKey("y")
    assert types.GeoPt(1, 2) != 3
    with pytest.raises(TypeError):
        _ = types.GeoPt(1, 2) < 3


def test_a_time_counts_microseconds_since_1970_in_utc():
    naive = datetime(2009, 1, 1)
    assert types.datetime_to_timestamp(naive) == 1_230_768_000_000_000
    assert types.datetime_to_timestamp(naive.replace(tzinfo=UTC)) == 1_230_768_000_000_000
    assert types.timestamp_to_datetime(-1) == datetime(1969, 12, 31, 23, 59, 59, 999999)


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (object(), "Unsupported type for property p: <class 'object'>"),
        ((1,), "May not use tuple property value"),
        ([[1]], "Unsupported type for property p: <class 'list'>"),
        (2**63, "must fit in 64 bits"),
        (Key(), "Incomplete key found for reference property p"),
    ],
)
def test_a_property_holds_known_types_only(value, error):
    with pytest.raises(BadValueError, match=error):
        types.validate_property("p", value)


def test_names_of_types_lead_there_and_back():
    for kind, name in types.TYPE_NAMES.items():
        assert types.from_property_type_name(name) is kind
    assert types.property_type_name(datetime(2009, 1, 1)) == "gd:when"


def test_values_are_read_as_the_console_shows_them():
    read = types.property_value_from_string
    assert read(int, "5") == 5
    assert read(bool, "True") is True
    assert read(bool, "x") is False
    assert read(datetime, "2009-03-04 12:20:01.5") == datetime(2009, 3, 4, 12, 20, 1, 500000)
    assert read(type(None), "x") is None
    assert read(types.Blob, "x") == types.Blob(b"x")
    assert read(User, "a@b") == User("a@b")
    with pytest.raises(ValueError, match="does not match format"):
        read(datetime, "2009-03-04")


def test_application_and_namespace_make_one_text():
    assert types.EncodeAppIdNamespace("app", "ns") == "app!ns"
    assert types.DecodeAppIdNamespace("app!ns") == ("app", "ns")
    assert types.DecodeAppIdNamespace(types.EncodeAppIdNamespace("app", "")) == ("app", "")


def test_small_tools_of_the_module_have_their_old_names():
    assert types.PartitionString("a!b!c", "!") == ("a", "!", "b!c")
    assert types.PartitionString("abc", "!") == ("abc", "", "")
    assert types.UtcTzinfo().utcoffset(None) == timedelta(0)
    types.ValidateStringLength("n", "xx", 3)
    types.ValidateReadProperty("n", "x" * 3000)
    types.ValidatePropertyInteger("n", -5)


@pytest.mark.parametrize(
    ("check", "value"),
    [
        ("ValidateStringLength", ("n", "xxxx", 3)),
        ("ValidatePropertyString", ("n", "x" * 1501)),
        ("ValidatePropertyLink", ("n", "x" * 2084)),
        ("ValidatePropertyInteger", ("n", 2**63)),
        ("ValidatePropertyInteger", ("n", "x")),
        ("ValidatePropertyKey", ("n", types.Key())),
        ("ValidateReadProperty", ("n", object())),
    ],
)
def test_small_checks_of_the_module_refuse(check, value):
    with pytest.raises(BadValueError):
        getattr(types, check)(*value)


@pytest.mark.parametrize(
    ("stored", "kind", "expected"),
    [
        (b"abc", str, "abc"),
        (5, int, 5),
        (1_000_000, datetime, datetime(1970, 1, 1, 0, 0, 1)),
        (b"xmpp a", types.IM, types.IM("xmpp", "a")),
        (b"x@y", types.Email, types.Email("x@y")),
        (5, types.Rating, types.Rating(5)),
        (None, str, None),
    ],
)
def test_a_value_of_an_index_becomes_what_its_property_holds(stored, kind, expected):
    found = types.RestoreFromIndexValue(stored, kind)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize("kind", [types.ByteString, types.Blob])
def test_bytes_are_shown_as_the_text_that_they_are(kind):
    """Source: App Engine, `google.appengine.api.datastore_types`, `_BaseByteType.__str__`."""
    assert f"{kind('é'.encode())}" == str(kind("é".encode())) == "é"
    assert repr(kind(b"a")) == "b'a'"
    with pytest.raises(UnicodeDecodeError):
        str(kind(b"\xff"))


def test_errors_of_size_and_type_are_also_those_of_python_that_app_engine_raises():
    with pytest.raises(OverflowError):
        types.ValidatePropertyInteger("n", 2**63)
    with pytest.raises(ValueError, match="below 2"):
        Key.from_path("A", 2**63)
    with pytest.raises(TypeError):
        Key.from_path("A", True)
