"""`os.environ` of both runtimes, whole: what the platform states, the request, and nothing else."""

import json

import pytest

from tests.e2e.serving import DevServer, write_files

SOURCE = """
import json, os

def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(dict(os.environ)).encode()]
"""
CLASSIC = """
application: classic
version: 1
runtime: python27
api_version: 1
threadsafe: true
env_variables: {OWN: "1"}
handlers:
- {url: /.*, script: main.app, login: optional}
"""
MODERN = """
application: modern
version: 1
runtime: python312
env_variables: {OWN: "1"}
entrypoint: gunicorn main:app
"""

PLATFORM = set(
    """
    APPLICATION_ID CURRENT_VERSION_ID CURRENT_MODULE_ID INSTANCE_ID BACKEND_ID DATACENTER
    AUTH_DOMAIN SERVER_SOFTWARE USER_EMAIL USER_ID USER_NICKNAME USER_IS_ADMIN USER_ORGANIZATION
    FEDERATED_IDENTITY FEDERATED_PROVIDER REQUEST_ID_HASH REQUEST_LOG_ID HTTPS
    DEFAULT_VERSION_HOSTNAME APPENGINE_RUNTIME TZ PWD PATH_TRANSLATED SCRIPT_NAME
    """.split()
)
CGI = set(
    """
    REQUEST_METHOD PATH_INFO QUERY_STRING CONTENT_TYPE CONTENT_LENGTH SERVER_NAME SERVER_PORT
    SERVER_PROTOCOL REMOTE_ADDR
    """.split()
)
GAE = set(
    """
    GAE_APPLICATION GAE_DEPLOYMENT_ID GAE_ENV GAE_INSTANCE GAE_MEMORY_MB GAE_RUNTIME GAE_SERVICE
    GAE_VERSION GOOGLE_CLOUD_PROJECT PORT API_HOST API_PORT
    """.split()
)
"""Source: the platform's reference, "What a request sees"."""

COPIED = set(
    """
    AUTH_DOMAIN DATACENTER DEFAULT_VERSION_HOSTNAME HTTPS REMOTE_ADDR REQUEST_ID_HASH
    REQUEST_LOG_ID USER_EMAIL USER_ID USER_IS_ADMIN USER_NICKNAME USER_ORGANIZATION
    """.split()
)
"""What a modern runtime is told by headers, too."""

HEADERS = {"HTTP_HOST", "HTTP_X_TRIAL"} | {
    f"HTTP_X_{name}"
    for name in (
        *("APPENGINE_COUNTRY", "APPENGINE_REQUEST_LOG_ID", "APPENGINE_USER_IP"),
        *("APPENGINE_REGION", "APPENGINE_CITY", "APPENGINE_CITYLATLONG"),
        "CLOUD_TRACE_CONTEXT",
    )
}
MODERN_HEADERS = {f"HTTP_X_APPENGINE_{name}" for name in COPIED} | {
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_PROTO",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("environment")
    apps = [
        write_files(folder / name, {"app.yaml": yaml, "main.py": SOURCE})
        for name, yaml in (("classic", CLASSIC), ("modern", MODERN))
    ]
    with DevServer(apps, environ={"SECRET_OF_THE_OPERATOR": "x"}) as running:
        yield running


def seen(server, number):
    answer = server.request("POST", "/", b"body", {"X-Trial": "1"}, number)
    return json.loads(answer.body)


def test_a_classic_runtime_has_the_variables_of_the_reference_and_no_others(server):
    found = seen(server, 0)
    assert set(found) == PLATFORM | CGI | HEADERS | {"OWN"}
    assert (found["TZ"], found["SCRIPT_NAME"], found["HTTPS"]) == ("UTC", "", "off")
    assert (found["CONTENT_LENGTH"], found["AUTH_DOMAIN"]) == ("4", "gmail.com")
    assert found["PATH_TRANSLATED"] == f"{found['PWD']}/main.py"
    empty = {name for name in PLATFORM if not found[name]}
    signed_out = {name for name in PLATFORM if name.startswith(("USER_", "FEDERATED_"))}
    assert empty == signed_out - {"USER_IS_ADMIN"} | {"SCRIPT_NAME", "BACKEND_ID"}


def test_a_modern_runtime_has_its_own_beside_them(server):
    found = seen(server, 1)
    assert set(found) == PLATFORM | CGI | GAE | HEADERS | MODERN_HEADERS | {"OWN"}
    assert (found["GAE_ENV"], found["GAE_INSTANCE"]) == ("standard", found["INSTANCE_ID"])
    assert found["PORT"] == str(server.address(1)[1])
    assert all(found[name] == found[f"HTTP_X_APPENGINE_{name}"] for name in COPIED)
