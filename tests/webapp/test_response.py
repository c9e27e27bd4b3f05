"""Source: App Engine, "The Response Class"."""

import csv
import io
import zipfile

import pytest

from appengine import webapp


def sent(response):
    """Returns status, headers and body as the server gets them."""
    started = []
    body = b"".join(response({}, lambda *head: started.append(head)))
    return started[0][0], dict(started[0][1]), body


def test_a_response_is_html_that_nobody_caches_until_a_handler_says_other():
    status, headers, body = sent(webapp.Response())
    assert (status, body) == ("200 OK", b"")
    assert headers == {
        "Content-Type": "text/html; charset=utf-8",
        "Cache-Control": "no-cache",
        "Expires": "Fri, 01 Jan 1990 00:00:00 GMT",
        "Content-Length": "0",
    }


def test_expiry_in_the_past_is_for_responses_that_nobody_caches():
    response = webapp.Response()
    response.headers["Cache-Control"] = "public, max-age=60"
    assert "Expires" not in sent(response)[1]


def test_text_is_utf8_bytes_stay_and_other_values_are_shown():
    response = webapp.Response()
    for piece in ("é", b"\xff\x00", bytearray(b"a"), memoryview(b"b"), 5, None):
        response.out.write(piece)
    assert sent(response)[2] == b"\xc3\xa9\xff\x00ab5None"
    assert sent(response)[1]["Content-Length"] == "11"


def test_what_was_written_reads_as_text_that_writes_the_same_bytes():
    first, second = webapp.Response(), webapp.Response()
    first.out.write("é")
    first.out.write(b"\xff")
    second.out.write(first.out.getvalue())
    assert second.body == first.body == b"\xc3\xa9\xff"


def test_the_buffer_is_a_file_for_libraries():
    response = webapp.Response()
    print("a", 1, file=response.out)
    csv.writer(response.out).writerow(["é", 2])
    response.out.writelines(["x", b"y"])
    response.out.flush()
    assert response.out.getvalue() == "a 1\né,2\r\nxy"


def test_an_archive_can_be_written_into_the_buffer():
    response = webapp.Response()
    with zipfile.ZipFile(response.out, "w") as archive:
        archive.writestr("pet.txt", "Rex")
    assert zipfile.ZipFile(io.BytesIO(response.body)).read("pet.txt") == b"Rex"


def test_what_was_written_can_be_cleared_and_cut():
    response = webapp.Response()
    response.out.write("abcdef")
    response.out.seek(2)
    response.out.truncate()
    assert (response.out.getvalue(), response.out.tell()) == ("ab", 2)
    response.clear()
    response.out.write("x")
    assert response.body == b"x"


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        ((404,), "404 Not Found"),
        ((404, "No such pet"), "404 No such pet"),
        ((299, "Almost"), "299 Almost"),
        ((500, "a\r\nSet-Cookie: x=1"), "500 aSet-Cookie: x=1"),
    ],
)
def test_a_status_has_its_message_or_the_one_it_is_given(arguments, status):
    response = webapp.Response()
    response.set_status(*arguments)
    assert sent(response)[0] == status
    assert f"{response.status} {response.status_message}" == status


@pytest.mark.parametrize("arguments", [(299,), (99, "x"), (600, "x"), ("x",), (None, "x")])
def test_a_status_that_is_none_is_refused(arguments):
    with pytest.raises(webapp.Error, match="Invalid HTTP status code"):
        webapp.Response().set_status(*arguments)


def test_a_status_may_be_assigned():
    response = webapp.Response()
    response.status = 403
    assert (response.status, response.status_message) == (403, "Forbidden")


@pytest.mark.parametrize(("code", "wrong"), [(200, False), (399, False), (400, True), (500, True)])
def test_an_error_is_400_or_more(code, wrong):
    response = webapp.Response()
    response.set_status(code, "x")
    assert response.has_error() is wrong


def test_the_standard_message_of_a_status_is_known():
    assert webapp.Response.http_status_message(418) == "I'm a Teapot"
    with pytest.raises(webapp.Error, match="299"):
        webapp.Response.http_status_message(299)


@pytest.mark.parametrize("code", [204, 304])
def test_a_status_without_a_body_sends_none(code):
    response = webapp.Response()
    response.out.write("text")
    response.set_status(code)
    _, headers, body = sent(response)
    assert body == b"" and "Content-Length" not in headers


def test_headers_take_any_value():
    response = webapp.Response()
    response.headers["X-Count"] = 5
    response.headers.add_header("Set-Cookie", "a=1")
    response.headers.add_header("Set-Cookie", "b=2", path="/")
    response.headers.setdefault("X-Other", 6)
    assert response.headers["x-count"] == "5" and response.headers["X-Other"] == "6"
    assert response.headers.get_all("Set-Cookie") == ["a=1", 'b=2; path="/"']


def test_a_header_beyond_latin_is_sent_as_utf8():
    response = webapp.Response()
    response.headers["X-Pet"] = "Bär 😀"
    assert response.headers["X-Pet"].encode("latin-1").decode() == "Bär 😀"


def test_a_line_break_in_a_header_is_taken_out_and_logged(caplog):
    response = webapp.Response()
    response.headers["X-Pet"] = "Rex\r\nSet-Cookie: admin=1"
    response.headers.add_header("X-Cat", "a\nb", name="c\0d")
    assert response.headers["X-Pet"] == "RexSet-Cookie: admin=1"
    assert response.headers["X-Cat"] == 'ab; name="cd"'
    assert "Line break taken out of X-Pet" in caplog.text


@pytest.mark.parametrize("name", ["", "X Pet", "X:Pet", "X\nPet", "Pét"])
def test_a_header_name_that_is_none_is_refused(name):
    with pytest.raises(webapp.Error, match="Invalid header name"):
        webapp.Response().headers[name] = "x"


def test_a_response_may_be_written_through_start_response():
    response, written, started = webapp.Response(), [], []
    response.out.write("text")

    def start_response(status, headers, exc_info=None):
        started.append(status)
        return written.append

    response.wsgi_write(start_response)
    assert (started, written) == (["200 OK"], [b"text"])
