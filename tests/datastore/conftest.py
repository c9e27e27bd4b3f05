import pytest

from tests.datastore.serving import Datastore


@pytest.fixture
def datastore(tmp_path):
    return Datastore(tmp_path)
