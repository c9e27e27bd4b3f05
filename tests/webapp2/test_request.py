"""Source: webapp2, "Request data"; WebOb, "Request"."""

import io

import pytest

from appengine import webapp2
from appengine.webapp.errors import MalformedRequestError
from appengine.webapp2.request import Request

BOUNDARY = "frontier"
FORM = (
    "--frontier\r\n"
    'Content-Disposition: form-data; name="name"\r\n\r\nRex é\r\n'
    "--frontier\r\n"
    'Content-Disposition: form-data; name="photo"; filename="rex.png"\r\n'
    "Content-Type: image/png\r\n\r\n\x89PNG\r\n"
    "--frontier--\r\n"
).encode()


def upload(body=FORM):
    """Returns a request with a form that has a file."""
    return Request.blank(
        "/", method="POST", body=body, content_type=f"multipart/form-data; boundary={BOUNDARY}"
    )


def test_a_field_is_the_first_of_query_and_form():
    request = Request.blank("/?a=1&a=2&b=x", POST={"a": "3", "c": "é"})
    assert request.get("a") == "1"
    assert request.get("c") == "é"
    assert request.get("a", allow_multiple=True) == ["1", "2", "3"]


def test_an_absent_field_gives_the_default():
    request = Request.blank("/?empty=")
    assert request.get("a") == ""
    assert request.get("a", default_value="x") == request.get("a", "x") == "x"
    assert request.get("a", allow_multiple=True) == []
    assert request.get("empty", "x") == ""


def test_all_values_of_a_field_are_a_list():
    request = Request.blank("/?a=1&a=2")
    assert request.get_all("a") == ["1", "2"]
    assert request.get_all("b") == [] and request.get_all("b", ["x"]) == ["x"]


def test_arguments_are_the_names_of_all_fields_once():
    assert Request.blank("/?b=1&a=2&b=3", POST={"c": "1", "a": "2"}).arguments() == ["b", "a", "c"]


@pytest.mark.parametrize(
    ("text", "options", "number"),
    [
        ("5", {}, 5),
        ("500", {"min_value": 0, "max_value": 100}, 100),
        ("-5", {"min_value": 0}, 0),
        ("x", {"default": 7}, 7),
        ("x", {"default": None}, None),
        ("x", {"default": 700, "max_value": 100}, 100),
        ("", {}, 0),
    ],
)
def test_a_range_moves_a_number_to_its_ends(text, options, number):
    assert Request.blank(f"/?n={text}").get_range("n", **options) == number


def test_an_uploaded_file_gives_its_contents_and_its_name():
    request = upload()
    assert request.get("photo") == b"\xc2\x89PNG" and request.get("name") == "Rex é"
    photo = request.POST["photo"]
    assert (photo.filename, photo.type) == ("rex.png", "image/png")
    assert photo.file.read() == photo.value == b"\xc2\x89PNG"


def test_a_form_is_read_in_memory_and_the_body_can_be_read_again(monkeypatch):
    monkeypatch.setattr("tempfile.TemporaryFile", None)
    big = FORM.replace(b"\xc2\x89PNG", b"x" * 200_000)
    request = upload(big)
    assert len(request.get("photo")) == 200_000
    assert request.body == big and request.POST is request.POST
    assert request.request_body_tempfile_limit == 0


def test_a_body_that_was_replaced_is_a_new_form():
    request = Request.blank("/", POST={"a": "1"})
    assert request.get("a") == "1"
    request.body = b"a=2"
    assert request.get("a") == "2"


def test_a_form_that_is_none_is_a_malformed_request():
    with pytest.raises(MalformedRequestError, match="without its closing boundary"):
        upload(FORM[:-20]).get("name")
    unknown = Request.blank(
        "/", method="POST", body=b"a=1", content_type="text/plain; charset=klingon"
    )
    with pytest.raises(MalformedRequestError, match="unknown charset 'klingon'"):
        unknown.get("a")


def test_more_than_ten_thousand_fields_are_a_malformed_request():
    with pytest.raises(MalformedRequestError, match="at most 10000"):
        Request.blank("/?" + "a&" * 10_001).get("a")


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_a_request_that_sends_no_form_has_no_fields(method):
    request = Request.blank("/", method=method, body=b"a=1")
    assert request.get("a") == "" and "Not a form" in repr(request.POST)


def test_a_body_of_another_type_has_no_fields():
    request = Request.blank("/", method="POST", body=b'{"a": 1}', content_type="application/json")
    assert request.arguments() == [] and request.json == {"a": 1}


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_form_comes_with_any_method_that_has_a_body(method):
    kind = "application/x-www-form-urlencoded"
    assert Request.blank("/", method=method, body=b"a=1", content_type=kind).get("a") == "1"


def test_bad_bytes_become_replacement_characters():
    assert Request.blank("/?a=%ff").get("a") == "\ufffd"
    assert Request.blank("/", POST=b"a=%ff").get("a") == "\ufffd"


def test_a_form_may_name_its_charset():
    kind = "application/x-www-form-urlencoded; charset=latin-1"
    request = Request.blank("/", method="POST", body=b"a=%e9", content_type=kind)
    assert request.get("a") == "é"


def test_a_request_has_the_parts_of_its_url():
    request = Request.blank("/a%20b?c=d", base_url="https://example.com:8443/app")
    assert request.uri == request.url == "https://example.com:8443/app/a%20b?c=d"
    assert request.query == request.query_string == "c=d"
    assert request.path == "/app/a%20b" and request.path_url.endswith(":8443/app/a%20b")
    assert request.application_url == "https://example.com:8443/app"
    assert request.decoded_path == "/app/a b"


def test_a_path_of_bad_bytes_still_has_a_text():
    request = Request.blank("/")
    request.environ["PATH_INFO"] = "/\xff"
    assert request.decoded_path == "/\ufffd"


def test_headers_and_cookies_are_webobs():
    request = Request.blank("/", headers={"X-A": "b", "Cookie": "c=d", "Accept-Language": "de"})
    assert request.headers["x-a"] == "b" and request.cookies["c"] == "d"
    assert request.accept_language.lookup(["en", "de"], default="en") == "de"


def test_each_request_has_a_registry_of_its_own_and_no_application_yet():
    one, other = Request.blank("/"), Request.blank("/")
    one.registry["a"] = 1
    assert other.registry == {}
    names = ("app", "response", "route", "route_args", "route_kwargs")
    assert [getattr(one, name) for name in names] == [None] * 5
    assert Request.registry is None


def test_a_blank_request_may_have_an_environment_of_its_own():
    request = Request.blank("/", environ={"REMOTE_ADDR": "1.2.3.4"}, headers={"X-A": "b"})
    assert isinstance(request, Request) and request.remote_addr == "1.2.3.4"
    assert Request({**request.environ, "wsgi.input": io.BytesIO()}).headers["X-A"] == "b"


def test_a_request_asks_an_application_for_its_own_response():
    response = Request.blank("/").get_response(webapp2.Response("hello"))
    assert Request.ResponseClass is webapp2.Response
    assert type(response) is webapp2.Response and response.text == "hello"
