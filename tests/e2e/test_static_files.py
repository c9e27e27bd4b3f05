"""Static files as a browser gets them: caches, parts, types, and no way out of the application.

Source: App Engine, "app.yaml", static files; RFC 9110, sections 13 and 14.
"""

import os

import pytest

from tests.e2e.serving import DevServer, write_files

YAML = """\
application: trial
version: 1
runtime: python
api_version: 1
handlers:
- url: /img/(.*)\\.(png|gif)
  static_files: static/\\1.\\2
  upload: static/.*\\.(png|gif)
  expiration: 4d 5h
- url: /static
  static_dir: static
- url: /.*
  script: main.app
"""
SOURCE = """
def app(environ, start_response):
    start_response("200 OK", [])
    return [b"the application"]
"""
LARGE = bytes(range(256)) * 12_000


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    app = write_files(
        tmp_path_factory.mktemp("static") / "app",
        {"app.yaml": YAML, "main.py": SOURCE, "static/small.txt": "small\n", "static/x.css": "a{}"},
    )
    (app / "static" / "a b.png").write_bytes(b"\x89PNG")
    (app / "static" / "large.bin").write_bytes(LARGE)
    (app / "static" / "out").symlink_to("/etc/passwd")
    (app / "static" / "within").symlink_to("small.txt")
    os.mkfifo(app / "static" / "pipe")
    with DevServer([app]) as running:
        yield running


def ask(server, path, **headers):
    return server.get(
        path, headers={name.replace("_", "-"): text for name, text in headers.items()}
    )


def test_what_a_client_has_already_is_not_sent_again(server):
    first = server.get("/static/small.txt")
    tag, date = first.headers["ETag"], first.headers["Last-Modified"]
    assert (first.status, first.text) == (200, "small\n")
    assert ask(server, "/static/small.txt", If_None_Match=tag).status == 304
    assert ask(server, "/static/small.txt", If_None_Match=f'"other", W/{tag}').status == 304
    assert ask(server, "/static/small.txt", If_Modified_Since=date).status == 304
    assert ask(server, "/static/small.txt", If_Match='"other"').status == 412
    (server.application / "static" / "small.txt").write_text("other\n")
    assert ask(server, "/static/small.txt", If_None_Match=tag).text == "other\n"
    (server.application / "static" / "small.txt").write_text("small\n")


@pytest.mark.parametrize(
    ("wanted", "status", "body"),
    [
        ("bytes=1000000-1999999", 206, LARGE[1_000_000:2_000_000]),
        ("bytes=-5", 206, LARGE[-5:]),
        ("bytes=3071999-", 206, LARGE[-1:]),
        ("bytes=0-1,5-6", 200, LARGE),
        ("lines=1-2", 200, LARGE),
    ],
)
def test_a_part_is_sent_where_one_is_wanted(server, wanted, status, body):
    reply = ask(server, "/static/large.bin", Range=wanted)
    assert (reply.status, reply.body) == (status, body)


def test_a_part_that_is_not_there_or_of_another_state_is_not_sent(server):
    beyond = ask(server, "/static/large.bin", Range="bytes=9999999-")
    assert (beyond.status, beyond.headers["Content-Range"]) == (416, "bytes */3072000")
    assert ask(server, "/static/large.bin", Range="bytes=0-1", If_Range='"old"').body == LARGE


def test_head_has_the_headers_and_other_methods_are_refused(server):
    head = server.request("HEAD", "/static/small.txt")
    assert (head.status, head.headers["Content-Length"], head.body) == (200, "6", b"")
    refused = server.request("POST", "/static/small.txt", b"")
    assert (refused.status, refused.headers["Allow"]) == (405, "GET, HEAD")


def test_a_handler_gives_name_type_and_expiration(server):
    picture = server.get("/img/a%20b.png")
    assert (picture.status, picture.headers["Content-Type"]) == (200, "image/png")
    assert picture.headers["Cache-Control"] == f"public, max-age={(4 * 24 + 5) * 3600}"
    assert server.get("/static/x.css").headers["Content-Type"] == "text/css; charset=utf-8"
    assert server.get("/img/small.txt").text == "the application"


@pytest.mark.parametrize(
    "path",
    [
        "/static/out",
        "/static/pipe",
        "/static/../main.py",
        "/static/%2e%2e/main.py",
        "/static/..%2fmain.py",
        "/static//etc/passwd",
        "/static/..%5cmain.py",
        "/static/%00",
        "/static/",
        "/static/.",
        "/img/../main.png",
    ],
)
def test_no_path_leads_out_of_the_application(server, path):
    assert server.get(path).status == 404
    assert server.get("/static/within").text == "small\n"
