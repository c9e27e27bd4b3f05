"""Static files over WSGI: HTTP's rules for caches and ranges, and no way out of the application."""

import os
import socket
from pathlib import Path
from wsgiref.util import FileWrapper

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.http import http_date

from appengine.config.handlers import StaticHandler
from appengine.front.files import StaticRoot, open_beneath, open_by_walk
from appengine.front.sending import SMALL_BYTES
from appengine.front.static_files import serve

NOW = 1_800_000_000.0
SMALL = bytes(range(256))
LARGE = os.urandom(SMALL_BYTES + 1000)


class Site:
    def __init__(self, directory: Path, skip_files: str = "") -> None:
        self.directory = directory
        self.root = StaticRoot(directory, skip_files)
        self.handler = StaticHandler(url="/s/(.*)", file="s/\\1")

    def get(self, name="a.css", method="GET", handler=None, **headers):
        """Requests /s/NAME; `if_range="x"` is the header If-Range."""
        environ = {"REQUEST_METHOD": method, "wsgi.file_wrapper": FileWrapper}
        environ |= {f"HTTP_{key.upper()}": value for key, value in headers.items()}
        found = serve(handler or self.handler, (f"/s/{name}", name), self.root, environ, now=NOW)
        return None if found is None else Answer(found)


class Answer:
    def __init__(self, response) -> None:
        self.status = response.status.value
        self.headers = {name.lower(): value for name, value in response.headers}
        assert len(self.headers) == len(response.headers)
        self.body = b"".join(response.body)
        if hasattr(response.body, "close"):
            response.body.close()

    def __repr__(self) -> str:
        return f"{self.status} {self.headers} {self.body[:40]!r}"


@pytest.fixture
def site(tmp_path):
    directory = tmp_path / "app"
    (directory / "s" / "deep").mkdir(parents=True)
    for name, content in {"a.css": SMALL, "large.bin": LARGE, "deep/x.txt": b"x", "0": b""}.items():
        (directory / "s" / name).write_bytes(content)
        os.utime(directory / "s" / name, (NOW - 1000, NOW - 1000))
    (directory / "main.py").write_text("secret")
    (tmp_path / "outside.txt").write_text("secret")
    site = Site(directory)
    yield site
    site.root.close()


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


@pytest.mark.parametrize(
    "name",
    [
        "gone.css",
        "",
        "deep",
        "deep/",
        "a.css/",
        "../main.py",
        "deep/../../main.py",
        "deep/../a.css",
        "..",
        "/etc/passwd\0",
        "a.css\0",
        "..\\main.py",
        "%2e%2e/main.py",
        "\udc80\ud800",
        "x" * 300,
        "/".join("x" * 3000),
    ],
)
def test_what_is_no_file_below_the_directory_is_404(site, name):
    assert site.get(name).status == 404


def test_a_leading_slash_leads_nowhere_else(site):
    """`/s//etc/passwd` is a file of the application: s//etc/passwd."""
    assert site.get("//etc/passwd").status == 404
    (site.directory / "s" / "etc").mkdir()
    (site.directory / "s" / "etc" / "passwd").write_text("mine")
    assert site.get("//etc/passwd").body == b"mine"


@pytest.fixture(params=[open_beneath, open_by_walk], ids=["openat2", "walk"])
def opened(request, site, monkeypatch):
    """The site with either way of opening files."""
    if request.param is open_beneath:
        try:
            os.close(open_beneath(os.open(site.directory, os.O_PATH), "."))
        except OSError:
            pytest.skip("this kernel has no openat2")
    monkeypatch.setattr(site.root, "_open", request.param)
    return site


@pytest.mark.parametrize(
    ("link", "target", "status"),
    [
        ("s/in.css", "a.css", 200),
        ("s/up.css", "deep/../a.css", 200),
        ("s/py", "../main.py", 200),
        ("s/two", "in2", 200),
        ("s/folder", "deep", 404),
        ("s/out", "../../outside.txt", 404),
        ("s/absolute", "/etc/passwd", 404),
        ("s/self", "self", 404),
        ("s/gone", "nowhere", 404),
        ("s/parent", "../..", 404),
        ("s/proc", "/proc/self/root/etc/passwd", 404),
    ],
)
def test_links_are_followed_only_inside_of_the_application(opened, link, target, status):
    (opened.directory / "s" / "in2").symlink_to("./deep/./x.txt")
    (opened.directory / link).symlink_to(target)
    assert opened.get(link.removeprefix("s/")).status == status


def test_directories_that_are_links_are_followed_only_inside(opened):
    (opened.directory / "s" / "in").symlink_to("deep")
    (opened.directory / "s" / "out").symlink_to("../..")
    (opened.directory / "s" / "back").symlink_to("deep/../../s")
    assert opened.get("in/x.txt").body == b"x"
    assert opened.get("back/deep/x.txt").body == b"x"
    assert opened.get("out/outside.txt").status == 404


def test_a_chain_of_links_ends(opened):
    for number in range(50):
        (opened.directory / "s" / f"{number}").unlink(missing_ok=True)
        (opened.directory / "s" / f"{number}").symlink_to(f"{number + 1}")
    (opened.directory / "s" / "50").write_text("x")
    assert opened.get("0").status == 404
    assert opened.get("45").body == b"x"


def test_what_is_no_regular_file_is_404_and_nobody_waits_for_it(opened):
    os.mkfifo(opened.directory / "s" / "fifo")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(opened.directory / "s" / "socket"))
        assert opened.get("fifo").status == 404
        assert opened.get("socket").status == 404


@pytest.mark.skipif(os.geteuid() != 0, reason="only the superuser makes devices")
def test_a_device_is_404(opened):
    try:
        os.mknod(opened.directory / "s" / "null", 0o20666, os.makedev(1, 3))
    except PermissionError:
        pytest.skip("this container makes no devices")
    assert opened.get("null").status == 404


NAMES = st.sampled_from(
    [
        "..",
        ".",
        "",
        "s",
        "deep",
        "a.css",
        "x.txt",
        "in",
        "out",
        "main.py",
        "outside.txt",
        "\\..",
        "a",
    ]
)


@settings(deadline=None)
@given(st.lists(NAMES, max_size=8).map("/".join))
def test_no_path_shows_what_lies_outside(tmp_path_factory, path):
    base = tmp_path_factory.getbasetemp() / "walked"
    if not base.exists():
        (base / "app" / "s" / "deep").mkdir(parents=True)
        (base / "outside.txt").write_text("secret")
        (base / "app" / "s" / "a.css").write_text("mine")
        (base / "app" / "s" / "deep" / "x.txt").write_text("mine")
        (base / "app" / "s" / "in").symlink_to("deep")
        (base / "app" / "s" / "out").symlink_to("../..")
    site = Site(base / "app")
    directory = os.open(base / "app", os.O_PATH)
    try:
        answers = [site.get(path).body]
        for way in (open_beneath, open_by_walk):
            site.root._open = way
            answers.append(site.get(path).body)
        assert answers[0] in (b"mine", b"404 Not Found\n")
        assert answers[0] == answers[2]
    finally:
        os.close(directory)
        site.root.close()


def test_both_ways_leave_no_descriptor_open(opened):
    before = os.listdir("/proc/self/fd")
    (opened.directory / "s" / "out").symlink_to("../..")
    for name in ("a.css", "large.bin", "gone", "out/x", "deep", "deep/x.txt"):
        for method in ("GET", "HEAD", "POST"):
            opened.get(name, method)
        opened.get(name, range="bytes=9-5")
        opened.get(name, range="bytes=99999999-")
        opened.get(name, if_none_match="*")
        opened.get(name, if_match='"other"')
    assert len(os.listdir("/proc/self/fd")) == len(before)


def test_skipped_files_are_no_part_of_the_application(site):
    """Source: App Engine, "app.yaml", `skip_files`: they are not uploaded."""
    (site.directory / "s" / ".git").mkdir()
    (site.directory / "s" / ".git" / "config").write_text("secret")
    skipping = Site(site.directory, r"(.*/)?\..*|s/deep")
    names = ("a.css", ".git/config", ".//.git/config", "deep/x.txt")
    assert [skipping.get(name).status for name in names] == [200, 404, 404, 404]
    skipping.root.close()


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


def test_descriptors_that_ran_out_are_the_machine_s_failure_not_404(site, monkeypatch):
    def none_left(*_):
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(site.root, "_open", none_left)
    with pytest.raises(OSError, match="Too many open files"):
        site.get()
