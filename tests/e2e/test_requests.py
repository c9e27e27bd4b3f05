"""The request that an application sees, and its response, over real HTTP.

Source: App Engine, "How Requests are Handled", and RFC 9110 and 9112.
"""

import gzip
import http.client
import socket

import pytest

from tests.e2e.serving import DevServer, fetch, wait_until, write_files

APP = """
import os

def app(environ, start_response):
    path = environ["PATH_INFO"]
    headers, body = [("Content-Type", "text/plain")], b"ok"
    if path == "/echo":
        body = environ["wsgi.input"].read()
    if path == "/environ":
        body = "\\n".join(f"{k}={v}" for k, v in sorted(os.environ.items())).encode()
    if path == "/long":
        body = b"It was a pleasure. " * 1000
    if path == "/stream":
        headers = [("Content-Type", "text/event-stream")]
    if path == "/status":
        headers += [("Server", "mine"), ("Date", "then"), ("Content-Length", "7"),
                    ("Connection", "close"), ("X-AppEngine-Secret", "1"), ("X-Mine", "1")]
    if path == "/packed":
        headers += [("Content-Encoding", "gzip")]
    if path == "/pieces":
        start_response("200 OK", headers)
        return (b"piece %d\\n" % number for number in range(3))
    start_response("200 OK", headers)
    return [body]
"""
YAML = """\
application: trial
runtime: {runtime}
handlers:
- url: /static
  static_dir: static
  expiration: 1h
- url: /safe
  script: auto
  secure: always
- url: /plain
  script: auto
  secure: never
  redirect_http_response_code: 307
- url: /admin
  script: auto
  login: admin
- url: /quiet
  script: auto
  login: required
  auth_fail_action: unauthorized
"""
TEXT = "a line of text\n" * 300


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    files = {
        "app.yaml": YAML.format(runtime="python312"),
        "main.py": APP,
        "static/long.txt": TEXT,
        "static/big.js": "x = 1;\n" * 40_000,
    }
    app = write_files(tmp_path_factory.mktemp("requests") / "app", files)
    flags = ["--trusted_proxies=127.0.0.0/8,::1", "--addn_host=book.example"]
    with DevServer([app], *flags) as running:
        yield running


def talk(server, head, body):
    """Sends a body after the answer to its head; returns both answers."""
    with socket.create_connection(server.address()) as client:
        client.settimeout(20)
        client.sendall(head)
        first = client.recv(65536)
        client.sendall(body)
        second = b""
        while piece := client.recv(65536):
            second += piece
    return first, second


def test_a_chunked_upload_arrives_whole_and_has_a_length(server):
    reply = server.request("POST", "/echo", iter([b"one ", b"two ", b"three"]))
    assert reply.text == "one two three"
    seen = server.request("POST", "/environ", iter([b"12345"])).text
    assert "CONTENT_LENGTH=5\n" in seen
    assert "TRANSFER_ENCODING" not in seen


def test_a_client_that_expects_100_continue_is_told_to_go_on(server):
    head = b"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n"
    head += b"Expect: 100-continue\r\nConnection: close\r\n\r\n"
    first, second = talk(server, head, b"hi")
    assert first == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert second.startswith(b"HTTP/1.1 200 OK") and second.endswith(b"\r\n\r\nhi")


def test_a_connection_is_kept_for_the_next_request(server):
    connection = http.client.HTTPConnection(*server.address())
    for body in (b"first", b"second"):
        connection.request("POST", "/echo", body)
        used = connection.sock
        response = connection.getresponse()
        assert response.read() == body
        assert connection.sock is used and response.getheader("Connection") == "keep-alive"
    connection.close()


def test_a_generator_s_pieces_are_sent_as_one_response_with_a_length(server):
    """Source: App Engine, "How Requests are Handled": streaming is not supported."""
    reply = server.get("/pieces")
    assert (reply.text, reply.headers["Content-Length"]) == (
        "piece 0\npiece 1\npiece 2\n",
        "24",
    )


def test_an_event_stream_is_refused_with_a_sentence_at_once(server):
    reply = server.get("/stream")
    assert reply.status == 500
    assert "streaming is not supported: a response is sent when it is whole" in reply.text


def test_what_the_server_states_itself_an_application_cannot(server):
    reply = server.get("/status")
    assert reply.headers["Server"] == "appengine"
    assert reply.headers["Date"] != "then"
    assert (reply.headers["Content-Length"], reply.text) == ("2", "ok")
    assert reply.headers["Connection"] == "keep-alive"
    assert reply.headers["X-Mine"] == "1" and "X-AppEngine-Secret" not in reply.headers


def test_a_coding_of_the_application_s_own_is_dropped_and_the_log_says_so(server):
    """Source: App Engine, "Response headers": `Content-Encoding` is the front's."""
    reply = server.get("/packed")
    assert "Content-Encoding" not in reply.headers and reply.text == "ok"
    wait_until(lambda: "Content-Encoding 'gzip' of the application is dropped" in server.log)


@pytest.mark.parametrize("path", ["/long", "/static/long.txt", "/static/big.js"])
def test_texts_are_compressed_for_clients_that_accept_it(server, path):
    plain = server.get(path)
    packed = server.get(path, headers={"Accept-Encoding": "br, gzip"})
    assert gzip.decompress(packed.body) == plain.body
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"
    assert len(packed.body) < len(plain.body) / 10
    head = server.request("HEAD", path)
    assert head.body == b"" and head.headers["Content-Length"] == str(len(plain.body))
    assert "ACCEPT_ENCODING" not in server.get("/environ", headers={"Accept-Encoding": "br"}).text


def test_a_client_has_a_compressed_file_already(server):
    first = server.get("/static/long.txt", headers={"Accept-Encoding": "gzip"})
    etag = first.headers["ETag"]
    again = {"Accept-Encoding": "gzip", "If-None-Match": etag}
    assert etag.startswith("W/")
    assert server.get("/static/long.txt", headers=again).status == 304
    date = {"If-Modified-Since": first.headers["Last-Modified"]}
    assert server.get("/static/long.txt", headers=date).status == 304


def test_a_part_of_a_file_is_sent(server):
    reply = server.get("/static/long.txt", headers={"Range": "bytes=2-5"})
    assert (reply.status, reply.text) == (206, "line")
    assert reply.headers["Content-Range"] == f"bytes 2-5/{len(TEXT)}"
    assert server.get("/static/long.txt", headers={"Range": "bytes=99999-"}).status == 416


@pytest.mark.parametrize(
    ("method", "path", "headers", "status", "location"),
    [
        ("GET", "/safe?a=b", {}, 302, "https://localhost/safe?a=b"),
        ("GET", "/safe?a=b", {"X-Forwarded-Proto": "https"}, 200, None),
        ("GET", "/plain?a=b", {}, 200, None),
        ("POST", "/plain?a=b", {"X-Forwarded-Proto": "https"}, 307, "http://localhost/plain"),
    ],
)
def test_secure_moves_a_client_to_the_scheme_that_a_handler_asks_for(
    server, method, path, headers, status, location
):
    """Source: App Engine, "app.yaml", `secure` and `redirect_http_response_code`."""
    reply = server.request(method, path, headers={"Host": "localhost", **headers})
    assert (reply.status, reply.headers.get("Location")) == (status, location)


def test_behind_a_proxy_the_application_sees_the_client(server):
    told = {
        "X-Forwarded-For": "1.2.3.4, 203.0.113.7",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "book.example",
    }
    seen = server.get("/environ", headers=told).text
    for line in (
        "HTTPS=on",
        "REMOTE_ADDR=203.0.113.7",
        "HTTP_X_APPENGINE_USER_IP=203.0.113.7",
        "HTTP_X_FORWARDED_PROTO=https",
        "HTTP_HOST=book.example",
        "SERVER_PORT=443",
        "HTTP_X_APPENGINE_HTTPS=on",
    ):
        assert f"{line}\n" in seen


def test_the_platform_s_headers_are_stated_and_agree(server):
    seen = dict(line.split("=", 1) for line in server.get("/environ").text.splitlines())
    assert seen["HTTP_X_APPENGINE_REQUEST_LOG_ID"] == seen["REQUEST_LOG_ID"]
    assert seen["HTTP_X_CLOUD_TRACE_CONTEXT"].startswith(seen["REQUEST_LOG_ID"] + "/")
    assert seen["HTTP_X_APPENGINE_COUNTRY"] == "ZZ" and seen["HTTP_X_APPENGINE_CITY"] == "?"
    assert seen["HTTP_X_APPENGINE_CITYLATLONG"] == "0.000000,0.000000"
    assert seen["HTTPS"] == "off" and seen["TZ"] == "UTC"
    assert seen["HTTP_X_APPENGINE_USER_IS_ADMIN"] == seen["USER_IS_ADMIN"] == "0"


@pytest.mark.parametrize(
    "path",
    [
        *"/_ah/background /_ah/xmpp/message/chat/ /_ah/channel/connected/ /_ah/spi/x".split(),
        *"/_ah/start /_ah/start?x /_ah/queue/deferred /%5Fah/st%61rt /_ah%2fstart".split(),
        *"//_ah/start /_ah//start /./_ah/start /x/../_ah/start /_ah/x/%2e%2e/start".split(),
    ],
)
def test_what_only_the_platform_asks_for_is_closed_from_outside(server, path):
    reply = server.request("POST", path)
    assert reply.status == 403 and "closed from outside" in reply.text


def test_who_may_have_a_url(server):
    """Source: App Engine, "app.yaml", `login` and `auth_fail_action`."""
    link = server.get("/admin?a=b")
    assert link.status == 302
    assert link.headers["Location"].startswith("/_ah/login?continue=http%3A%2F%2F")
    assert link.headers["Location"].endswith("%2Fadmin%3Fa%3Db")
    assert server.get("/quiet").status == 401
    for email, admin, expected in (("ann@example.com", "", 401), ("bo@example.com", "True", 200)):
        login = fetch(
            f"{server.urls[0]}/_ah/login?action=Login&email={email}&admin={admin}&continue=/"
        )
        cookie = {"Cookie": login.headers["Set-Cookie"].partition(";")[0]}
        assert server.get("/admin", headers=cookie).status == expected
        assert server.get("/quiet", headers=cookie).status == 200
        assert f"USER_EMAIL={email}\n" in server.get("/environ", headers=cookie).text
