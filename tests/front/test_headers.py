"""Response headers: what an instance may say, and what is added."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appengine.front.headers import LONG_AGO, MAX_HEADERS_BYTES, BadResponseError, response_headers


def head(*headers, status=200, method="GET", body_length=2, reason=""):
    return response_headers(status, headers, method=method, body_length=body_length, reason=reason)


def sent(*headers, **options) -> dict[str, str]:
    return {name.lower(): value for name, value in head(*headers, **options).headers}


def test_a_plain_response_gets_type_length_and_no_caching():
    """Source: App Engine, "Response headers": `no-cache` and an `Expires` of 1990."""
    assert sent() == {
        "content-length": "2",
        "content-type": "text/html; charset=utf-8",
        "cache-control": "no-cache",
        "expires": LONG_AGO,
    }


@pytest.mark.parametrize("name", ["Cache-Control", "EXPIRES"])
def test_what_the_application_says_of_caching_stands_alone(name):
    assert len({"cache-control", "expires"} & set(sent((name, "x")))) == 1


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ("text/plain", "text/plain; charset=utf-8"),
        ("text/css;", "text/css; charset=utf-8"),
        ("text/html; charset=latin-1", "text/html; charset=latin-1"),
        ("TEXT/HTML; Charset=x", "TEXT/HTML; Charset=x"),
        ("image/png", "image/png"),
        ("application/json", "application/json"),
    ],
)
def test_texts_get_a_character_set(stated, expected):
    assert sent(("Content-type", stated))["content-type"] == expected


@pytest.mark.parametrize(
    "name",
    "Connection Keep-Alive Proxy-Authenticate TE Trailer Transfer-Encoding UPGRADE Date server "
    "Content-Encoding X-AppEngine-BlobKey x-appengine-anything Status".split(),
)
def test_headers_of_the_connection_and_the_server_are_dropped(name):
    assert name.lower() not in sent((name, "x"))


def test_the_length_is_counted_not_believed():
    assert sent(("Content-Length", "999"))["content-length"] == "2"


def test_a_header_that_connection_names_is_dropped():
    assert set(sent(("X-Hop", "1"), ("X-Kept", "1"), ("Connection", "close, x-hop"))) >= {"x-kept"}
    assert "x-hop" not in sent(("X-Hop", "1"), ("Connection", "close, x-hop"))


def test_cookies_of_the_application_are_kept_each_in_its_own_header():
    cookies = [("Set-Cookie", "a=1; Path=/"), ("Set-Cookie", "b=2")]
    assert [header for header in head(*cookies).headers if header[0] == "Set-Cookie"] == cookies


@pytest.mark.parametrize(
    "value",
    [
        "appengine_login=x",
        "appengine_anything=x; Path=/",
        " Appengine_Login =x",
        "__Host-appengine_login=x",
        "__secure-appengine_login=x",
        "=appengine_login=x",
        "= =appengine_login=x",
        "appengine_login",
        "dev_appserver_login=a:True:1",
        "SACSID=x",
        "ACSID=x",
    ],
)
def test_a_cookie_of_the_platform_is_refused(value):
    with pytest.raises(BadResponseError, match="is the platform's own cookie"):
        head(("set-cookie", value))


@pytest.mark.parametrize("status", [-1, 0, 99, 100, 101, 199, 600, 1000])
def test_a_status_beyond_http_s_is_refused(status):
    with pytest.raises(BadResponseError, match=f"status {status}; from 200 to 599"):
        head(status=status)


@pytest.mark.parametrize(
    "header",
    [
        ("", "x"),
        ("a b", "x"),
        ("a:", "x"),
        ("a\r\nb", "x"),
        ("ä", "x"),
        ("a", "x\r\nSet-Cookie: y"),
        ("a", "x\n"),
        ("a", "\0"),
        ("a", "\x7f"),
        ("a", "\u20ac"),
        ("a", "\ud800"),
    ],
)
def test_a_header_that_http_cannot_carry_is_refused(header):
    with pytest.raises(BadResponseError):
        head(header)


def test_64_kib_of_headers_are_the_limit():
    size = MAX_HEADERS_BYTES - len("X: \r\n")
    assert len(sent(("X", "a" * size))["x"]) == size
    with pytest.raises(BadResponseError, match="65537 bytes of headers; at most 65536"):
        head(("X", "a" * (size + 1)))


@pytest.mark.parametrize("status", [204, 205, 304])
def test_a_status_without_a_body_has_neither_length_nor_type(status):
    checked = head(("Content-Type", "text/plain"), ("Content-Length", "5"), status=status)
    assert not checked.has_body
    assert "Content-Length" not in dict(checked.headers)


def test_head_has_the_length_of_the_body_that_is_not_sent():
    checked = head(method="HEAD", body_length=7)
    assert (checked.has_body, dict(checked.headers)["Content-Length"]) == (False, "7")
    assert "content-length" not in sent(method="HEAD", body_length=0)


@pytest.mark.parametrize(
    ("status", "reason", "line"),
    [
        (200, "", "200 OK"),
        (404, "Gone Fishing", "404 Gone Fishing"),
        (299, "", "299 Unknown"),
        (200, "a\r\nb", "200 OK"),
        (200, "ä", "200 OK"),
    ],
)
def test_the_status_line_is_one_line(status, reason, line):
    assert head(status=status, reason=reason).status_line == line


@given(
    st.integers(0, 700),
    st.lists(st.tuples(st.text(max_size=12), st.text(max_size=40)), max_size=6),
    st.sampled_from(["GET", "HEAD", "POST"]),
    st.text(max_size=20),
)
def test_whatever_an_instance_says_is_refused_or_can_be_sent(status, headers, method, reason):
    try:
        checked = response_headers(status, headers, method=method, body_length=0, reason=reason)
    except BadResponseError as error:
        assert len(str(error).splitlines()) == 1
        return
    text = "".join(f"{name}: {value}\r\n" for name, value in checked.headers)
    assert text.encode("latin-1").count(b"\n") == len(checked.headers)
    assert checked.status_line.isascii()
    assert checked.status_line.isprintable()
