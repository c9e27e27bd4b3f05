import pytest

from tests.datastore.positions import APPLICATION, Caged, Wired
from tests.datastore.serving import OPENED, Datastore
from tests.e2e.serving import DevServer, wsgi_application


@pytest.fixture
def datastore(tmp_path):
    return Datastore(tmp_path)


@pytest.fixture(scope="session")
def served(tmp_path_factory):
    """An application in its cage, behind the development server."""
    folder = wsgi_application(tmp_path_factory.mktemp("application"), APPLICATION)
    folder.parent.chmod(0o755)
    with DevServer([folder]) as server:
        yield server


@pytest.fixture(params=["alone", "wire", "cage"])
def anywhere(request, tmp_path):
    """A datastore whose server is called itself, through a pipe, or from within a cage."""
    if request.param == "alone":
        yield Datastore(tmp_path)
        return
    if request.param == "wire":
        position = Wired(tmp_path)
    else:
        position = Caged(request.getfixturevalue("served"))
    yield position
    position.close()


@pytest.fixture(autouse=True)
def close_files():
    """Leaves no file open for the tests that come after."""
    yield
    for datastore in list(OPENED):
        datastore.close()
