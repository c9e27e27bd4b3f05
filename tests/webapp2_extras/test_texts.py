"""JSON, security and signed cookies.

Source: webapp2, "JSON", "Security", "Secure cookies".
"""

import logging

import pytest

from appengine.webapp2_extras import json, security
from appengine.webapp2_extras.securecookie import SecureCookieSerializer


def test_json_may_stand_in_a_script_element():
    assert json.encode({"a": "</script>"}) == '{"a":"<\\/script>"}'
    assert json.decode(json.encode({"a": "</script>", "b": [1, None]})) == {
        "a": "</script>",
        "b": [1, None],
    }
    assert json.encode([1, 2], indent=1) == "[\n 1,\n 2\n]"


def test_json_goes_through_urls_and_headers():
    value = {"a": "é/?", "b": 1}
    assert json.b64encode([1]) == "WzFd" and json.b64decode(json.b64encode(value)) == value
    assert json.quote({"a": " "}) == "%7B%22a%22%3A%22%20%22%7D"
    assert json.unquote(json.quote(value)) == value
    with pytest.raises(ValueError, match="Expecting"):
        json.decode("{]")


def test_a_random_text_has_a_length_or_an_entropy():
    text = security.generate_random_string(12)
    assert len(text) == 12 and set(text) <= set(security.ALPHANUMERIC)
    assert len(security.generate_random_string(entropy=128)) == 22
    assert len(security.generate_random_string(entropy=64, pool="01")) == 64
    assert security.generate_random_string(22) != security.generate_random_string(22)
    assert len(security.create_token(entropy=128)) == 22


@pytest.mark.parametrize(
    "options",
    [{}, {"length": 0}, {"length": -1}, {"length": 1, "entropy": 1}, {"length": 3, "pool": "aa"}],
)
def test_a_random_text_of_nothing_is_refused(options):
    with pytest.raises(ValueError, match=r"length|pool"):
        security.generate_random_string(**options)


def test_the_pools_are_what_they_are_called():
    pools = {
        "DIGITS": 10,
        "LOWERCASE_ALPHA": 26,
        "UPPERCASE_ALPHA": 26,
        "ALPHA": 52,
        "LOWERCASE_ALPHANUMERIC": 36,
        "UPPERCASE_ALPHANUMERIC": 36,
        "ALPHANUMERIC": 62,
        "HEXADECIMAL_DIGITS": 16,
        "PUNCTUATION": 32,
        "ASCII_PRINTABLE": 94,
        "ALL_PRINTABLE": 100,
    }
    assert {name: len(set(getattr(security, name))) for name in pools} == pools


def test_a_password_is_stored_hashed_and_slow_to_guess():
    stored = security.generate_password_hash("secret", length=10)
    hashed, method, salt = stored.split("$")
    assert method == "pbkdf2:sha256:600000" and len(salt) == 10 and "secret" not in stored
    assert security.check_password_hash("secret", stored)
    assert not security.check_password_hash("Secret", stored)
    assert security.create_password_hash("secret", "sha256") != hashed


METHODS = ["sha1", "sha256", "md5", "plain", "pbkdf2:sha1:10"]


@pytest.mark.parametrize("method", METHODS)
def test_a_password_may_be_hashed_in_other_ways(method):
    stored = security.generate_password_hash("secret", method, pepper="pepper")
    assert security.check_password_hash("secret", stored, "pepper")
    assert not security.check_password_hash("Secret", stored, "pepper")
    if method != "plain":
        assert not security.check_password_hash("secret", stored)


def test_a_classic_applications_hashes_still_count():
    """Hashes that webapp2 3.0 made, without and with a pepper."""
    classic = "bc5f4b61f47f2b03e6d01623f2e53aa90d80c3cf$sha1$salt"
    assert security.check_password_hash("pw", classic)
    peppered = "fe1e4898aad0480203c6e1d43579415065c10b5b$sha1$salt"
    assert security.check_password_hash("pw", peppered, "pepper")
    assert security.hash_password("pw", "sha1") == "1a91d62f7ca67399625a4368a6ab5d4a3baa6073"
    assert security.hash_password("pw", "md5", "salt") == "efb20435ebb55a56eb867c1af4d7eec8"


@pytest.mark.parametrize(
    "method", ["nope", "shake_128", "sha1:3", "pbkdf2:nope:3", "pbkdf2:sha1:x"]
)
def test_a_method_that_is_none_is_refused(method):
    assert security.hash_password("pw", method, "salt") is None
    with pytest.raises(TypeError, match="Invalid method"):
        security.generate_password_hash("pw", method)


@pytest.mark.parametrize("stored", ["", "abc", "a$b", "a$nope$c", "$pbkdf2:sha256:0$"])
def test_what_is_no_hash_is_nobodys_password(stored):
    assert not security.check_password_hash("", stored)


def test_texts_are_compared_whatever_they_hold():
    assert security.compare_hashes("é", "é") and not security.compare_hashes("a", "ab")


@pytest.fixture
def at(monkeypatch):
    """Sets the time in seconds."""
    return lambda seconds: monkeypatch.setattr("time.time", lambda: seconds)


@pytest.fixture(autouse=True)
def quiet(caplog):
    """Warnings are expected."""
    caplog.set_level(logging.ERROR)


def test_a_signed_cookie_is_read_by_who_has_the_key(at):
    at(1000)
    serializer = SecureCookieSerializer("secret")
    text = serializer.serialize("a", {"b": [1, "é"]})
    value, timestamp, signature = text.split("|")
    assert json.b64decode(value) == {"b": [1, "é"]}
    assert timestamp == "1000" and len(signature) == 64
    assert serializer.deserialize("a", text) == {"b": [1, "é"]}
    assert SecureCookieSerializer("other").deserialize("a", text) is None
    assert serializer.deserialize("other", text) is None


@pytest.mark.parametrize("text", [None, "", "a", "a|b", "a|1|c", "a|b|c|d", "|||"])
def test_what_is_no_cookie_of_ours_is_none(text):
    assert SecureCookieSerializer("secret").deserialize("a", text) is None


def test_a_cookie_that_was_changed_is_none(at):
    at(1000)
    serializer = SecureCookieSerializer("secret")
    value, timestamp, signature = serializer.serialize("a", 1).split("|")
    assert serializer.deserialize("a", f"{json.b64encode(2)}|{timestamp}|{signature}") is None
    assert serializer.deserialize("a", f"{value}|2000|{signature}") is None


def test_a_cookie_counts_for_its_time(at):
    at(1000)
    serializer = SecureCookieSerializer("secret")
    text = serializer.serialize("a", 1)
    at(1060)
    assert serializer.deserialize("a", text, max_age=60) == 1
    at(1061)
    assert serializer.deserialize("a", text, max_age=60) is None
    assert serializer.deserialize("a", text) == 1
    at(1000 - 40 * 24 * 60 * 60)
    assert serializer.deserialize("a", text) is None


def test_a_key_may_be_replaced_while_old_cookies_are_about(at):
    at(1000)
    old = SecureCookieSerializer("old").serialize("a", 1)
    both = SecureCookieSerializer(["new", "old"])
    assert both.deserialize("a", old) == 1 and both.secret_key == "new"
    assert SecureCookieSerializer("new").deserialize("a", both.serialize("a", 2)) == 2


@pytest.mark.parametrize("key", ["", [], ["a", ""]])
def test_an_empty_key_is_refused(key):
    with pytest.raises(ValueError, match="at least one character"):
        SecureCookieSerializer(key)
