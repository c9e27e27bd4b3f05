"""Source: App Engine, "The Request Class"; WebOb, "Request"."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appengine import webapp

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def posted(body, path="/", **headers):
    return webapp.Request.blank(path, method="POST", body=body, headers=FORM | headers)


def query(text):
    return webapp.Request.blank("/?" + text)


def test_a_field_is_decoded_text():
    assert query("name=caf%C3%A9+au+lait&x=%26").get("name") == "café au lait"


def test_an_absent_field_gives_the_default():
    assert query("a=1").get("b") == ""
    assert query("a=1").get("b", default_value="none") == "none"
    assert query("a=1").get("b", None) is None


def test_an_empty_field_is_there():
    request = query("a=&b")
    assert request.get("a", default_value="x") == request.get("b", default_value="x") == ""


def test_the_first_of_several_values_counts():
    request = query("a=1&b=2&a=3")
    assert (request.get("a"), request.get_all("a")) == ("1", ["1", "3"])
    assert request.get("a", allow_multiple=True) == ["1", "3"]


def test_all_values_of_an_absent_field_are_none_or_the_default():
    assert query("").get_all("a") == []
    assert query("").get_all("a", default_value=["x"]) == ["x"]


def test_values_of_the_query_come_before_those_of_the_form():
    request = posted(b"a=form", "/?a=query")
    assert (request.get("a"), request.get_all("a")) == ("query", ["query", "form"])
    assert (request.GET["a"], request.POST["a"]) == ("query", "form")


def test_arguments_are_the_names_of_all_fields_once():
    assert posted(b"a=1&b=2", "/?c=3&a=4").arguments() == ["c", "a", "b"]


@pytest.mark.parametrize(
    ("text", "options", "number"),
    [
        ("n=5", {}, 5),
        ("n=-5", {}, -5),
        ("n=5", {"max_value": 3}, 3),
        ("n=5", {"min_value": 7}, 7),
        ("n=5", {"min_value": 1, "max_value": 9}, 5),
        ("n=x", {}, 0),
        ("n=x", {"default": 4}, 4),
        ("n=x", {"default": 4, "max_value": 3}, 3),
        ("", {"min_value": 1}, 1),
        ("", {"default": None, "min_value": 1}, None),
    ],
)
def test_a_range_moves_a_number_to_its_ends(text, options, number):
    assert query(text).get_range("n", **options) == number


def test_bad_bytes_become_replacement_characters():
    assert query("a=%FF").get("a") == "\ufffd"
    assert posted(b"a=\xff").get("a") == "\ufffd"


def test_a_form_may_name_its_charset():
    body = "a=%E9&b=\xe9".encode("latin-1")
    kind = "application/x-www-form-urlencoded; charset=ISO-8859-1"
    request = posted(body, **{"Content-Type": kind})
    assert (request.get("a"), request.get("b")) == ("é", "é")


def test_an_unknown_charset_is_a_malformed_request():
    request = posted(b"a=1", **{"Content-Type": "application/x-www-form-urlencoded; charset=nope"})
    with pytest.raises(webapp.MalformedRequestError, match="unknown charset 'nope'"):
        request.get("a")


@pytest.mark.parametrize("kind", ["text/plain", "application/json", "message/rfc822"])
def test_a_body_that_is_no_form_has_no_fields(kind):
    request = posted(b"a=1", "/?b=2", **{"Content-Type": kind})
    assert (request.arguments(), request.body) == (["b"], b"a=1")


def test_a_request_that_sends_no_form_has_no_fields():
    request = webapp.Request.blank("/?a=1", body=b"b=2", headers=FORM)
    assert (request.method, dict(request.POST)) == ("GET", {})


def test_more_than_ten_thousand_fields_are_a_malformed_request():
    assert len(posted(b"&".join([b"a=1"] * 10_000)).get_all("a")) == 10_000
    with pytest.raises(webapp.MalformedRequestError, match="10001 fields in one query or form"):
        posted(b"&".join([b"a=1"] * 10_001)).get("a")


def test_the_body_can_be_read_again_by_whoever_comes_after():
    request = posted(b"a=1")
    assert (request.get("a"), request.body, request.body_file.read()) == ("1", b"a=1", b"a=1")
    assert request.environ["wsgi.input"].read() == b"a=1"


def test_the_body_ends_at_its_length():
    request = webapp.Request.blank("/", method="POST", body=b"a=1")
    request.environ["wsgi.input"] = io.BytesIO(b"a=1 and the next request")
    assert request.body == b"a=1"


def test_a_body_that_is_cut_short_is_a_malformed_request():
    request = webapp.Request.blank("/", method="POST", body=b"a=1", headers={"Content-Length": "9"})
    with pytest.raises(webapp.MalformedRequestError, match="3 bytes; Content-Length is 9"):
        request.get("a")


@pytest.mark.parametrize("length", ["-1", "+3", "x", "1_0", "\uff13"])
def test_a_length_that_is_no_number_is_a_malformed_request(length):
    request = webapp.Request.blank("/", headers={"Content-Length": length})
    with pytest.raises(webapp.MalformedRequestError, match="not a whole number"):
        assert request.content_length is None


def test_a_request_has_the_parts_of_its_url():
    request = webapp.Request.blank("/p/ä?q=%20x", base_url="https://pets.example.com:8080/app")
    request.environ["PATH_INFO"] = "/p/ä b".encode().decode("latin-1")
    parts = {
        "scheme": "https",
        "host": "pets.example.com:8080",
        "host_url": "https://pets.example.com:8080",
        "application_url": "https://pets.example.com:8080/app",
        "script_name": "/app",
        "path_info": "/p/ä b",
        "path": "/app/p/%C3%A4%20b",
        "path_qs": "/app/p/%C3%A4%20b?q=%20x",
        "path_url": "https://pets.example.com:8080/app/p/%C3%A4%20b",
        "query": "q=%20x",
        "query_string": "q=%20x",
        "url": "https://pets.example.com:8080/app/p/%C3%A4%20b?q=%20x",
        "uri": "https://pets.example.com:8080/app/p/%C3%A4%20b?q=%20x",
    }
    assert {name: getattr(request, name) for name in parts} == parts


@pytest.mark.parametrize("base", ["http://localhost:80", "https://localhost:443"])
def test_the_schemes_own_port_is_not_in_the_url(base):
    assert webapp.Request.blank("/", base_url=base).host_url == base.rpartition(":")[0]


def test_a_relative_url_is_a_link_on_the_page_or_from_the_application():
    request = webapp.Request.blank("/dir/page?x=1", base_url="http://localhost/app")
    assert request.relative_url("other") == "http://localhost/app/dir/other"
    assert request.relative_url("other", to_application=True) == "http://localhost/app/other"


def test_headers_are_found_whatever_their_case():
    headers = {"X-Pet": "Rex", "Content-Type": "text/plain", "Referer": "/a", "User-Agent": "b"}
    request = webapp.Request.blank("/", headers=headers)
    assert request.headers["x-PET"] == request.headers.get("X-Pet") == "Rex"
    assert request.headers["content-type"] == "text/plain"
    assert "X-Cat" not in request.headers and "x-pet" in request.headers
    assert set(request.headers) >= {"X-Pet", "Content-Type", "Content-Length", "Host"}
    assert (request.referer, request.user_agent) == ("/a", "b")
    with pytest.raises(KeyError):
        request.headers["X-Cat"]


def test_a_content_type_that_was_not_sent_is_no_header():
    request = webapp.Request.blank("/", environ={"CONTENT_TYPE": "", "CONTENT_LENGTH": ""})
    assert "Content-Type" not in request.headers and "Content-Length" not in list(request.headers)
    assert (request.content_type, request.content_length, request.body) == ("", None, b"")


@pytest.mark.parametrize(
    ("header", "cookies"),
    [
        ("a=1; b=2", {"a": "1", "b": "2"}),
        ('a="x y"; b="\\"q\\" \\303\\251"', {"a": "x y", "b": '"q" Ã©'}),
        ("a=1; bad[name]=2; c=x=y", {"a": "1", "bad[name]": "2", "c": "x=y"}),
        ("a=first; a=second", {"a": "first"}),
        (";;=x; novalue", {}),
    ],
)
def test_cookies_are_read_one_by_one(header, cookies):
    assert webapp.Request.blank("/", headers={"Cookie": header}).cookies == cookies


def test_a_request_knows_its_client():
    environ = {"REMOTE_ADDR": "127.0.0.1", "REMOTE_USER": "ann", "HTTP_X_REQUESTED_WITH": "x"}
    request = webapp.Request.blank("/", environ=environ)
    assert (request.remote_addr, request.remote_user, request.is_xhr) == ("127.0.0.1", "ann", False)


def test_a_referer_may_be_spelled_as_the_word_is():
    request = webapp.Request.blank("/", headers={"Referer": "http://a/"})
    assert request.referrer == request.referer == "http://a/"


def test_a_request_and_its_parts_show_what_they_are():
    headers = {"X-A": "b"}
    request = webapp.Request.blank("/a?b=1", headers=headers)
    assert repr(request) == "<Request GET http://localhost/a?b=1>"
    assert repr(request.GET) == "Fields([('b', '1')])"
    assert "'X-A': 'b'" in repr(request.headers)


def test_fields_are_a_mapping_that_remembers_all_values():
    fields = query("a=1&b=2&a=3").GET
    assert (fields["a"], fields.get("c"), len(fields), list(fields)) == ("3", None, 2, ["a", "b"])
    assert list(fields.items()) == fields.pairs()
    assert len(fields.items()) == 3 and dict(fields) == {"a": "3", "b": "2"}
    assert fields.pairs() == [("a", "1"), ("b", "2"), ("a", "3")]
    assert fields.dict_of_lists() == {"a": ["1", "3"], "b": ["2"]}
    assert fields.getone("b") == "2"
    with pytest.raises(KeyError, match="'a' has 2 values"):
        fields.getone("a")


@settings(max_examples=50, deadline=None)
@given(pairs=st.lists(st.tuples(st.text(), st.text()), max_size=8))
def test_what_a_client_encodes_is_what_the_handler_reads(pairs):
    from urllib.parse import urlencode

    clean = [(name.encode("utf-8", "replace").decode(), value) for name, value in pairs]
    safe = [(name, value.encode("utf-8", "replace").decode()) for name, value in clean]
    assert posted(urlencode(safe).encode()).POST.pairs() == safe
