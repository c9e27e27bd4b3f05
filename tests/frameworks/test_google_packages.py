"""Other distributions below `google` work beside the platform's names, in the sandbox."""

import pytest

from tests.e2e.serving import DevServer, write_files
from tests.frameworks.libraries import provide

SOURCE = """
import google.auth
from google.appengine.ext import db
from google.auth import credentials
from google.protobuf import struct_pb2

import google.appengine.api.users

def app(environ, start_response):
    message = struct_pb2.Struct()
    message["kind"] = db.Key.from_path("Pet", 1).kind()
    copy = struct_pb2.Struct.FromString(message.SerializeToString())
    anonymous = credentials.AnonymousCredentials()
    start_response("200 OK", [("Content-Type", "text/plain")])
    found = copy["kind"], anonymous.valid, db.__name__, google.appengine.api.users.__name__
    return [" ".join(map(str, found)).encode()]
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("google") / "app"
    files = {
        "app.yaml": "application: trial\nruntime: python312\n",
        "main.py": SOURCE,
        "requirements.txt": "google-auth\nprotobuf\n",
    }
    write_files(folder, files)
    provide(folder)
    with DevServer([folder]) as running:
        yield running


def test_protobuf_and_google_auth_are_imported_beside_app_engine_s_names(server):
    assert server.get("/").text == "Pet True appengine.datastore.db appengine.users"
