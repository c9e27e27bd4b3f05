"""The data of a run: refused untouched where it cannot be used, forgotten where that is asked."""

import os
import pwd
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from appengine.config.app_yaml import load_application
from appengine.config.errors import ConfigurationError
from appengine.config.settings import Settings
from appengine.storage.engine import Storage
from appengine.storage.errors import (
    StorageCorruptError,
    StorageError,
    StorageLockedError,
    StorageReadOnlyError,
    StorageVersionError,
)
from appengine.storage.files import (
    FORMAT_VERSION,
    PLATFORM_FILE,
    check_file,
    check_writable,
    data_file,
)
from appengine.supervisor.data import (
    open_seed,
    open_storage_directory,
    prepare_data,
    storage_path,
)
from appengine.supervisor.libraries import cache_directory
from appengine.supervisor.seeding import Seeding
from tests.e2e.serving import CHECKOUT, wsgi_application

SEED = "- {kind: A, id: 1}\n- {kind: A, id: 2, application: second}\n"


class Site:
    """Two applications, and the data of them and of a third one."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        self.seed_file = folder / "seed.yaml"
        self.applications = [
            load_application(str(wsgi_application(folder / name, "app = None", name=name)))
            for name in ("first", "second")
        ]

    def fill(self) -> None:
        self.data.mkdir()
        for name in ("first", "second", "third", "_platform"):
            self.write(name)
        (self.data / "secret").write_bytes(b"s" * 32)

    def write(self, name: str) -> None:
        path = data_file(self.data, name)
        connection = sqlite3.connect(path)
        connection.executescript(
            f"PRAGMA user_version = {FORMAT_VERSION}; PRAGMA journal_mode = WAL;"
            "CREATE TABLE t (x); INSERT INTO t VALUES ('kept')"
        )
        connection.close()
        for ending in ("-wal", "-shm", "-turn"):  # as a killed server leaves them
            path.with_name(path.name + ending).touch()

    def settings(self, **options: object) -> Settings:
        return Settings(storage_path=str(self.data), **options)

    def files(self) -> dict[str, bytes]:
        return {
            path.name: path.read_bytes()
            for path in self.data.iterdir()
            if path.name != "server.lock"
        }

    def prepare(self, **options: object) -> list[str]:
        settings = self.settings(**options)
        storage = open_storage_directory(settings, self.applications)
        try:
            with open_seed(settings, self.applications, storage.path) as seed:
                return prepare_data(settings, self.applications, storage.path, seed)
        finally:
            storage.close()


@pytest.fixture
def site(tmp_path):
    site = Site(tmp_path)
    site.fill()
    return site


def test_nothing_changes_where_nothing_is_asked_for(site):
    before = site.files()
    assert site.prepare() == []
    assert site.files() == before


def test_the_entities_of_the_served_applications_are_forgotten_and_no_others(site):
    before = site.files()
    assert site.prepare(clear_datastore=True) == [
        "first: all stored entities are forgotten",
        "second: all stored entities are forgotten",
    ]
    kept = {name: data for name, data in before.items() if not name.startswith(("first", "second"))}
    assert site.files() == kept
    assert {"secret", "_platform.db", "third.db", "third.db-wal"} <= set(kept)


def test_there_is_nothing_to_say_where_nothing_was_stored(site):
    site.prepare(clear_datastore=True)
    assert site.prepare(clear_datastore=True) == []


def test_what_is_left_beside_a_file_that_is_gone_does_not_come_back(site):
    """The process may end between two removals; the file of data goes first."""
    path = data_file(site.data, "first")
    writer = sqlite3.connect(path)
    writer.execute("INSERT INTO t VALUES ('in the log')")
    writer.commit()
    log = path.with_name("first.db-wal").read_bytes()
    assert b"in the log" in log
    writer.close()
    path.unlink()
    path.with_name("first.db-wal").write_bytes(log)
    storage = Storage(path)
    with storage.read() as connection:
        tables = connection.driver.execute("SELECT name FROM sqlite_schema").fetchall()
    assert ("t",) not in tables
    storage.close()


def test_a_newer_format_is_refused_and_nothing_is_touched(site):
    connection = sqlite3.connect(data_file(site.data, "second"))
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.execute(f"PRAGMA user_version = {FORMAT_VERSION + 1}")
    connection.close()
    before = site.files()
    with pytest.raises(StorageVersionError, match=r"second\.db has format 2.*nothing was changed"):
        site.prepare(clear_datastore=True)
    assert site.files() == before
    open_storage_directory(site.settings(), site.applications[:1]).close()


def test_another_kind_of_file_is_refused_and_nothing_is_touched(site):
    (site.data / "_platform.db").write_bytes(b"a letter to the reader")
    before = site.files()
    with pytest.raises(StorageCorruptError, match=r"platform\.db is not a SQLite database"):
        site.prepare(clear_datastore=True)
    assert site.files() == before


def test_a_directory_in_a_file_s_place_is_refused(tmp_path):
    (tmp_path / "a.db").mkdir()
    with pytest.raises(StorageReadOnlyError, match=r"a\.db: Is a directory"):
        check_file(tmp_path / "a.db")


def test_data_in_use_is_refused_and_nothing_is_touched(site):
    before = site.files()
    other = open_storage_directory(site.settings(), site.applications)
    with pytest.raises(StorageLockedError, match=f"in use by process {os.getpid()}"):
        site.prepare(clear_datastore=True)
    other.close()
    assert site.files() == before


def test_a_refusal_leaves_the_directory_to_the_next_server(site):
    (site.data / "first.db").write_bytes(b"a letter")
    with pytest.raises(StorageCorruptError):
        site.prepare()
    (site.data / "first.db").unlink()
    assert site.prepare() == []


@pytest.mark.parametrize("name", ["first.db", "first.db-wal", "."])
def test_data_that_may_not_be_written_is_refused(name):
    """By an ordinary user: root may write anything."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        data.mkdir()
        for file in ("first.db", "first.db-wal"):
            (data / file).touch()
        (data / name).chmod(0o555)
        Path(folder).chmod(0o755)
        child = os.fork()
        if child == 0:
            os._exit(ask_as_nobody(data))
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        (data / name).chmod(0o755)


def ask_as_nobody(data: Path) -> int:
    if os.getuid() == 0:
        os.chown(data / "first.db", 65534, 65534)
        os.chown(data / "first.db-wal", 65534, 65534)
        os.chown(data, 65534, 65534)
        os.setresuid(65534, 65534, 65534)
    try:
        check_writable(data)
        check_file(data / "first.db")
    except StorageReadOnlyError as error:
        return 0 if "may not be read and written; nothing was changed" in str(error) else 3
    return 4


def test_entities_are_loaded_after_the_old_ones_are_forgotten(site):
    site.seed_file.write_text(SEED)
    file = str(site.seed_file)
    lines = site.prepare(clear_datastore=True, seed_file=file)
    assert lines[2:] == [f"{file}: 2 entities loaded"]
    assert site.prepare(seed_file=file) == [f"{file}: 0 entities loaded, 2 were there already"]


def test_a_wrong_seed_touches_no_data(site):
    site.seed_file.write_text("- kind: A\n  id: no\n")
    before = site.files()
    with pytest.raises(ConfigurationError, match=r"seed\.yaml:2: \[0\]\.id: expected an id"):
        site.prepare(clear_datastore=True, seed_file=str(site.seed_file))
    assert site.files() == before


def test_a_process_that_dies_is_told_with_its_end(site):
    site.seed_file.write_text(SEED)
    with Seeding(str(site.seed_file), site.data, ["first", "second"], "a.b") as seed:
        seed._process.kill()
        seed._process.wait()
        with pytest.raises(ConfigurationError, match="its process ended with SIGKILL"):
            seed.load()


def test_without_a_home_directory_a_place_must_be_named(site, monkeypatch):
    for name in ("HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", dict().__getitem__)  # a user whom the system has not
    with pytest.raises(StorageError, match=r"no home directory .* --storage_path names a place"):
        open_storage_directory(Settings(), site.applications)
    assert cache_directory() is None
    assert storage_path(site.settings(), site.applications) == site.data


def test_a_default_place_that_cannot_be_written_names_the_flag(site, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", "/proc/none")
    with pytest.raises(StorageReadOnlyError, match=r"cannot be written: .*--storage_path names"):
        open_storage_directory(Settings(), site.applications)


def test_no_application_s_data_is_the_platform_s(tmp_path):
    assert data_file(tmp_path, "platform").name != PLATFORM_FILE


def test_the_home_directory_has_its_short_name(site, monkeypatch):
    monkeypatch.setenv("HOME", str(site.seed_file.parent))
    site.seed_file.write_text("[]")
    assert site.prepare(seed_file="~/seed.yaml") == [f"{site.seed_file}: 0 entities loaded"]


def test_no_sql_and_no_http_is_in_the_memory_of_the_supervisor():
    code = "import sys; import appengine.supervisor.run; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True, check=True
    )
    kept_out = "sqlalchemy sqlite3 appengine.datastore gunicorn werkzeug jinja2 http.client".split()
    assert "appengine.supervisor.run" in done.stdout.split()
    assert [name for name in kept_out if name in done.stdout.split()] == []
