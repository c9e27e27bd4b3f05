"""Static files over WSGI: whole files, types, expiration, headers."""

import os

import pytest
from werkzeug.http import http_date

from appengine.config.handlers import StaticHandler
from tests.front.site import LARGE, NOW, SMALL, make_site


@pytest.fixture
def site(tmp_path):
    with make_site(tmp_path) as site:
        yield site


@pytest.mark.parametrize(("name", "content"), [("a.css", SMALL), ("large.bin", LARGE), ("0", b"")])
def test_a_file_is_sent_whole_with_its_length(site, name, content):
    answer = site.get(name)
    assert (answer.status, answer.body) == (200, content)
    assert answer.headers["content-length"] == str(len(content))
    assert answer.headers["accept-ranges"] == "bytes"


@pytest.mark.parametrize("name", ["a.css", "large.bin"])
def test_head_has_the_headers_of_get_and_no_body(site, name):
    assert site.get(name, "HEAD").headers == site.get(name).headers
    assert site.get(name, "HEAD").body == b""


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "get", "TRACE"])
def test_other_methods_are_405_and_told_which_ones_are_not(site, method):
    answer = site.get(method=method)
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")


def test_files_that_upload_does_not_name_are_not_there(site):
    """Source: App Engine, "app.yaml", `upload`."""
    handler = StaticHandler(url="/s/(.*)", file="s/\\1", upload="s/.*[.]css")
    assert site.get("a.css", handler=handler).status == 200
    assert site.get("large.bin", handler=handler).status == 404


def test_a_missing_file_is_the_next_handler_s_where_a_file_is_required(site):
    handler = StaticHandler(url="/s/(.*)", file="s/\\1", require_matching_file=True)
    assert site.get("gone", handler=handler) is None
    assert site.get("a.css", handler=handler).status == 200


def test_the_type_is_the_handler_s_or_the_extension_s(site):
    stated = StaticHandler(url="/s/(.*)", file="s/\\1", mime_type="text/x-pet")
    assert site.get().headers["content-type"] == "text/css; charset=utf-8"
    assert site.get("large.bin").headers["content-type"] == "application/octet-stream"
    assert site.get(handler=stated).headers["content-type"] == "text/x-pet"


def test_expiration_is_told_to_caches(site):
    """Source: App Engine, "app.yaml", `expiration`."""
    handler = StaticHandler(url="/s/(.*)", file="s/\\1", expiration_seconds=3600)
    headers = site.get(handler=handler).headers
    assert headers["cache-control"] == "public, max-age=3600"
    assert headers["expires"] == http_date(NOW + 3600)


def test_without_expiration_a_client_asks_each_time(site):
    headers = site.get().headers
    assert (headers["cache-control"], headers["expires"]) == ("public, max-age=0", http_date(NOW))


def test_what_needs_a_login_is_for_no_shared_cache(site):
    handler = StaticHandler(url="/s/(.*)", file="s/\\1", login="required")
    assert site.get(handler=handler).headers["cache-control"] == "private, max-age=0"


def test_headers_of_app_yaml_replace_our_own(site):
    stated = {"Cache-Control": "no-store", "X-Pet": "cat", "content-type": "text/x"}
    handler = StaticHandler(url="/s/(.*)", file="s/\\1", http_headers=stated)
    headers = site.get(handler=handler).headers
    assert (headers["cache-control"], headers["x-pet"]) == ("no-store", "cat")
    assert (headers["content-type"], "expires" in headers) == ("text/x", False)


def test_last_modified_is_never_in_the_future(site):
    for seconds in (NOW + 5000, -5):
        os.utime(site.directory / "s" / "a.css", (seconds, seconds))
        expected = http_date(min(max(seconds, 0), NOW))
        assert site.get().headers["last-modified"] == expected


def test_every_answer_about_a_text_says_that_others_may_get_another_form(site):
    """Source: RFC 9110, section 15.4.5: a 304 has the Vary of its 200."""
    (site.directory / "s" / "long.txt").write_bytes(b"a" * 1000)
    etag = site.get("long.txt").headers["etag"]
    for headers, status in (
        ({}, 200),
        ({"if_none_match": etag}, 304),
        ({"range": "bytes=1-2"}, 206),
    ):
        answer = site.get("long.txt", **headers)
        assert (answer.status, answer.headers["vary"]) == (status, "Accept-Encoding")
    assert "vary" not in site.get("large.bin").headers
