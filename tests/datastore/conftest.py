import pytest

from tests.datastore.serving import OPENED, Datastore


@pytest.fixture
def datastore(tmp_path):
    return Datastore(tmp_path)


@pytest.fixture(autouse=True)
def close_files():
    """Leaves no file open for the tests that come after."""
    yield
    for datastore in list(OPENED):
        datastore.close()
