"""What an application sees of a request: CGI's variables, the platform's, the client's headers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appengine.config.app_yaml import load_application
from appengine.front.environ import UNKNOWN_PLACE, request_environ, version_environ
from appengine.rpc.server import Caller

VERSION = {"APPLICATION_ID": "dev~hello", "AUTH_DOMAIN": "gmail.com", "DATACENTER": "us1"}
SERVED = {
    "REQUEST_METHOD": "POST",
    "PATH_INFO": "/sign",
    "QUERY_STRING": "book=a",
    "CONTENT_TYPE": "text/plain",
    "CONTENT_LENGTH": "5",
    "SERVER_PROTOCOL": "HTTP/1.1",
    "REMOTE_ADDR": "127.0.0.1",
    "HTTP_HOST": "localhost:8080",
    "HTTP_USER_AGENT": "Mozilla",
    "wsgi.input": object(),
    "gunicorn.socket": object(),
    "RAW_URI": "/sign?book=a",
    "SERVER_SOFTWARE": "gunicorn",
}


def seen(environ=None, *, version=VERSION, caller=None, body_length=5, internal=None):
    caller = caller or Caller(application="hello", host="localhost:8080", request_id="abc")
    return request_environ(
        SERVED | (environ or {}), caller, version, body_length=body_length, internal=internal
    )


@pytest.fixture
def config(tmp_path):
    (tmp_path / "main.py").touch()

    def load(text):
        (tmp_path / "app.yaml").write_text(f"application: hello\nversion: 2\n{text}")
        return load_application(tmp_path)

    return load


CLASSIC = "runtime: python\napi_version: 1\nhandlers: [{url: /, script: main.py}]\n"


def test_a_request_is_seen_as_cgi_sees_it():
    """Source: RFC 3875, section 4.1."""
    found = seen()
    expected = {name: SERVED[name] for name in SERVED if name.isupper() and "R" not in name[:1]}
    expected.pop("SERVER_SOFTWARE")
    assert expected.items() <= found.items()
    assert (found["SERVER_NAME"], found["SERVER_PORT"]) == ("localhost", "8080")
    assert found["SCRIPT_NAME"] == ""


def test_nothing_of_the_server_s_own_crosses():
    found = seen()
    assert not {"wsgi.input", "gunicorn.socket", "RAW_URI", "SERVER_SOFTWARE"} & set(found)
    assert all(isinstance(value, str) for value in found.values())


def test_the_version_s_variables_of_a_classic_runtime(config):
    """Source: App Engine, "The Environment"."""
    found = version_environ(config(CLASSIC), minor="1", port=8080)
    assert found == {
        "APPENGINE_RUNTIME": "python",
        "APPLICATION_ID": "dev~hello",
        "AUTH_DOMAIN": "gmail.com",
        "BACKEND_ID": "",
        "CURRENT_MODULE_ID": "default",
        "CURRENT_VERSION_ID": "2.1",
        "DATACENTER": "us1",
        "SERVER_SOFTWARE": "Development/2.0",
        "TZ": "UTC",
    }


def test_the_version_of_another_module_has_its_name(config):
    found = version_environ(config(f"service: back\n{CLASSIC}"), minor="7", port=8080)
    assert found["CURRENT_VERSION_ID"] == "back:2.7"


def test_the_version_s_variables_of_a_modern_runtime(config):
    found = version_environ(
        config("runtime: python312\ninstance_class: F4\n"), minor="7", port=8081
    )
    assert {name: value for name, value in found.items() if name.startswith("GAE_")} == {
        "GAE_APPLICATION": "dev~hello",
        "GAE_DEPLOYMENT_ID": "7",
        "GAE_ENV": "standard",
        "GAE_MEMORY_MB": "1024",
        "GAE_RUNTIME": "python312",
        "GAE_SERVICE": "default",
        "GAE_VERSION": "2",
    }
    assert (found["GOOGLE_CLOUD_PROJECT"], found["PORT"]) == ("hello", "8081")


def test_the_operator_s_variables_win_over_app_yaml_s_and_none_over_the_platform_s(config):
    text = CLASSIC + "env_variables: {A: app, B: app, TZ: app, APPLICATION_ID: app}\n"
    found = version_environ(config(text), minor="1", port=1, variables={"B": "flag"})
    assert (found["A"], found["B"]) == ("app", "flag")
    assert (found["TZ"], found["APPLICATION_ID"]) == ("UTC", "dev~hello")


def test_who_is_signed_in_is_seen_and_nobody_is_empty():
    assert (seen()["USER_EMAIL"], seen()["USER_ID"], seen()["USER_IS_ADMIN"]) == ("", "", "0")
    caller = Caller(
        application="hello",
        host="h",
        user_email="ann@gmail.com",
        user_id="1",
        user_is_admin=True,
    )
    found = seen(caller=caller)
    assert (found["USER_EMAIL"], found["USER_ID"], found["USER_IS_ADMIN"]) == (
        "ann@gmail.com",
        "1",
        "1",
    )
    assert found["USER_NICKNAME"] == "ann"


def test_the_request_is_named_and_its_hash_is_its_crc_32():
    found = seen(caller=Caller(application="a", host="h", request_id="123456789"))
    assert (found["REQUEST_LOG_ID"], found["REQUEST_ID_HASH"]) == ("123456789", "CBF43926")


@pytest.mark.parametrize(
    ("host", "scheme", "name", "port", "https"),
    [
        ("example.com", "http", "example.com", "80", "off"),
        ("example.com", "https", "example.com", "443", "on"),
        ("[::1]:8080", "http", "[::1]", "8080", "off"),
        ("[::1]", "https", "[::1]", "443", "on"),
    ],
)
def test_the_address_is_the_front_s_knowledge_not_the_client_s(host, scheme, name, port, https):
    found = seen({"HTTP_HOST": "evil"}, caller=Caller(application="a", host=host, scheme=scheme))
    assert (found["HTTP_HOST"], found["SERVER_NAME"], found["SERVER_PORT"], found["HTTPS"]) == (
        host,
        name,
        port,
        https,
    )


@pytest.mark.parametrize(
    "name",
    [
        "HTTP_X_APPENGINE_USER_EMAIL",
        "HTTP_X_APPENGINE_QUEUENAME",
        "HTTP_X_APPENGINE_CRON",
        "HTTP_X_AppEngine_Cron",
        "HTTP_X-AppEngine-Cron",
        "HTTP_x_appengine-cron",
        "HTTP_X_GOOGLE_APPS_METADATA",
        "HTTP_X_CLOUD_TRACE_CONTEXT",
        "HTTP_X_FORWARDED_FOR",
        "HTTP_X_FORWARDED_HOST",
        "HTTP_FORWARDED",
        "HTTP_PROXY",
        "HTTP_ACCEPT_ENCODING",
        "HTTP_CONNECTION",
        "HTTP_KEEP_ALIVE",
        "HTTP_PROXY_AUTHORIZATION",
        "HTTP_TRAILER",
        "HTTP_TE",
        "HTTP_TRANSFER_ENCODING",
        "HTTP_UPGRADE",
        "HTTP_CONTENT_LENGTH",
        "HTTP_CONTENT_TYPE",
    ],
)
def test_what_only_the_platform_may_say_is_stripped_from_outside(name):
    """Source: App Engine, "Request headers": spoofed copies never reach an application."""
    assert "spoofed" not in seen({name: "spoofed"}).values()


def test_a_header_that_connection_names_ends_at_the_front():
    found = seen({"HTTP_CONNECTION": "close, X-Hop", "HTTP_X_HOP": "1", "HTTP_X_KEPT": "1"})
    assert ("HTTP_X_HOP" in found, found["HTTP_X_KEPT"]) == (False, "1")


def test_the_platform_s_own_headers_are_added():
    found = seen(internal={"X-AppEngine-Cron": "true"})
    assert found["HTTP_X_APPENGINE_CRON"] == "true"
    assert found.items() >= UNKNOWN_PLACE.items()
    assert found["HTTP_X_APPENGINE_USER_IP"] == "127.0.0.1"


def test_a_modern_runtime_gets_its_user_in_headers():
    found = seen(version=VERSION | {"GAE_ENV": "standard"})
    assert found["HTTP_X_APPENGINE_USER_IS_ADMIN"] == "0"
    assert found["HTTP_X_APPENGINE_AUTH_DOMAIN"] == "gmail.com"
    assert found["HTTP_X_FORWARDED_FOR"] == "127.0.0.1"
    assert found["HTTP_X_FORWARDED_PROTO"] == "http"


@pytest.mark.parametrize(
    ("cookie", "expected"),
    [
        ("a=1; appengine_login=x; b=2", "a=1; b=2"),
        ("__Host-appengine_login=x", None),
        ("APPENGINE_login=x;a=1", "a=1"),
        ("dev_appserver_login=a:True:1; a=1", "a=1"),
        ("SACSID=x; ACSID=y", None),
        ("a=appengine_login=x", "a=appengine_login=x"),
        ("appengine=1; ;; b", "appengine=1; b"),
        ("", None),
    ],
)
def test_the_platform_s_cookies_are_removed_and_the_application_s_kept(cookie, expected):
    assert seen({"HTTP_COOKIE": cookie}).get("HTTP_COOKIE") == expected


def test_the_length_is_that_of_the_body_the_front_has_read():
    assert seen({"CONTENT_LENGTH": ""}, body_length=9)["CONTENT_LENGTH"] == "9"
    assert seen({"CONTENT_LENGTH": "0"}, body_length=0)["CONTENT_LENGTH"] == "0"
    assert "CONTENT_LENGTH" not in seen({"CONTENT_LENGTH": ""}, body_length=0)


@given(st.dictionaries(st.text(max_size=20).map("HTTP_".__add__), st.text(max_size=20)))
def test_no_header_of_a_client_becomes_a_platform_variable(headers):
    plain = seen({"HTTP_COOKIE": ""})
    found = seen(headers)
    assert {name: found[name] for name in plain if not name.startswith("HTTP_")} == {
        name: value for name, value in plain.items() if not name.startswith("HTTP_")
    }
    assert found["HTTP_X_APPENGINE_USER_IP"] == "127.0.0.1"
