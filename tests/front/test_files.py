"""Opening files: no path and no link leads out of the application."""

import ctypes
import errno
import os
import socket

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appengine.front import files
from appengine.front.files import StaticRoot, open_beneath, open_by_walk
from tests.front.site import Site, make_site


@pytest.fixture
def site(tmp_path):
    with make_site(tmp_path) as site:
        yield site


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
        "\ud800",
        "\udc80",
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
            os.close(open_beneath(site.root._descriptor, "."))
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


def test_descriptors_that_ran_out_are_the_machine_s_failure_not_404(site, monkeypatch):
    def none_left(*_):
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(site.root, "_open", none_left)
    with pytest.raises(OSError, match="Too many open files"):
        site.get()


def test_without_openat2_files_are_found_by_the_walk(site, monkeypatch):
    def refused(*_):
        raise OSError(errno.ENOSYS, "Function not implemented")

    monkeypatch.setattr("appengine.front.files.open_beneath", refused)
    walking = Site(site.directory)
    assert walking.root._open is open_by_walk
    assert walking.get().status == 200
    walking.root.close()


def test_directories_that_are_being_renamed_are_looked_at_again(site, monkeypatch):
    """Linux answers EAGAIN when `..` of a link meets a rename."""
    answers = [errno.EAGAIN, errno.EINTR, 0]
    call = files._libc.syscall

    class Library:
        def syscall(self, *arguments):
            code = answers.pop(0)
            ctypes.set_errno(code)
            return -1 if code else call(*arguments)

    directory = os.open(site.directory, os.O_PATH)
    monkeypatch.setattr(files, "_libc", Library())
    os.close(open_beneath(directory, "s/a.css"))
    answers += [errno.EAGAIN] * files.RACES
    with pytest.raises(BlockingIOError):
        open_beneath(directory, "s/a.css")
    os.close(directory)
    assert answers == []


def test_a_directory_that_is_forgotten_is_closed(site):
    root = StaticRoot(site.directory)
    descriptor = root._descriptor
    del root
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)
