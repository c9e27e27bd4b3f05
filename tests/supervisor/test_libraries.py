"""What requirements.txt names is installed once, whole or not at all, and nothing of it runs."""

import asyncio
import fcntl
import os
from pathlib import Path

import pytest

from appengine.config.app_yaml import load_application
from appengine.supervisor import libraries
from appengine.supervisor.libraries import Libraries, LibrariesError, entry_name
from tests.e2e.serving import WSGI_YAML, write_files
from tests.supervisor.wheels import hash_of, make_source, make_wheel

YAML = WSGI_YAML.format(name="trial", threadsafe="true")


@pytest.fixture
def wheels(tmp_path, monkeypatch):
    """The only place where pip looks."""
    folder = tmp_path / "wheels"
    make_wheel(folder, "small", __init__="NUMBER = 1\n")
    make_wheel(folder, "small", "2.0", __init__="NUMBER = 2\n")
    make_wheel(folder, "other", __init__="")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    return folder


@pytest.fixture
def provide(wheels, tmp_path):
    """Returns what installs these lines; `said` holds what was told."""

    def call(text: str, *, times: int = 1) -> Path | None:
        files = {"app.yaml": YAML, "main.py": "app = None\n", "requirements.txt": text}
        config = load_application(write_files(tmp_path / "application", files))

        async def run() -> list[Path | None]:
            caches = [Libraries(tmp_path / "cache", call.said.append) for _ in range(times)]
            return await asyncio.gather(*(cache.provide(config) for cache in caches))

        found = set(asyncio.run(run()))
        assert len(found) == 1
        return found.pop()

    call.said = []
    call.cache = tmp_path / "cache"
    return call


def leftovers(provide) -> list[str]:
    return [path.name for path in provide.cache.iterdir() if ".part-" in path.name]


def test_an_application_without_libraries_needs_no_cache(provide):
    assert provide("# none\n") is None
    assert not provide.cache.exists()


def test_libraries_are_installed_and_told_of(provide):
    place = provide("small==1.0\nother\n")
    assert (place / "small/__init__.py").read_text() == "NUMBER = 1\n"
    assert (place / "other").is_dir()
    assert provide.said[0] == "[trial] requirements.txt: installing small, other"
    assert provide.said[-1].startswith("[trial] requirements.txt: installed its libraries in ")
    assert leftovers(provide) == []


def test_every_user_may_read_libraries(provide):
    before = os.umask(0o077)
    try:
        place = provide("small\n")
    finally:
        os.umask(before)
    modes = [path.stat().st_mode & 0o777 for path in (place, *place.rglob("*"))]
    assert set(modes) <= {0o755, 0o644}


def test_what_is_installed_is_not_installed_again(provide, wheels):
    place = provide("small==1.0\n")
    for wheel in wheels.iterdir():
        wheel.unlink()
    provide.said.clear()
    assert provide("# the same\nsmall==1.0   # with comments\n") == place
    assert provide.said == []


def test_other_requirements_are_another_entry(provide):
    assert provide("small==1.0\n") != provide("small==2.0\n")
    assert (provide("small\n") / "small/__init__.py").read_text() == "NUMBER = 2\n"


def test_another_python_is_another_entry(provide, monkeypatch):
    before = entry_name(())
    monkeypatch.setattr(libraries.platform, "python_version", lambda: "3.99.0")
    assert entry_name(()) != before


def test_a_marker_that_is_false_leaves_nothing_to_install(provide):
    assert list(provide("missing; python_version < '3'\n").iterdir()) == []


def test_a_hash_is_compared(provide, wheels):
    right = hash_of(wheels / "small-1.0-py3-none-any.whl")
    assert provide(f"small==1.0 --hash={right}\n").is_dir()
    with pytest.raises(LibrariesError, match=r"requirements\.txt:1: 'small==1\.0 --hash"):
        provide(f"small==1.0 --hash=sha256:{'0' * 64}\n")


def test_servers_that_start_at_once_install_once(provide):
    place = provide("small\nother\n", times=4)
    assert place.is_dir()
    assert len([line for line in provide.said if "installing" in line]) == 1
    assert len([line for line in provide.said if "another server" in line]) == 3


def test_a_library_that_is_not_there_is_named_with_its_line(provide):
    with pytest.raises(LibrariesError) as caught:
        provide("small\n\nmissing-thing==3\n")
    assert "requirements.txt:3: 'missing-thing==3' cannot be installed: " in str(caught.value)
    assert "\n" not in str(caught.value)
    assert leftovers(provide) == []


def test_what_cannot_be_had_together_is_told(provide):
    with pytest.raises(LibrariesError, match=r"'small==1\.0' cannot be .*small==2"):
        provide("small==1.0\nsmall==2.0\n")


def test_a_source_distribution_is_refused_and_never_run(provide, wheels, tmp_path):
    make_source(wheels, "sourceful", tmp_path / "trace")
    with pytest.raises(LibrariesError, match=r"'sourceful' cannot be installed.*wheels"):
        provide("sourceful\n")
    assert not (tmp_path / "trace").exists()


def test_the_operator_s_environment_cannot_allow_sources(provide, wheels, tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_NO_BINARY", ":all:")
    monkeypatch.setenv("PIP_TARGET", str(tmp_path / "elsewhere"))
    make_source(wheels, "sourceful", tmp_path / "trace")
    with pytest.raises(LibrariesError, match="'sourceful' cannot be installed"):
        provide("sourceful\n")
    assert (provide("small\n") / "small").is_dir()
    assert not (tmp_path / "trace").exists()


def test_what_a_killed_installation_has_left_is_removed(provide):
    name = provide("small\n").name
    provide.cache.joinpath(name).rename(provide.cache / f"{name}.part-left")
    assert (provide("small\n") / "small").is_dir()
    assert leftovers(provide) == []


def test_an_installation_that_is_cut_short_leaves_nothing(provide, tmp_path):
    files = {"app.yaml": YAML, "main.py": "", "requirements.txt": "small\n"}
    config = load_application(write_files(tmp_path / "application", files))

    async def run() -> None:
        started = asyncio.Event()
        cache = Libraries(provide.cache, lambda line: started.set())
        work = asyncio.create_task(cache.provide(config))
        await started.wait()
        await asyncio.sleep(0)
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work

    asyncio.run(run())
    assert [path.suffix for path in provide.cache.iterdir()] == [".lock"]


def test_too_long_an_installation_is_ended(provide, monkeypatch):
    monkeypatch.setattr(libraries, "INSTALL_SECONDS", 0.01)
    with pytest.raises(LibrariesError, match="installing small took longer than 0 s"):
        provide("small\n")
    assert leftovers(provide) == []


def test_a_long_installation_says_that_it_goes_on(provide, monkeypatch):
    monkeypatch.setattr(libraries, "PROGRESS_SECONDS", -1.0)
    provide("small\n")
    assert any("Successfully installed small-2.0" in line for line in provide.said)


def test_a_cache_that_cannot_be_written_is_told(provide, tmp_path):
    provide.cache.write_text("a file")
    with pytest.raises(LibrariesError, match=r"requirements\.txt: no room for its libraries"):
        provide("small\n")


def test_a_lock_ends_with_its_holder(provide):
    provide("small\n")
    [lock] = provide.cache.glob("*.lock")
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
