"""HTTPS on the ports that speak HTTP.

Source: App Engine, dev_appserver.py, `--ssl_certificate_path`, `--ssl_certificate_key_path`.
"""

import json
import socket
import ssl
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPSConnection

import pytest
import trustme

from tests.e2e.serving import CHECKOUT, DevServer, write_files

APP = """
import json, os

def app(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/echo":
        body = environ["wsgi.input"].read()
    elif path == "/large":
        body = b"x" * 3_000_000
    else:
        names = ("HTTPS", "HTTP_X_FORWARDED_PROTO", "USER_EMAIL")
        seen = {name: os.environ.get(name) for name in names}
        body = json.dumps(seen | {"scheme": environ["wsgi.url_scheme"]}).encode()
    start_response("200 OK", [("Content-Type", "application/octet-stream")])
    return [body]
"""
YAML = """\
application: trial
runtime: python312
handlers:
- url: /static
  static_dir: static
- url: /safe
  script: auto
  secure: always
- url: /plain
  script: auto
  secure: never
- url: /mine
  script: auto
  login: required
- url: /.*
  script: auto
"""
LARGE = bytes(range(256)) * 8_000


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture(scope="module")
def flags(authority, tmp_path_factory):
    folder = tmp_path_factory.mktemp("certificate")
    own = authority.issue_cert("localhost", "127.0.0.1")
    own.private_key_pem.write_to_path(folder / "key.pem")
    for number, part in enumerate(own.cert_chain_pems):
        part.write_to_path(folder / "chain.pem", append=bool(number))
    return [
        f"--ssl_certificate_path={folder}/chain.pem",
        f"--ssl_certificate_key_path={folder}/key.pem",
    ]


@pytest.fixture(scope="module")
def server(flags, tmp_path_factory):
    app = write_files(tmp_path_factory.mktemp("tls") / "app", {"app.yaml": YAML, "main.py": APP})
    (app / "static").mkdir()
    (app / "static" / "large.bin").write_bytes(LARGE)
    with DevServer([app], *flags) as running:
        yield running


@pytest.fixture(scope="module")
def trusting(authority):
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


@pytest.fixture
def secure(server, trusting):
    connection = HTTPSConnection(*server.address(), context=trusting, timeout=30)
    yield connection
    connection.close()


def ask(connection, path, method="GET", body=None, headers=None):
    connection.request(method, path, body, headers or {})
    response = connection.getresponse()
    return response, response.read()


def test_the_same_port_speaks_both(server, secure):
    _, body = ask(secure, "/")
    assert json.loads(body) | {"USER_EMAIL": ""} == {
        "HTTPS": "on",
        "HTTP_X_FORWARDED_PROTO": "https",
        "USER_EMAIL": "",
        "scheme": "https",
    }
    plain = json.loads(server.get("/").body)
    assert (plain["HTTPS"], plain["scheme"]) == ("off", "http")
    assert "https:// at the same addresses" in server.log


def test_a_connection_is_kept_and_carries_large_bodies_both_ways(secure):
    for size in (0, 1, 16_384, 16_385, 2_000_000):
        data = bytes(size)
        assert ask(secure, "/echo", "POST", data)[1] == data
        used = secure.sock
    assert len(ask(secure, "/large")[1]) == 3_000_000
    assert ask(secure, "/static/large.bin")[1] == LARGE
    assert secure.sock is used


def test_a_slow_reader_gets_everything(server, trusting):
    with socket.create_connection(server.address()) as bare:
        bare.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2**15)
        with trusting.wrap_socket(bare, server_hostname="localhost") as client:
            client.settimeout(30)
            head = b"GET /static/large.bin HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            client.sendall(head)
            received = b""
            while piece := client.recv(3000):
                received += piece
    assert received.partition(b"\r\n\r\n")[2] == LARGE


def test_secure_of_app_yaml_is_kept(server, secure):
    bare = HTTPConnection(*server.address(), timeout=30)
    response, _ = ask(bare, "/safe?a=b")
    bare.close()
    host, port = server.address()
    assert response.status == 302
    assert response.getheader("Location") == f"https://{host}:{port}/safe?a=b"
    assert ask(secure, "/safe")[0].status == 200
    response, _ = ask(secure, "/plain?a=b")
    assert response.getheader("Location") == f"http://{host}:{port}/plain"


def test_who_signs_in_by_https_has_a_cookie_for_https_alone(secure):
    response, _ = ask(secure, "/_ah/login?email=ann@example.com&action=Login&continue=/mine")
    assert response.status == 302
    cookie = response.getheader("Set-Cookie")
    assert cookie.startswith("__Host-appengine_login") and "Secure" in cookie
    _, body = ask(secure, "/mine", headers={"Cookie": cookie.partition(";")[0]})
    assert json.loads(body)["USER_EMAIL"] == "ann@example.com"


def test_what_is_no_handshake_ends_and_harms_nobody(server, secure):
    for junk in (b"\x16", b"\x16\x03\x01" + b"\xff" * 400, b"\x16" * 70_000):
        with socket.create_connection(server.address()) as client:
            client.settimeout(20)
            try:
                client.sendall(junk)
                client.shutdown(socket.SHUT_WR)
                while client.recv(65536):
                    pass
            except OSError:  # the server has closed it by then
                continue
    assert ask(secure, "/")[0].status == 200


def test_half_a_handshake_takes_no_thread(server, trusting):
    waiting = [socket.create_connection(server.address()) for _ in range(300)]
    for client in waiting:
        client.sendall(b"\x16\x03\x01\x02\x00")

    def once(_):
        connection = HTTPSConnection(*server.address(), context=trusting, timeout=30)
        try:
            return ask(connection, "/")[0].status
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(once, range(24))) == {200}
    for client in waiting:
        client.close()
    assert threading.active_count() < 50


def test_a_certificate_that_is_none_is_told(tmp_path, flags, server):
    folder = server.application
    (tmp_path / "junk.pem").write_text("junk")
    certificate, key = flags
    junk = tmp_path / "junk.pem"
    for given, text in (
        ([certificate], "it needs --ssl_certificate_key_path, too"),
        ([key], "it needs --ssl_certificate_path, too"),
        ([certificate, "--ssl_certificate_key_path=/none"], "'/none': No such file or directory"),
        ([f"--ssl_certificate_path={junk}", key], "no PEM files"),
    ):
        command = [sys.executable, str(CHECKOUT / "dev_appserver.py"), *given, str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode != 0 and text in done.stderr, done.stderr
        assert len(done.stderr.splitlines()) == 1
