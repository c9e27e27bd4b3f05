"""File systems that are mounted and unmounted while a server runs, with its zygote in reserve."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from benchmarks.soak import find_roles
from tests.e2e.serving import DevServer, wait_until, write_files, wsgi_application
from tests.e2e.test_libraries import environ  # noqa: F401  # a fixture

SOURCE = """
import small

def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(small.NUMBER).encode()]
"""
TOOLS = ("unshare", "nsenter", "mount", "umount")

pytestmark = pytest.mark.skipif(
    os.getuid() != 0 or not all(map(shutil.which, TOOLS)),
    reason="needs root, and the commands of util-linux, to mount anything",
)


@pytest.mark.parametrize("propagation", ["private", "shared"])  # shared: as systemd has it
def test_a_version_sees_what_is_mounted_before_it_and_nothing_later_or_unmounted(
    tmp_path,
    environ,  # noqa: F811  # the fixture
    propagation,
):
    folder = wsgi_application(tmp_path / "app", SOURCE)
    write_files(folder, {"requirements.txt": "small==1.0\n"})
    (tmp_path / "stick").mkdir()
    stick = f" {tmp_path / 'stick'} "
    first = ("sh", "-c", f'mount -t tmpfs stick{stick}&& exec "$@"', "sh")
    prefix = ("unshare", "--mount", f"--propagation={propagation}", *first)
    with DevServer([folder], environ=environ, prefix=prefix) as server:

        def run(*command: str) -> None:
            enter = ("nsenter", f"--target={server.pid}", "--mount")
            subprocess.run([*enter, *command], check=True)

        def reserve_sees() -> bool:
            texts = mounts_of(server, "zygote in reserve")
            return any(stick in text for text in texts)

        assert server.get("/").text == "1"
        wait_until(reserve_sees)
        run("umount", stick.strip())
        if propagation == "shared":
            wait_until(lambda: not reserve_sees())  # who unplugs it waits for nobody
        run("mount", "-t", "tmpfs", "later", str(tmp_path / "cache"))
        write_files(folder, {"requirements.txt": "small==2.0\n"})
        wait_until(lambda: server.get("/").text == "2", 30)
        wait_until(lambda: mounts_of(server, "zygote in reserve") and not reserve_sees())
        texts = mounts_of(server, "zygote") + mounts_of(server, "instance")
        assert texts
        assert not any(word in text for text in texts for word in ("master:", "shared:"))


def mounts_of(server, role: str) -> list[str]:
    return [Path(f"/proc/{pid}/mountinfo").read_text() for pid in find_roles(server.pid)[role]]
