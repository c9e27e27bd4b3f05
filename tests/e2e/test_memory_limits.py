"""An instance that takes more memory than its class has ends, says why, and is replaced."""

import os

import pytest

from appengine.supervisor.cgroups import open_cgroups
from tests.e2e.serving import DevServer, wait_until, write_files, wsgi_application

SOURCE = """
import mmap, os

def app(environ, start_response):
    text = "fine"
    if environ["PATH_INFO"] == "/private":
        try:
            bytearray(2**29)
        except MemoryError:
            text = "MemoryError"
    if environ["PATH_INFO"] == "/shared":
        shared = mmap.mmap(-1, 2**29)
        for place in range(0, 2**29, 4096):
            shared[place] = 1
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{text} {os.getpid()}".encode()]
"""


def test_shared_memory_beyond_the_class_is_told_as_the_cause(tmp_path):
    tree, layer = open_cgroups()
    if tree is None:
        pytest.skip(f"no cgroups here: {layer.detail}")
    for directory in tree._directories:
        os.rmdir(directory)
    folder = wsgi_application(tmp_path / "app", SOURCE)
    with DevServer([folder]) as server:
        assert ", cgroups\n" in server.log
        assert server.get("/private").text.startswith("MemoryError")
        reply = server.get("/shared")
        assert reply.status == 500
        assert "killed by SIGKILL: it held more memory than its 320 MiB" in reply.text
        wait_until(lambda: "it held more memory than its 320 MiB" in server.log, 5)
        assert server.get("/").text.startswith("fine")
        made = [directory.with_name(f"appengine-{server.pid}") for directory in tree._directories]
        assert all(any(directory.iterdir()) for directory in made)
    assert not any(directory.exists() for directory in made)


def test_requests_in_processes_of_their_own_share_no_memory_and_have_their_class(tmp_path):
    folder = wsgi_application(tmp_path / "app", SOURCE)
    yaml = (folder / "app.yaml").read_text()
    write_files(folder, {"app.yaml": f"{yaml}platform:\n  isolation: request\n"})
    with DevServer([folder]) as server:
        assert server.get("/private").text.startswith("MemoryError")
        assert "PermissionError" in server.get("/shared").text
        assert server.get("/").text.startswith("fine")


LEAK = """
import os

KEPT = []

def app(environ, start_response):
    KEPT.append(b"x" * 2**23)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(os.getpid()).encode()]
"""


def test_an_instance_beyond_its_class_finishes_its_request_and_goes(tmp_path):
    """Source: App Engine's log, "Exceeded soft private memory limit"."""
    with DevServer([wsgi_application(tmp_path / "app", LEAK)]) as server:
        seen = set()

        def has_gone() -> bool:
            reply = server.get("/")
            assert reply.status in (200, 500), reply.text
            seen.add(reply.text if reply.status == 200 else "")
            return "MiB, more than its 256 MiB" in server.log

        wait_until(has_gone, 60)
        assert "" not in seen, "nobody saw it go"
        wait_until(lambda: server.get("/").text not in seen, 20)


LIMITS = """
import os, resource

def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    most, _ = resource.getrlimit(resource.RLIMIT_DATA)
    return [f"{os.environ['INSTANCE_ID']} {most}".encode()]
"""


@pytest.mark.parametrize(
    ("named", "mebibytes", "processors"),
    [("F1", 256, 1), ("F4", 1024, 4), ("B8\nmanual_scaling: {instances: 1}", 2048, 8)],
)
def test_each_class_has_its_memory_and_processors(tmp_path, named, mebibytes, processors):
    """Source: App Engine, "Instance classes"."""
    folder = wsgi_application(tmp_path / "app", LIMITS)
    yaml = (folder / "app.yaml").read_text()
    write_files(folder, {"app.yaml": f"{yaml}instance_class: {named}\n"})
    hard = mebibytes * 2**20 * 5 // 4
    tree, _ = open_cgroups()
    for directory in tree._directories if tree else ():
        os.rmdir(directory)
    with DevServer([folder]) as server:
        name, most = server.get("/").text.split()
        assert int(most) == hard
        if tree is None:
            return
        made = [
            directory.with_name(f"appengine-{server.pid}") / name for directory in tree._directories
        ]
        wait_until(lambda: all((each / "cgroup.procs").exists() for each in made), 10)
        memory = read_one(made, "memory.max", "memory.limit_in_bytes")
        assert int(memory) == hard
        quota = read_one(made, "cpu.max", "cpu.cfs_quota_us")
        assert not quota or int(quota.split()[0]) == processors * 100_000


def read_one(folders, *names: str) -> str:
    """Returns the text of the first file that there is, of version 2 or 1; "" if there is none."""
    files = [folder / name for folder in folders for name in names if (folder / name).exists()]
    return files[0].read_text() if files else ""
