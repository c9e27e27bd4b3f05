"""Source: webapp2, "Building a Response"; WebOb, "Response"."""

import logging

import pytest

from appengine import webapp2
from appengine.webapp.errors import Error
from appengine.webapp2 import Request, Response, ResponseHeaders


def test_a_response_is_html_that_nobody_may_cache():
    response = Response()
    assert response.status == "200 OK" and response.status_int == 200
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert response.headers["Cache-Control"] == "no-cache"
    assert (response.charset, response.content_type) == ("utf-8", "text/html")


def test_text_and_bytes_and_numbers_are_written():
    response = Response()
    assert response.write("é") is None
    response.out.write(b"\xff")
    response.out.write(3)
    assert response.body == b"\xc3\xa9\xff3" and response.out is response
    assert response.content_length == 4


def test_text_is_written_in_the_responses_own_charset():
    response = Response(charset="latin-1")
    response.write("é")
    assert response.body == b"\xe9"


def test_text_may_be_written_where_the_type_has_no_charset():
    response = Response(content_type="application/json")
    response.write("é")
    assert response.body == b"\xc3\xa9"


def test_a_status_has_its_message_or_the_one_it_is_given():
    response = Response()
    response.set_status(404)
    assert (response.status, response.status_message) == ("404 Not Found", "Not Found")
    response.set_status(404, "Gone fishing")
    assert response.status == "404 Gone fishing"
    response.status_message = "Elsewhere"
    assert (response.status, response.status_int) == ("404 Elsewhere", 404)


@pytest.mark.parametrize(
    ("value", "status"),
    [
        (418, "418 I'm a teapot"),
        ("404", "404 Not Found"),
        ("444 Mine", "444 Mine"),
        (b"201 Created", "201 Created"),
        (302, "302 Moved Temporarily"),
    ],
)
def test_a_status_may_be_assigned(value, status):
    response = Response()
    response.status = value
    assert response.status == status


def test_a_status_that_is_none_is_refused():
    response = Response()
    with pytest.raises(KeyError, match="Invalid HTTP status code: 700"):
        response.set_status(700)
    with pytest.raises(TypeError, match="string or integer"):
        response.status = 4.5
    with pytest.raises(ValueError, match="'many'; a code and a message"):
        response.status = "many"
    assert response.status == "200 OK"


def test_the_standard_messages_are_known():
    assert Response.http_status_message(404) == webapp2.status_reasons[404] == "Not Found"
    assert webapp2.status_reasons[306] == "Unused"
    with pytest.raises(KeyError, match="999"):
        Response.http_status_message(999)


def test_an_error_is_400_or_more():
    assert Response(status=400).has_error() and not Response(status=304).has_error()


def test_what_was_written_can_be_cleared():
    response = Response("hello")
    response.clear()
    assert response.body == b"" and response.content_length == 0


def test_headers_take_any_value_and_no_line_break(caplog):
    caplog.set_level(logging.CRITICAL)
    response = Response()
    response.headers["X-Number"] = 3
    response.headers["X-Split"] = "a\r\nSet-Cookie: b=c"
    response.headers.add("X-Number", 4)
    assert response.headers.getall("X-Number") == response.headers.get_all("x-number") == ["3", "4"]
    assert response.headers["x-split"] == "aSet-Cookie: b=c"
    with pytest.raises(Error, match="Invalid header name"):
        response.headers["a b"] = "c"


def test_a_header_may_have_parameters():
    response = Response()
    response.headers.add_header("Content-Disposition", "attachment", filename='a"b.txt', x_y=1)
    response.headers.add_header("X-None", None, flag=None)
    assert response.headers["Content-Disposition"] == 'attachment; filename="a\\"b.txt"; x-y="1"'
    assert response.headers["X-None"] == "flag"


@pytest.mark.parametrize("value", [{"X-A": "b"}, [("X-A", "b")]], ids=["dictionary", "pairs"])
def test_headers_may_be_assigned(value):
    response = Response()
    response.headers = value
    assert response.headerlist == [("X-A", "b")]
    assert isinstance(response.headers, ResponseHeaders)
    assert str(response.headers) == "X-A: b\r\n\r\n"


def test_a_header_that_is_there_is_kept():
    headers = Response().headers
    assert headers.setdefault("Cache-Control", "private") == "no-cache"
    assert headers.setdefault("X-A", "b") == headers["X-A"] == "b"


def test_cookies_are_set_and_deleted():
    response = Response()
    response.set_cookie("a", "b", max_age=360, path="/p", httponly=True, samesite="lax")
    response.delete_cookie("c")
    one, other = response.headers.getall("Set-Cookie")
    assert one.startswith("a=b; Max-Age=360; Path=/p; expires=") and "HttpOnly" in one
    assert other.startswith("c=; Max-Age=0")


def test_what_webob_offers_is_there():
    response = Response("hello")
    response.md5_etag()
    response.content_type = "text/plain"
    response.cache_control.max_age = 60
    response.location = "/there"
    assert response.etag and response.headers["Cache-Control"] == "max-age=60, no-cache"
    assert response.headers["Content-Type"].startswith("text/plain")
    response.conditional_response = True
    request = Request.blank("/", headers={"If-None-Match": f'"{response.etag}"'})
    assert request.get_response(response).status_int == 304


def test_a_response_may_be_written_through_start_response():
    started, written = [], []

    def start_response(status, headers):
        started.append((status, dict(headers)))
        return written.append

    Response("é").wsgi_write(start_response)
    [(status, headers)] = started
    assert (status, written) == ("200 OK", ["é".encode()])
    assert headers["Content-Length"] == "2" and headers["Expires"].startswith("Fri, 01 Jan 1990")


def test_a_response_knows_its_request_class_and_charset():
    assert Response.RequestClass is Request and Response.default_charset == "utf-8"
