"""What the documentation promises of URL fetch, one sentence a test."""

import json

import pytest
from google.appengine.api import urlfetch, urlfetch_errors

SOURCE_MODULE = "google.appengine.api.urlfetch"


def echoed(result):
    seen = json.loads(result.content)
    seen["headers"] = {name.lower(): value for name, value in seen["headers"]}
    return seen


def test_a_fetch_returns_status_content_and_headers(anywhere, origin):
    """Source: App Engine, "URL Fetch", "Response objects"."""
    result = urlfetch.fetch(origin.url())
    assert (result.status_code, result.content) == (200, b"hello")
    assert result.headers["content-type"] == result.headers["CONTENT-TYPE"] == "text/plain"
    assert (result.final_url, result.content_was_truncated) == (None, False)
    assert urlfetch.Fetch is urlfetch.fetch


@pytest.mark.parametrize("status", [404, 500, 304, 599])
def test_a_status_of_http_is_no_error(anywhere, origin, status):
    """Source: App Engine, `urlfetch_errors.DownloadError`."""
    assert urlfetch.fetch(origin.url(f"/status/{status}")).status_code == status


@pytest.mark.parametrize(
    ("constant", "name"),
    [(1, "GET"), (2, "POST"), (3, "HEAD"), (4, "PUT"), (5, "DELETE"), (6, "PATCH")],
)
def test_a_method_is_a_constant_or_a_name_in_any_case(anywhere, origin, constant, name):
    """Source: App Engine, `google.appengine.api.urlfetch`, the constants of methods."""
    assert getattr(urlfetch, name) == constant
    for method in (constant, name.lower()):
        result = urlfetch.fetch(origin.url("/echo"), method=method)
        assert result.content == b"" if name == "HEAD" else echoed(result)["method"] == name


def test_a_payload_goes_with_post_put_and_patch_alone(anywhere, origin):
    """Source: App Engine, `urlfetch.fetch`, `payload`: ignored with other methods."""
    for method in ("POST", "PUT", "PATCH"):
        result = urlfetch.fetch(origin.url("/echo"), payload="grüße", method=method)
        assert echoed(result)["body"] == "grüße".encode().decode("latin-1")
    for method in ("GET", "DELETE"):
        assert echoed(urlfetch.fetch(origin.url("/echo"), b"x", method))["body"] == ""


def test_a_posted_payload_is_a_form_unless_it_says_otherwise(anywhere, origin):
    """Source: App Engine, the development server's fetches of POST."""
    form = echoed(urlfetch.fetch(origin.url("/echo"), "a=1", urlfetch.POST))
    assert form["headers"]["content-type"] == "application/x-www-form-urlencoded"
    headers = {"Content-Type": "text/plain"}
    text = echoed(urlfetch.fetch(origin.url("/echo"), "a=1", urlfetch.POST, headers))
    assert text["headers"]["content-type"] == "text/plain"


def test_headers_of_the_application_are_sent(anywhere, origin):
    """Source: App Engine, "URL Fetch", "Request headers"."""
    seen = echoed(urlfetch.fetch(origin.url("/echo?a=b"), headers={"X-A": "1", "Cookie": "c=d"}))
    assert (seen["headers"]["x-a"], seen["headers"]["cookie"]) == ("1", "c=d")
    assert seen["path"] == "/echo?a=b"


def test_the_user_agent_names_the_application(anywhere, origin):
    """Source: App Engine, "URL Fetch", "Headers identifying request source"."""
    own = "AppEngine-Google; (+http://code.google.com/appengine; appid: dev~trial)"
    assert echoed(urlfetch.fetch(origin.url("/echo")))["headers"]["user-agent"] == own
    seen = echoed(urlfetch.fetch(origin.url("/echo"), headers={"user-agent": "Robot/1"}))
    assert seen["headers"]["user-agent"] == f"Robot/1 {own}"


@pytest.mark.parametrize(
    "name",
    [
        "Content-Length",
        "Host",
        "Vary",
        "Via",
        "X-Forwarded-For",
        "X-ProxyUser-IP",
        "Accept-Encoding",
        "X-Appengine-Inbound-Appid",
    ],
)
def test_some_headers_are_the_platforms_alone(anywhere, origin, name):
    """Source: App Engine, "URL Fetch", "Request headers": those that cannot be set."""
    seen = echoed(urlfetch.fetch(origin.url("/echo"), headers={name: "7"}))["headers"]
    assert seen.get(name.lower()) != "7"
    assert seen["host"] == f"127.0.0.1:{origin.port}"


def test_the_values_of_a_repeated_header_are_joined_and_kept(anywhere, origin):
    """Source: App Engine, "URL Fetch", "Response objects", `headers` and `header_msg`."""
    result = urlfetch.fetch(origin.url("/headers"))
    assert result.headers["x-twice"] == "a, b"
    assert result.header_msg.getheaders("X-Twice") == ["a", "b"]
    assert result.headers["x-text"] == "grüß"


def test_redirections_are_followed_five_times(anywhere, origin):
    """Source: App Engine, `urlfetch.fetch`, `follow_redirects`, and `MAX_REDIRECTS`."""
    assert urlfetch.MAX_REDIRECTS == 5
    result = urlfetch.fetch(origin.url("/redirect/4"))
    assert (result.status_code, result.final_url) == (200, origin.url("/echo"))
    with pytest.raises(urlfetch_errors.TooManyRedirectsError, match="more than 5"):
        urlfetch.fetch(origin.url("/redirect/5"))


def test_without_following_the_redirection_itself_is_returned(anywhere, origin):
    """Source: App Engine, `urlfetch.fetch`, `follow_redirects`."""
    result = urlfetch.fetch(origin.url("/redirect/1"), follow_redirects=False)
    assert (result.status_code, result.headers["location"]) == (302, "/redirect/0?status=302")
    assert result.final_url is None


@pytest.mark.parametrize(
    ("status", "method", "body"),
    [(301, "GET", ""), (302, "GET", ""), (303, "GET", ""), (307, "POST", "x"), (308, "POST", "x")],
)
def test_a_redirected_post_becomes_a_get_but_by_307_and_308(anywhere, origin, status, method, body):
    """Source: App Engine, the development server's redirections; RFC 9110, section 15.4."""
    seen = echoed(urlfetch.fetch(origin.url(f"/redirect/0?status={status}"), "x", "POST"))
    assert (seen["method"], seen["body"]) == (method, body)


def test_a_redirection_to_nowhere_is_malformed(anywhere, origin):
    """Source: App Engine, the development server: `Missing "Location" header`."""
    with pytest.raises(urlfetch_errors.MalformedReplyError, match="has no Location"):
        urlfetch.fetch(origin.url("/to"))


def test_compressed_content_is_decoded(anywhere, origin):
    """Source: App Engine, "URL Fetch": gzip is asked for and decoded."""
    result = urlfetch.fetch(origin.url("/gzip"))
    assert result.content == b"packed " * 100
    assert "content-encoding" not in result.headers
    assert result.headers["content-length"] == "700"
    assert urlfetch.fetch(origin.url("/chunks")).content == b"abcde"


def test_a_deadline_ends_a_fetch(anywhere, origin):
    """Source: App Engine, "URL Fetch", "Setting a request timeout"."""
    with pytest.raises(urlfetch_errors.DeadlineExceededError, match="deadline is over"):
        urlfetch.fetch(origin.url("/slow?seconds=3"), deadline=0.3)


def test_a_deadline_also_ends_what_comes_in_trickles(anywhere, origin):
    """Source: App Engine, "URL Fetch", "Setting a request timeout": for the whole fetch."""
    with pytest.raises(urlfetch_errors.DeadlineExceededError):
        urlfetch.fetch(origin.url("/trickle"), deadline=0.5)


def test_the_default_deadline_is_the_requests_own(anywhere, origin):
    """Source: App Engine, `urlfetch.set_default_fetch_deadline`."""
    assert urlfetch.get_default_fetch_deadline() is None
    urlfetch.set_default_fetch_deadline(0.3)
    try:
        assert urlfetch.get_default_fetch_deadline() == urlfetch.create_rpc().deadline == 0.3
        with pytest.raises(urlfetch_errors.DeadlineExceededError):
            urlfetch.fetch(origin.url("/slow?seconds=3"))
    finally:
        urlfetch.set_default_fetch_deadline(None)


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/junk", urlfetch_errors.MalformedReplyError),
        ("/notgzip", urlfetch_errors.MalformedReplyError),
        ("/halfgzip", urlfetch_errors.MalformedReplyError),
        ("/close", urlfetch_errors.ConnectionClosedError),
        ("/half", urlfetch_errors.ConnectionClosedError),
        ("/strange", urlfetch_errors.DownloadError),
    ],
)
def test_an_answer_that_is_none_is_an_error_by_case(anywhere, origin, path, error):
    """Source: App Engine, `google.appengine.api.urlfetch_errors`."""
    with pytest.raises(error) as caught:
        urlfetch.fetch(origin.url(path))
    assert type(caught.value) is error


def test_a_host_without_an_address_and_one_that_is_not_there(anywhere):
    """Source: App Engine, `urlfetch_errors`: DNSLookupFailedError, DownloadError."""
    with pytest.raises(urlfetch_errors.DNSLookupFailedError, match=r"nowhere\.invalid"):
        urlfetch.fetch("http://nowhere.invalid/")
    with pytest.raises(urlfetch_errors.DownloadError, match="cannot connect"):
        urlfetch.fetch("http://127.0.0.1:65535/")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hello",
        "ftp://example.com/",
        "file:///etc/passwd",
        "http:///path",
        "http://example.com:22/",
        "http://example.com:79/",
        "http://example.com:91/",
        "http://example.com:451/",
        "http://example.com:1023/",
        "http://example.com:65536/",
        "http://example.com:x/",
        "http://user:secret@example.com/",
        "http://exa mple.com/",
        "http://[::1/",
        "http://a..b/",
        "http://example.com/\r\nX-A: 1",
    ],
)
def test_a_url_that_cannot_be_fetched_is_invalid(anywhere, url):
    """Source: App Engine, "URL Fetch", "Request protocols"; `urlfetch_errors.InvalidURLError`."""
    with pytest.raises(urlfetch_errors.InvalidURLError) as caught:
        urlfetch.fetch(url)
    assert "secret" not in str(caught.value)


def test_a_method_that_is_none_is_refused(anywhere, origin):
    """Source: App Engine, `urlfetch_errors.InvalidMethodError`."""
    for method in ("OPTIONS", "", 0, 7):
        with pytest.raises(urlfetch_errors.InvalidMethodError, match="there are: GET, POST"):
            urlfetch.fetch(origin.url(), method=method)


def test_an_application_cannot_fetch_the_url_that_it_is_serving(direct, monkeypatch):
    """Source: App Engine, "URL Fetch": a request may not be for its own URL."""
    monkeypatch.setenv("HTTP_HOST", "localhost:8080")
    monkeypatch.setenv("PATH_INFO", "/a b")
    with pytest.raises(urlfetch_errors.InvalidURLError, match="would never end"):
        urlfetch.fetch("http://localhost:8080/a%20b?c=d")
    with pytest.raises(urlfetch_errors.DownloadError):
        urlfetch.fetch("http://localhost:65535/a%20b")


def test_headers_can_be_read_from_a_text(anywhere, origin):
    """Source: App Engine for Python 3, `urlfetch.CreateHTTPHeaders`, `HTTPMessageWrapper`."""
    headers = urlfetch.CreateHTTPHeaders("Content-Type: text/html; charset=x\r\nA: 1\r\nA: 2\r\n")
    assert isinstance(headers, urlfetch.HTTPMessageWrapper)
    assert (headers.type, headers.getheaders("a")) == ("text/html", ["1", "2"])
    assert urlfetch.CreateHTTPHeaders("A: 1").type == ""
    assert urlfetch.fetch(origin.url()).header_msg.type == "text/plain"


def test_the_errors_are_a_family():
    """Source: App Engine, `google.appengine.api.urlfetch_errors`, the bases of each class."""
    errors = urlfetch_errors
    downloads = "ConnectionClosedError DNSLookupFailedError DeadlineExceededError"
    for name in f"{downloads} MalformedReplyError TooManyRedirectsError".split():
        assert getattr(errors, name).__bases__ == (errors.DownloadError,)
    assert errors.PayloadTooLargeError.__bases__ == (errors.InvalidURLError,)
    others = "DownloadError InternalTransientError InvalidMethodError InvalidURLError"
    for name in f"{others} ResponseTooLargeError SSLCertificateError".split():
        assert getattr(errors, name).__bases__ == (errors.Error,)
        assert getattr(urlfetch, name) is getattr(errors, name)


def test_texts_of_a_template_and_of_the_datastore_are_texts(anywhere, origin):
    """Source: App Engine, "Types and Property Classes": `db.Link` is a text."""
    from google.appengine.ext import db
    from markupsafe import Markup

    url, headers = db.Link(origin.url("/echo")), {Markup("X-A"): Markup("1")}
    result = urlfetch.fetch(url, db.Blob(b"x"), Markup("post"), headers)
    assert (echoed(result)["headers"]["x-a"], echoed(result)["body"]) == ("1", "x")


def test_the_constants_are_app_engines():
    """Source: App Engine, `google.appengine.api.urlfetch`, constants."""
    names = "GET POST HEAD PUT DELETE PATCH".split()
    assert [getattr(urlfetch, name) for name in names] == [1, 2, 3, 4, 5, 6]
    assert urlfetch.MAX_REDIRECTS == 5


def test_a_fetch_goes_by_its_old_name_too(direct, origin):
    """Source: App Engine, `urlfetch.Fetch`."""
    assert urlfetch.Fetch(origin.url()).content == b"hello"
