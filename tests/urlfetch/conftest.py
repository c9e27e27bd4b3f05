import ssl

import pytest
import trustme

from tests.datastore.positions import APPLICATION
from tests.e2e.serving import DevServer, wsgi_application
from tests.urlfetch.origin import Origin
from tests.urlfetch.serving import Caged, Direct, Wired


@pytest.fixture(scope="session")
def served(tmp_path_factory):
    """An application that makes the calls it is told to, behind the development server."""
    folder = wsgi_application(tmp_path_factory.mktemp("application"), APPLICATION)
    folder.parent.chmod(0o755)
    with DevServer([folder]) as server:
        yield server


@pytest.fixture(scope="session")
def origin():
    with Origin() as server:
        yield server


@pytest.fixture(scope="session")
def authority():
    return trustme.CA()


@pytest.fixture(scope="session")
def ca_file(authority, tmp_path_factory):
    path = tmp_path_factory.mktemp("certificates") / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return str(path)


@pytest.fixture(scope="session")
def secure_origin(authority):
    """A host whose certificate is for `localhost` alone."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with Origin(context) as server:
        yield server


@pytest.fixture(params=["alone", "wire", "cage"])
def anywhere(request):
    """Fetches go to the server itself, through a pipe, or from within a cage."""
    if request.param == "cage":
        position = Caged(request.getfixturevalue("served"))
    else:
        position = Direct() if request.param == "alone" else Wired()
    with position:
        yield position


@pytest.fixture
def direct():
    with Direct() as position:
        yield position
