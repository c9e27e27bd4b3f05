"""Conditional requests and ranges, over static files."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.http import http_date

from tests.front.site import LARGE, NOW, SMALL, Site, make_site


@pytest.fixture
def site(tmp_path):
    with make_site(tmp_path) as site:
        yield site


def test_the_etag_is_strong_and_changes_with_the_file(site):
    etags = {site.get().headers["etag"], site.get("deep/x.txt").headers["etag"]}
    path = site.directory / "s" / "a.css"
    path.write_bytes(SMALL[::-1])
    etags.add(site.get().headers["etag"])
    path.rename(path.with_suffix(".old"))
    path.write_bytes(SMALL)
    etags.add(site.get().headers["etag"])
    assert len(etags) == 4
    assert all(etag.startswith('"') and etag.endswith('"') for etag in etags)


@pytest.mark.parametrize("form", ["{}", "W/{}", '"x", {}', "*", 'W/"x" , W/{} '])
@pytest.mark.parametrize("name", ["a.css", "large.bin"])
def test_a_client_that_has_this_state_gets_304_without_a_body(site, form, name):
    etag = site.get(name).headers["etag"]
    answer = site.get(name, if_none_match=form.format(etag))
    assert (answer.status, answer.body) == (304, b"")
    assert answer.headers["etag"] == etag
    assert not {"content-length", "content-type"} & set(answer.headers)
    assert {"cache-control", "expires", "last-modified"} <= set(answer.headers)


@pytest.mark.parametrize("header", ['"x"', 'W/"x"', "", '"', "x y"])
def test_a_client_that_has_another_state_gets_the_file(site, header):
    assert site.get(if_none_match=header).status == 200


def test_a_date_is_asked_only_where_no_etag_is(site):
    """Source: RFC 9110, section 13.1.3."""
    date = http_date(NOW - 1000)
    assert site.get(if_modified_since=date).status == 304
    assert site.get(if_modified_since=http_date(NOW - 1001)).status == 200
    assert site.get(if_modified_since="yesterday").status == 200
    assert site.get(if_modified_since=date, if_none_match='"x"').status == 200


def test_conditions_that_guard_writes_fail_with_412(site):
    etag = site.get().headers["etag"]
    assert site.get(if_match=etag).status == 200
    assert site.get(if_match="*").status == 200
    assert site.get(if_match='"x"').status == 412
    assert site.get(if_match=f"W/{etag}").status == 412
    assert site.get(if_unmodified_since=http_date(NOW - 1000)).status == 200
    assert site.get(if_unmodified_since=http_date(NOW - 1001)).status == 412


@pytest.mark.parametrize(
    ("header", "first", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=10-19", 10, 20),
        ("bytes=250-", 250, 256),
        ("bytes=-6", 250, 256),
        ("bytes=-9999", 0, 256),
        ("bytes=200-9999", 200, 256),
        ("bytes = 1-2", 1, 3),
    ],
)
def test_a_range_is_answered_with_that_part(site, header, first, end):
    answer = site.get(range=header)
    assert (answer.status, answer.body) == (206, SMALL[first:end])
    assert answer.headers["content-range"] == f"bytes {first}-{end - 1}/256"
    assert answer.headers["content-length"] == str(end - first)


def test_a_range_of_a_large_file_is_that_part(site):
    answer = site.get("large.bin", range="bytes=65000-66000")
    assert (answer.status, answer.body) == (206, LARGE[65000:66001])


@pytest.mark.parametrize("header", ["bytes=256-", "bytes=999-9999"])
def test_a_range_behind_the_end_is_416_with_the_size(site, header):
    answer = site.get(range=header)
    assert (answer.status, answer.headers["content-range"]) == (416, "bytes */256")


@pytest.mark.parametrize(
    "header",
    ["bytes=5-2", "bytes=a-b", "items=0-1", "bytes=0-1,5-6", "x", "bytes=", "bytes=" + "9" * 5000],
)
def test_what_is_no_single_range_is_answered_with_the_whole(site, header):
    assert (site.get(range=header).status, site.get(range=header).body) == (200, SMALL)


def test_head_and_a_range_is_the_whole_s_head(site):
    assert site.get(method="HEAD", range="bytes=0-1").status == 200


def test_if_range_sends_the_part_only_of_the_same_state(site):
    """Source: RFC 9110, section 13.1.5."""
    etag, part = site.get().headers["etag"], "bytes=0-1"
    assert site.get(range=part, if_range=etag).status == 206
    assert site.get(range=part, if_range=http_date(NOW - 1000)).status == 206
    assert site.get(range=part, if_range='"x"').status == 200
    assert site.get(range=part, if_range=f"W/{etag}").status == 200
    assert site.get(range=part, if_range=http_date(NOW)).status == 200


@given(header=st.one_of(st.text(max_size=30), st.from_regex(r"bytes=[0-9, -]{0,12}")))
def test_any_range_is_200_206_or_416_and_the_length_is_true(tmp_path_factory, header):
    directory = tmp_path_factory.getbasetemp() / "ranges"
    (directory / "s").mkdir(parents=True, exist_ok=True)
    if not (directory / "s" / "a.css").exists():
        (directory / "s" / "a.css").write_bytes(SMALL)
    site = Site(directory)
    answer = site.get(range=header)
    assert answer.status in (200, 206, 416)
    assert answer.headers["content-length"] == str(len(answer.body))
    site.root.close()
