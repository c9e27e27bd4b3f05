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


@pytest.mark.parametrize("isolation", ["instance", "request"])
def test_shared_memory_beyond_the_class_is_told_as_the_cause(tmp_path, isolation):
    tree, layer = open_cgroups()
    if tree is None:
        pytest.skip(f"no cgroups here: {layer.detail}")
    for directory in tree._directories:
        os.rmdir(directory)
    folder = wsgi_application(tmp_path / "app", SOURCE)
    yaml = (folder / "app.yaml").read_text()
    write_files(folder, {"app.yaml": f"{yaml}platform:\n  isolation: {isolation}\n"})
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
