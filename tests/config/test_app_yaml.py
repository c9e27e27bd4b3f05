"""app.yaml: everything that it may state, and one line for everything that it may not."""

import pytest

from appengine.config.app_yaml import default_id, find_file, load_application
from appengine.config.errors import ConfigurationError
from appengine.config.handlers import ScriptHandler, StaticHandler
from appengine.config.patterns import Regex
from appengine.config.scaling import BasicScaling
from appengine.config.sections import DEFAULT_SKIP_FILES

HEAD = "runtime: python\napi_version: 1\n"
MAIN = f"{HEAD}handlers:\n- url: /.*\n  script: main.app\n"
MODERN = "runtime: python312\n"


@pytest.fixture
def app(tmp_path):
    """An application's directory; call it with app.yaml's text and further files."""

    class App:
        directory = tmp_path / "Guest Book_2"

        def write(self, text, *names, **files):
            for name in ("main.py", *names):
                path = self.directory / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text("app = None\n")
            for name, content in files.items():
                (self.directory / f"{name}.yaml").write_text(content)
            (self.directory / "app.yaml").write_text(text)
            return self.directory

        def load(self, text, *names, **files):
            return load_application(self.write(text, *names, **files))

        def refusal(self, text, *names, **files):
            with pytest.raises(ConfigurationError) as caught:
                self.load(text, *names, **files)
            message = str(caught.value)
            assert len(message.splitlines()) == 1
            return message.removeprefix(f"{self.directory}/").replace(str(self.directory), "APP")

    return App()


def test_the_classic_application_is_read_with_all_defaults(app):
    config = app.load(f"application: hello\nversion: 1\n{MAIN}")
    assert (config.application, config.module, config.version) == ("hello", "default", "1")
    assert config.handlers == (
        ScriptHandler(
            url="/.*",
            script="main.app",
            source=str(app.directory / "app.yaml"),
            line=6,
            field="handlers[0]",
        ),
    )
    assert config.is_classic
    assert not config.is_threadsafe
    assert config.skip_files == DEFAULT_SKIP_FILES
    assert (config.directory, config.files) == (app.directory, (app.directory / "app.yaml",))


def test_without_handlers_the_entrypoint_of_a_modern_runtime_answers(app):
    config = app.load(MODERN)
    assert config.entrypoint == "main:app"
    assert (config.handlers, config.is_threadsafe, config.is_classic) == ((), True, False)


def test_a_yaml_file_is_as_good_as_its_directory(app):
    directory = app.write(MAIN)
    assert load_application(directory / "app.yaml") == load_application(directory)


def test_app_yml_is_found_where_there_is_no_app_yaml(app):
    directory = app.write(MAIN)
    (directory / "app.yaml").rename(directory / "app.yml")
    assert find_file(directory).name == "app.yml"
    assert load_application(str(directory)).handlers[0].source.endswith("app.yml")


def test_a_directory_without_app_yaml_is_told_by_the_missing_file(tmp_path):
    with pytest.raises(ConfigurationError, match=r"app\.yaml: cannot be read: No such file"):
        load_application(tmp_path)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("guestbook", "guestbook"), ("Guest Book_2", "guest-book-2"), ("-x-", "x"), ("日本", None)],
)
def test_the_id_of_an_application_without_one_is_its_directory_s_name_made_valid(
    tmp_path, name, expected
):
    assert default_id(tmp_path / name) == (expected or "application")


def test_a_stated_id_wins_over_app_yaml_and_a_partition_is_no_part_of_it(app):
    directory = app.write(f"application: s~hello\n{MAIN}")
    assert load_application(directory).application == "hello"
    assert load_application(directory, "other").application == "other"


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("aplication: x", "aplication: there is no such key; did you mean 'application'?"),
        ("application: Hello", "application: 'Hello' is not an application id"),
        ("project: a\napplication: b", "project: it is another word for 'application'; one of th"),
        ("version: latest", "version: 'latest' is a reserved name"),
        ("version: ah-1", "version: 'ah-1' is a reserved name"),
        ("version: 1.0", "version: '1.0' is not a name of 1 to 63 lower-case letters"),
        ('version: "1\\n"', "version: '1\\n' is not a name of 1 to 63"),
        ("service: a\nmodule: b", "service: it is another word for 'module'"),
        ("threadsafe: maybe", "threadsafe: 'maybe' is not yes or no"),
        ("default_expiration: 5", "default_expiration: '5' is not a duration"),
        ("instance_class: F3", "instance_class: 'F3' is not one of 'F1', 'F2'"),
        ("instance_class: B1", "instance_class: 'B1'; this kind of scaling has classes F1"),
        ("inbound_services: [mial]", "inbound_services[0]: 'mial' is not one of 'mail'"),
        ("env_variables: {A: {}}", "env_variables.A: expected a text, not a mapping"),
        ('env_variables: {"A=B": c}', "env_variables: 'A=B' is no name of an environment"),
        ("builtins: [appstat: on]", "builtins[0]: no builtin 'appstat'; did you mean 'appstats'?"),
        ("builtins: [{a: on, b: on}]", "builtins[0]: 2 names in one entry"),
        ("skip_files: '('", "skip_files: '(' is no regular expression"),
        ("skip_files: [a, '(?=b)']", "skip_files[1]: '(?=b)' cannot be matched in linear time"),
        ("entrypoint: gunicorn x", "entrypoint: runtime 'python' has scripts instead"),
        ("manual_scaling: {}", "manual_scaling: the key 'instances' is missing"),
        (
            "manual_scaling: {instances: 0}",
            "manual_scaling.instances: '0' is not an integer from 1",
        ),
        (
            "manual_scaling: {instances: 1}\nbasic_scaling: {max_instances: 1}",
            "manual_scaling: there is 'basic_scaling' already",
        ),
        (
            "automatic_scaling: {min_pending_latency: 2s, max_pending_latency: 30ms}",
            "automatic_scaling.min_pending_latency: 2.0 is more than 'max_pending_latency'",
        ),
        ("error_handlers: [{file: no.html}]", "error_handlers[0].file: there is no file 'no.html'"),
        ("error_handlers: [{file: ../x}]", "error_handlers[0].file: there is no file '../x'"),
        (
            "error_handlers: [{file: main.py}, {file: main.py}]",
            "error_handlers[1]: there is a page for 'default' already",
        ),
        ("includes: [more]", "includes[0]: there is no file 'more' in APP"),
        ("includes: [../x]", "includes[0]: '../x' leads out"),
        ("libraries: [{name: x}]", "libraries[0]: the key 'version' is missing"),
    ],
)
def test_what_is_wrong_is_told_with_line_and_field(app, line, error):
    message = app.refusal(MAIN + line + "\n")
    place, _, rest = message.partition(": ")
    assert place in ("app.yaml:6", "app.yaml:7")
    assert rest.startswith(error)


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
        ("url: '/((x{99}){99}){99}', script: main.app", ".url: '/((x{99}){99}){99}' cannot be"),
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


def test_a_hundred_handlers_are_the_limit(app):
    text = HEAD + "handlers:\n" + "- {url: /x, script: main.app}\n" * 100
    assert len(app.load(text).handlers) == 100
    text += "- {url: /x, script: main.app}\n"
    assert app.refusal(text) == "app.yaml:3: handlers: 101 handlers; at most 100"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("runtime: python\n", "app.yaml:1: the key 'api_version' is missing"),
        ("api_version: 1\n", "app.yaml:1: the key 'runtime' is missing"),
        ("runtime: python27\napi_version: 1\n", "app.yaml:1: the key 'threadsafe' is missing"),
        (HEAD, "app.yaml:1: handlers: the key 'handlers' is missing"),
        ("runtime: go111\n", "app.yaml:1: runtime: 'go111' is not a runtime that is served"),
    ],
)
def test_what_a_classic_runtime_requires_is_required(app, text, error):
    assert app.refusal(text).startswith(error)


def test_a_threadsafe_module_has_no_cgi_scripts(app):
    """Source: App Engine, "app.yaml", `threadsafe`."""
    text = "runtime: python27\napi_version: 1\nthreadsafe: {}\n"
    text += "handlers:\n- url: /.*\n  script: main.py\n"
    assert app.load(text.format("no")).handlers[0].is_cgi
    assert "'main.py' is a CGI file" in app.refusal(text.format("yes"))


@pytest.mark.parametrize(
    ("script", "files"),
    [
        ("main.py", ()),
        ("main.app", ()),
        ("main.Site.app", ()),
        ("pages.blog.app", ("pages/blog.py",)),
        ("pages.app", ("pages/__init__.py",)),
        ("flask.app", ("lib/flask/__init__.py",)),
        ("wsgiref.simple_server.demo_app", ()),
        ("google.appengine.ext.deferred.application", ()),
        ("\\1.py", ()),
        ("$PYTHON_LIB/google/appengine/x.py", ()),
        ("fast.app", ("fast.cpython-311-x86_64-linux-gnu.so",)),
        ("flask.app", ("requirements.txt",)),
    ],
)
def test_a_script_may_be_wherever_python_finds_it(app, script, files):
    url = "/(.*)" if "\\" in script else "/.*"
    config = app.load(f"{HEAD}handlers:\n- url: {url}\n  script: {script}\n", *files)
    assert config.handlers[0].script == script


@pytest.mark.parametrize(
    ("entrypoint", "target"),
    [
        ("gunicorn -b :$PORT main:app", "main:app"),
        ("exec gunicorn --workers 2 -k gthread main", "main:application"),
        ("/usr/bin/gunicorn --bind=:$PORT pages.blog:site --log-level debug", "pages.blog:site"),
    ],
)
def test_a_gunicorn_entrypoint_names_the_object_that_is_served(app, entrypoint, target):
    if "debug" in entrypoint:
        entrypoint = entrypoint.replace("--log-level debug", "--log-level=debug")
    config = app.load(f"{MODERN}entrypoint: {entrypoint}\n", "pages/blog.py")
    assert config.entrypoint == target


@pytest.mark.parametrize(
    ("entrypoint", "error"),
    [
        ("uvicorn main:app", "is another command"),
        ("gunicorn", "names no WSGI object"),
        ("gunicorn gone:app", "there is no module 'gone' (gone.py)"),
        ("gunicorn 'main", "is no command"),
        ("gunicorn main:app()", "is no WSGI object"),
    ],
)
def test_another_entrypoint_is_refused(app, entrypoint, error):
    message = app.refusal(f"{MODERN}entrypoint: {entrypoint}\n")
    assert message.startswith("app.yaml:2: entrypoint: ")
    assert error in message


def test_a_modern_runtime_without_main_py_is_refused(tmp_path):
    (tmp_path / "app.yaml").write_text(MODERN)
    with pytest.raises(ConfigurationError, match=r"entrypoint: there is no module 'main'"):
        load_application(tmp_path)


def test_scripts_of_a_modern_runtime_mean_the_entrypoint(app):
    """Source: App Engine, "app.yaml", handlers, `script`: anything but `auto` is ignored."""
    config = app.load(
        MODERN + "handlers:\n- {url: /a, script: other.app}\n- {url: /b, script: auto}"
    )
    assert [handler.script for handler in config.handlers] == ["auto", "auto"]
    assert [(key.field, key.line) for _, key in config.ignored] == [("handlers[0].script", 3)]


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


def test_skip_files_replaces_the_default_and_a_list_is_joined(app):
    """Source: App Engine, "app.yaml", `skip_files`."""
    skipped = Regex(app.load(f"{MAIN}skip_files:\n- .*[.]log\n- tmp|cache\n").skip_files)
    matches = [skipped.match(path) is not None for path in ("a.log", "tmp", "cache", ".git", "x")]
    assert matches == [True, True, True, False, False]


def test_the_default_skip_files_are_backups_compiled_python_and_dot_files(app):
    skipped = Regex(app.load(MAIN).skip_files)
    hidden = (".git", "a/.hidden", "main.pyc", "#a#", "a~", "x/RCS/y", "")
    assert all(skipped.match(path) is not None for path in hidden)
    assert not any(skipped.match(path) for path in ("main.py", "a.b", "RCS", "static/x.css"))


def test_keys_of_other_platforms_are_accepted_and_listed_with_their_line(app):
    config = app.load(MAIN + "env: flex\nbeta_settings: {a: [b]}\nlibraries: []\npagespeed: x\n")
    assert [(key.field, key.line) for _, key in config.ignored] == [
        ("env", 6),
        ("beta_settings", 7),
        ("libraries", 8),
        ("pagespeed", 9),
    ]


def test_scaling_and_class_are_read(app):
    config = app.load(MAIN + "basic_scaling: {max_instances: 3, idle_timeout: 10m}\n")
    assert config.scaling == BasicScaling(max_instances=3, idle_timeout=600)
    assert config.instance_class == "B2"
    scaling = app.load(MAIN + "automatic_scaling: {max_idle_instances: 2}\n").scaling
    assert (scaling.min_idle_instances, scaling.max_idle_instances) == ("automatic", 2)


def test_an_error_page_has_at_most_10_kib(app):
    text = MAIN + "error_handlers: [{file: e.html, error_code: timeout}]\n"
    directory = app.write(text)
    (directory / "e.html").write_bytes(b"x" * 10240)
    assert load_application(directory).error_handlers[0].error_code == "timeout"
    (directory / "e.html").write_bytes(b"x" * 10241)
    with pytest.raises(ConfigurationError, match=r"'e\.html' has 10241 bytes; at most 10240"):
        load_application(directory)


def test_a_link_in_the_console_must_be_answered_by_a_handler(app):
    text = HEAD + "handlers: [{url: /stats, script: main.app}]\n"
    page = "admin_console: {pages: [{name: Stats, url: %s}]}\n"
    assert app.load(text + page % "/stats").console_pages[0].name == "Stats"
    message = app.refusal(text + page % "/other")
    assert message == "app.yaml:4: admin_console.pages[0].url: no handler matches '/other'"


def test_included_handlers_stand_before_and_behind_those_of_app_yaml(app):
    """Source: App Engine, "app.yaml", `includes`: positions head (the default) and tail."""
    config = app.load(
        f"includes: [one.yaml, two]\n{MAIN}",
        "two/x",
        one="includes: [deep.yaml]\nhandlers:\n- {url: /one, script: main.app}\n"
        "- {url: /one-tail, script: main.app, position: tail}\n",
        deep="handlers: [{url: /deep, script: main.app}, "
        "{url: /deep-tail, script: main.app, position: tail}]\n",
        **{"two/include": "handlers: [{url: /two, script: main.app, position: head}]\n"},
    )
    urls = [handler.url for handler in config.handlers]
    assert urls == ["/deep", "/one", "/two", "/.*", "/one-tail", "/deep-tail"]
    assert [path.name for path in config.files] == [
        "app.yaml",
        "one.yaml",
        "deep.yaml",
        "include.yaml",
    ]


def test_included_values_are_merged_and_those_of_app_yaml_win(app):
    config = app.load(
        f"includes: [one.yaml]\nenv_variables: {{A: app, B: app}}\nskip_files: a\n{MAIN}",
        one="env_variables: {B: one, C: one}\nskip_files: b\ninbound_services: [mail]\n",
    )
    assert config.env_variables == {"A": "app", "B": "app", "C": "one"}
    assert config.skip_files == "(?:a)|(?:b)"
    assert config.inbound_services == ("mail",)


def test_an_include_that_includes_itself_is_refused(app):
    message = app.refusal(
        f"includes: [one.yaml]\n{MAIN}",
        one="includes: [two.yaml]\n",
        two="\nincludes: [one.yaml]\n",
    )
    assert message == "two.yaml:2: includes[0]: 'one.yaml' includes itself"


def test_an_error_in_an_included_file_names_that_file(app):
    message = app.refusal(f"includes: [one.yaml]\n{MAIN}", one="runtime: python\n")
    assert message == "one.yaml:1: runtime: there is no such key"


def test_a_handler_is_plain_data_for_any_wire(app):
    import msgspec

    config = app.load(MAIN + "- {url: /x, static_dir: y, expiration: 1h, mime_type: a/b}\n")
    wire = msgspec.msgpack.encode(config.handlers)
    kind = tuple[ScriptHandler | StaticHandler, ...]
    assert msgspec.msgpack.decode(wire, type=kind) == config.handlers
