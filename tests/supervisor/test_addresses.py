"""The status file is written whole or not at all."""

import json

import pytest

from appengine.supervisor.addresses import Addresses, ApplicationAddress


@pytest.fixture
def addresses():
    served = ApplicationAddress(
        application="trial", module="default", version="1", url="http://localhost:1"
    )
    return Addresses(pid=7, admin="http://localhost:2", applications=[served])


def test_it_is_json_with_the_declared_fields(addresses, tmp_path):
    addresses.write(tmp_path / "status")
    found = json.loads((tmp_path / "status").read_text())
    assert set(found) == {"pid", "admin", "applications"}
    assert set(found["applications"][0]) == {"application", "module", "version", "url"}
    assert [path.name for path in tmp_path.iterdir()] == ["status"]


def test_where_it_cannot_be_written_nothing_is_left(addresses, tmp_path):
    (tmp_path / "status").mkdir()
    with pytest.raises(OSError, match="directory"):
        addresses.write(tmp_path / "status")
    assert [path.name for path in tmp_path.iterdir()] == ["status"]
