"""Libraries of HTTP in the cage: unchanged, and all of their requests are fetches."""

import json
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.e2e.serving import DevServer, wsgi_application

LIBRARIES = (
    "requests urllib3 idna certifi charset_normalizer httpx httpcore h11 anyio sniffio "
    "typing_extensions"
).split()

APPLICATION = """
import asyncio, json, os, socket, ssl, threading, urllib.request, http.client
from urllib.parse import urlsplit


def by_urllib(url, body=None, method="GET", headers={}):
    request = urllib.request.Request(url, body, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def by_http_client(url, body=None, method="GET", headers={}):
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.netloc, timeout=20)
    results = []
    for _ in range(2):  # the connection is opened anew by itself
        connection.request(method, parts.path, body, headers)
        answer = connection.getresponse()
        results.append((answer.status, answer.read()))
    assert results[0][0] == results[1][0]
    connection.close()
    return results[1]


def by_requests(url, body=None, method="GET", headers={}):
    import requests
    with requests.Session() as session:
        answer = session.request(method, url, data=body, headers=headers, timeout=20)
        return answer.status_code, answer.content


def by_httpx(url, body=None, method="GET", headers={}):
    import httpx
    with httpx.Client(timeout=20, trust_env=False) as client:
        answer = client.request(method, url, content=body, headers=headers)
        return answer.status_code, answer.content


def by_httpx_async(url, body=None, method="GET", headers={}):
    import httpx
    async def run():
        async with httpx.AsyncClient(timeout=20, trust_env=False) as client:
            answers = await asyncio.gather(
                *(client.request(method, url, content=body, headers=headers) for _ in range(3))
            )
            return answers[0].status_code, answers[0].content
    return asyncio.run(run())


def by_chunks(url, body=None, method="POST", headers={}):
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
    connection.request("POST", urlsplit(url).path, iter([b"ab", b"cd"]), encode_chunked=True)
    answer = connection.getresponse()
    return answer.status, answer.read()


def by_raw_bytes(url, **_):
    with socket.create_connection((urlsplit(url).hostname, urlsplit(url).port)) as connection:
        connection.sendall(b"\\x16\\x03\\x01 no http\\r\\n\\r\\n")
        return 0, connection.recv(10)


def by_waiting_for_a_reply(url, **_):
    with socket.create_connection((urlsplit(url).hostname, urlsplit(url).port)) as connection:
        connection.sendall(b"PING\\r\\n")
        return 0, connection.recv(10)


def by_forbidden_port(url, **_):
    return 0, socket.create_connection(("127.0.0.1", 25))


def app(environ, start_response):
    ask = json.loads(environ["wsgi.input"].read())
    body = ask.get("body")
    try:
        status, content = globals()["by_" + environ["PATH_INFO"].strip("/")](
            ask["url"], body=body and body.encode(), method=ask.get("method", "GET"),
            headers=ask.get("headers", {}),
        )
        answer = {"status": status, "content": content.decode("latin-1")}
    except Exception as error:
        kinds = [kind.__name__ for kind in type(error).__mro__]
        answer = {"error": kinds, "text": str(error)}
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(answer).encode()]
"""

WAYS = ["urllib", "http_client", "requests", "httpx", "httpx_async"]
every_way = pytest.mark.parametrize("way", WAYS)


@pytest.fixture(scope="module")
def server(tmp_path_factory, ca_file):
    folder = wsgi_application(tmp_path_factory.mktemp("application"), APPLICATION)
    for name in LIBRARIES:
        if (spec := find_spec(name)) is None:
            continue  # of no use to the versions that are here
        source = Path(spec.origin)
        if source.name == "__init__.py":
            ignore = shutil.ignore_patterns("*.so", "__pycache__")
            shutil.copytree(source.parent, folder / name, ignore=ignore)
        else:
            shutil.copy(source, folder / source.name)
    folder.parent.chmod(0o755)
    with DevServer([folder], f"--urlfetch_ca_file={ca_file}") as running:
        yield running


def ask(server, way, url, **request):
    message = json.dumps({"url": url, **request}).encode()
    return json.loads(server.request("POST", f"/{way}", message, timeout=60).body)


@every_way
def test_a_library_gets_what_was_fetched(server, origin, way):
    headers = {"X-Own": "1"}
    answer = ask(server, way, origin.url("/echo"), body="a=b", method="POST", headers=headers)
    seen = json.loads(answer["content"])
    assert (answer["status"], seen["method"], seen["body"]) == (200, "POST", "a=b")
    names = {name.lower(): value for name, value in seen["headers"]}
    assert names["x-own"] == "1" and "AppEngine-Google" in names["user-agent"]
    assert ask(server, way, origin.url("/status/404"))["status"] == 404
    assert ask(server, way, origin.url("/gzip"))["content"] == "packed " * 100


@every_way
def test_a_library_speaks_tls_by_the_platform(server, secure_origin, way):
    answer = ask(server, way, secure_origin.url("/", host="localhost"))
    assert (answer["status"], answer["content"]) == (200, "hello")
    refused = ask(server, way, secure_origin.url("/", host="127.0.0.1"))
    assert "status" not in refused
    if way != "httpx_async":  # it keeps no reason
        assert "certificate" in refused["text"].lower()


@every_way
def test_a_library_reports_what_went_wrong_in_its_own_words(server, way):
    answer = ask(server, way, "http://nowhere.invalid/")
    if way == "httpx_async":  # it keeps no reason
        assert "ReadError" in answer["error"]
        return
    assert "no address of 'nowhere.invalid' is known" in answer["text"]
    refused = ask(server, way, "http://169.254.169.254/")
    assert "a metadata address" in refused["text"]


def test_redirections_are_the_librarys_to_follow(server, origin):
    for way in ("urllib", "requests"):
        seen = json.loads(ask(server, way, origin.url("/redirect/2"))["content"])
        assert seen["path"] == "/echo"


def test_a_body_in_chunks_is_one_payload(server, origin):
    assert json.loads(ask(server, "chunks", origin.url("/echo"))["content"])["body"] == "abcd"


def test_what_is_no_http_is_refused_as_the_kernel_would(server, origin):
    for way in ("raw_bytes", "waiting_for_a_reply", "forbidden_port"):
        answer = ask(server, way, origin.url())
        assert "PermissionError" in answer["error"] and "urlfetch" in answer["text"]
