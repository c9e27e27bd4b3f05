"""appcfg.py vacuum_indexes: what index.yaml does not list goes, the rest stays."""

import subprocess

import pytest

from appengine.cli.appcfg import main
from appengine.datastore.server.building import remove
from appengine.datastore.server.catalog import Catalog
from appengine.datastore.service import IndexesRequest, NeedIndexError
from appengine.storage.files import data_file
from tests.datastore.serving import Datastore, entity

LISTED = "indexes:\n- kind: A\n  properties:\n  - name: x\n  - name: y\n"


@pytest.fixture
def folders(tmp_path):
    application, data = tmp_path / "application", tmp_path / "data"
    application.mkdir()
    data.mkdir()
    (application / "app.yaml").write_text(
        "application: guestbook\nversion: 1\nruntime: python312\n"
    )
    (application / "main.py").touch()
    (application / "index.yaml").write_text(LISTED)
    return application, data


@pytest.fixture
def datastore(folders):
    """A datastore that has an index of `x` and `y`, one of `y` and `x`, and one downwards."""
    datastore = Datastore(folders[1])
    assert datastore.storage.path == data_file(folders[1], "guestbook")
    datastore.put_all(*(entity(("A", n), x=1, y=[n, -n]) for n in range(1, 31)))
    for name, order in (("x", "y"), ("y", "x"), ("x", "-y")):
        datastore.find("A", (name, "=", 1), orders=(order,))
    yield datastore
    datastore.close()


def run(folders, *options):
    application, data = folders
    return main(["vacuum_indexes", str(application), "--storage_path", str(data), *options])


def answer(monkeypatch, text):
    """Gives the command its input."""

    def call(command):
        return subprocess.run(command, input=text, text=True, check=False).returncode

    monkeypatch.setattr(subprocess, "call", call)


def names(datastore):
    found = datastore.indexes(IndexesRequest()).indexes
    return [
        [("-" if order.descending else "") + order.property for order in index.properties]
        for index in found
    ]


def test_unlisted_indexes_go_with_their_rows_and_the_listed_one_serves_on(
    folders, datastore, capfd
):
    assert len(names(datastore)) == 3
    assert run(folders, "-f") == 0
    lines = capfd.readouterr().out.splitlines()
    assert lines == ["removed an index of A, 60 rows"] * 2
    assert names(datastore) == [["x", "y"]]
    datastore.settings["datastore.require_indexes"] = "true"
    assert len(datastore.ids("A", ("x", "=", 1), orders=("y",))) == 30
    with pytest.raises(NeedIndexError):
        datastore.ids("A", ("x", "=", 1), orders=("-y",))
    with datastore.storage.read() as connection:
        text = "SELECT DISTINCT index_id FROM datastore_index_entries"
        ids = {row[0] for row in connection.driver.execute(text)}
    (index,) = datastore.indexes(IndexesRequest()).indexes
    assert max(ids) == index.id


def test_an_index_that_comes_back_has_another_id_and_all_rows(folders, datastore):
    before = {index.id for index in datastore.indexes(IndexesRequest()).indexes}
    assert run(folders, "-f") == 0
    datastore.put_all(entity(("A", 99), x=1, y=-99))
    found = datastore.ids("A", ("x", "=", 1), orders=("-y",))
    assert found[-1] == 99
    assert len(found) == 31
    after = {index.id for index in datastore.indexes(IndexesRequest()).indexes}
    assert max(after) > max(before)


def test_each_index_is_asked_for(folders, datastore, monkeypatch, capfd):
    answer(monkeypatch, "n\ny\n")
    assert run(folders) == 0
    assert names(datastore) == [["x", "y"], ["y", "x"]]
    assert '- kind: A\n  properties:\n  - name: "y"\n  - name: x\n' in capfd.readouterr().out
    answer(monkeypatch, "")
    assert run(folders) == 0  # the end of the input is no
    assert capfd.readouterr().out.endswith("no index was removed\n")


def test_an_index_yaml_with_a_mistake_removes_nothing(folders, datastore, capfd):
    (folders[0] / "index.yaml").write_text("indexes:\n- colour: red\n")
    assert run(folders, "-f") == 1
    assert "index.yaml:2" in capfd.readouterr().err
    assert len(names(datastore)) == 3


def test_a_removal_that_was_cut_off_is_finished_by_the_next(folders, datastore):
    class Died(Exception):
        pass

    catalog = datastore.storage.companion(Catalog, "guestbook")
    last = catalog.known.all_composites()[-1]
    commits = []

    def reach(point):
        commits.append(point)
        if commits.count("before commit") == 2:
            raise Died

    datastore.storage.reach = reach
    with pytest.raises(Died):
        remove(catalog, last)
    datastore.storage.reach = lambda point: None
    datastore.put_all(entity(("A", 50), x=1, y=0))
    states = [index.state for index in datastore.indexes(IndexesRequest()).indexes]
    assert states == ["serving", "serving", "deleting"]
    (folders[0] / "index.yaml").write_text(
        LISTED + "- kind: A\n  properties:\n  - name: y\n  - name: x\n"
    )
    assert run(folders) == 0
    assert names(datastore) == [["x", "y"], ["y", "x"]]
