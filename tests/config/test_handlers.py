"""URL handlers: what they may state, and one line for what they may not."""

import pytest

from appengine.config.handlers import ScriptHandler, StaticHandler
from appengine.config.patterns import Regex

HEAD = "runtime: python\napi_version: 1\n"
MAIN = f"{HEAD}handlers:\n- url: /.*\n  script: main.app\n"
MODERN = "runtime: python312\n"


@pytest.mark.parametrize(
    ("handler", "error"),
    [
        ("url: /x", "one of 'script', 'static_dir' and 'static_files' is missing"),
        ("script: main.app", "the key 'url' is missing"),
        (
            "url: /x, script: main.app, static_dir: y",
            ".static_dir: the handler has 'script' already",
        ),
        ("url: ^/x, script: main.app", ".url: '^/x' has an anchor"),
        ("url: /x$, script: main.app", ".url: '/x$' has an anchor"),
        ("url: x, script: main.app", ".url: 'x' must start with '/'"),
        ("url: '/(', script: main.app", ".url: '/(' is no regular expression"),
        ("url: '/(?!a).*', script: main.app", ".url: '/(?!a).*' cannot be matched in linear time"),
        ("url: '/(a)\\1', script: main.app", ".url: '/(a)\\\\1' cannot be matched in linear time"),
        ("url: '/((x{99}){99}){99}', script: main.app", "invalid repetition size"),
        ("url: '/(?i)(\\pL\\pN){60}', script: main.app", "is too large: it repeats too much"),
        ("url: /x, script: gone.py", ".script: there is no file 'gone.py' in APP"),
        ("url: /x, script: gone.app", ".script: there is no module 'gone' (gone.py) in APP"),
        ("url: /x, script: gone.py.app", ".script: there is no module 'gone.py'"),
        ("url: /x, script: main", ".script: 'main' is neither a CGI file"),
        ("url: /x, script: 'main:app'", ".script: 'main:app' has a colon; write 'main.app'"),
        ("url: /x, script: ../main.py", ".script: '../main.py' leads out"),
        ("url: /x, script: /etc/x.py", ".script: '/etc/x.py' leads out"),
        ("url: '/(.*)', script: '\\2.py'", ".script: '\\\\2.py' uses '\\2', but the url has 1 gr"),
        ("url: /x, script: main.app, upload: x", ".upload: only handlers of static files may"),
        ("url: /x, script: main.app, mime_type: a/b", ".mime_type: only handlers of static files"),
        ("url: /x, static_files: y", "the key 'upload' is missing"),
        (
            "url: /x, static_files: '\\1', upload: y",
            ".static_files: '\\\\1' uses '\\1', but the url",
        ),
        (
            "url: /x, static_files: 'a\\b', upload: y",
            ".static_files: 'a\\\\b' has a backslash that",
        ),
        ("url: /x, static_files: y, upload: '['", ".upload: '[' is no regular expression"),
        (
            "url: '/(x)', static_dir: y",
            ".url: '/(x)' has '(': with 'static_dir' the url is a plain",
        ),
        ("url: /x, static_dir: ../y", ".static_dir: '../y' leads out"),
        ("url: /x, static_dir: y, upload: z", ".upload: only handlers with 'static_files'"),
        ("url: /x, static_dir: y, mime_type: text", ".mime_type: 'text' is not a MIME type"),
        ("url: /x, static_dir: y, expiration: 1 d", ".expiration: '1 d' is not a duration"),
        ("url: /x, static_dir: y, login: maybe", ".login: 'maybe' is not one of 'optional', 're"),
        ("url: /x, static_dir: y, secure: yes", ".secure: 'yes' is not one of 'default'"),
        ("url: /x, static_dir: y, position: head", ".position: only the handlers of included"),
        ("url: /x, static_dir: y, redirect_http_response_code: 300", "'300' is not one of '301'"),
        (
            "url: /x, static_dir: y, http_headers: {Content-Length: 5}",
            ".http_headers.Content-Length: the server states this header itself",
        ),
        (
            "url: /x, static_dir: y, http_headers: {X-AppEngine-X: 5}",
            ".http_headers.X-AppEngine-X: the server states this header itself",
        ),
        ("url: /x, static_dir: y, http_headers: {'a b': c}", "'a b' is no name of a header"),
        ('url: /x, static_dir: y, http_headers: {a: "b\\nc"}', "'b\\nc' holds a character"),
        ("url: /x, static_dir: y, http_headers: {a: b, A: c}", ".http_headers.A: the header stand"),
        (
            "url: /x, static_dir: y, http_headers: {Set-Cookie: appengine_x=1}",
            "the cookie 'appengine_x' is the platform's own",
        ),
        (
            "url: /x, static_dir: y, mime_type: a/b, http_headers: {content-type: c/d}",
            ".http_headers.content-type: the handler has 'mime_type' already",
        ),
    ],
)
def test_a_wrong_handler_is_told_with_line_and_field(app, handler, error):
    text = HEAD + "handlers:\n- url: /first\n  script: main.app\n- {" + handler + "}\n"
    message = app.refusal(text)
    assert message.startswith("app.yaml:6: handlers[1]")
    assert error in message


def test_a_header_s_name_ends_at_500_bytes(app):
    text = MAIN + '- url: /x\n  static_dir: y\n  http_headers: {"%s": v}\n'
    assert app.load(text % ("a" * 500)).handlers[1].http_headers
    assert "a name of 501 bytes; at most 500" in app.refusal(text % ("a" * 501))


def test_the_headers_of_a_handler_have_8_kib_together(app):
    text = MAIN + "- url: /x\n  static_dir: y\n  http_headers: {a: %s, b: c}\n"
    assert app.load(text % ("x" * 8189)).handlers[1].http_headers["b"] == "c"
    message = app.refusal(text % ("x" * 8190))
    assert message == "app.yaml:8: handlers[1].http_headers: 8193 bytes; at most 8192"


def test_a_hundred_handlers_are_the_limit(app):
    text = HEAD + "handlers:\n" + "- {url: /x, script: main.app}\n" * 100
    assert len(app.load(text).handlers) == 100
    text += "- {url: /x, script: main.app}\n"
    assert app.refusal(text) == "app.yaml:3: handlers: 101 handlers; at most 100"


def test_a_threadsafe_module_has_no_cgi_scripts(app):
    """Source: App Engine, "app.yaml", `threadsafe`."""
    text = "runtime: python27\napi_version: 1\nthreadsafe: {}\n"
    text += "handlers:\n- url: /.*\n  script: main.py\n"
    assert app.load(text.format("no")).handlers[0].is_cgi
    assert "'main.py' is a CGI file" in app.refusal(text.format("yes"))


def test_static_dir_matches_all_below_its_prefix_and_nothing_else(app):
    config = app.load(f"{MAIN}- url: /a.b/\n  static_dir: files/\n  expiration: 1h\n")
    handler = config.handlers[1]
    assert isinstance(handler, StaticHandler)
    regex = Regex(handler.url)
    assert regex.match("/a.b/c/d.css") == ("/a.b/c/d.css", "c/d.css")
    assert [regex.match(path) for path in ("/a.b", "/axb/c", "/a.bc")] == [None, None, None]
    assert (handler.file, handler.expiration_seconds) == ("files/\\1", 3600)


def test_default_expiration_is_for_static_handlers_that_state_none(app):
    config = app.load(
        f"default_expiration: 1d\n{MAIN}- {{url: /a, static_dir: a}}\n"
        "- {url: /b, static_dir: b, expiration: 0s}\n"
    )
    assert [handler.expiration_seconds for handler in config.handlers[1:]] == [86400, 0]


def test_a_handler_is_plain_data_for_any_wire(app):
    import msgspec

    config = app.load(MAIN + "- {url: /x, static_dir: y, expiration: 1h, mime_type: a/b}\n")
    wire = msgspec.msgpack.encode(config.handlers)
    kind = tuple[ScriptHandler | StaticHandler, ...]
    assert msgspec.msgpack.decode(wire, type=kind) == config.handlers


def test_expressions_that_are_too_large_together_are_refused(app):
    entry = "- {{url: '/(?i)(\\pL\\pN){{40}}{}', script: main.app}}\n"
    assert app.load(HEAD + "handlers:\n" + entry.format(1)).handlers
    text = HEAD + "handlers:\n" + "".join(entry.format(number) for number in range(100))
    message = app.refusal(text)
    assert message == "app.yaml:3: handlers: 100 expressions that are too large together"
