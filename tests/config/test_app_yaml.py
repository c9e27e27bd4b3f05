"""app.yaml: everything that it may state, and one line for everything that it may not."""

import pytest

from appengine.config.app_yaml import default_id, find_file, load_application
from appengine.config.errors import ConfigurationError
from appengine.config.handlers import ScriptHandler
from appengine.config.patterns import Regex
from appengine.config.scaling import BasicScaling
from appengine.config.sections import DEFAULT_SKIP_FILES

HEAD = "runtime: python\napi_version: 1\n"
MAIN = f"{HEAD}handlers:\n- url: /.*\n  script: main.app\n"
MODERN = "runtime: python312\n"


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
        (
            "admin_console: {pages: [{name: x, url: 'javascript:x'}]}",
            "admin_console.pages[0].url: 'javascript:x' is no path, nor a URL of http",
        ),
        ("libraries: [{name: x}]", "libraries[0]: the key 'version' is missing"),
    ],
)
def test_what_is_wrong_is_told_with_line_and_field(app, line, error):
    message = app.refusal(MAIN + line + "\n")
    place, _, rest = message.partition(": ")
    assert place in ("app.yaml:6", "app.yaml:7")
    assert rest.startswith(error)


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


def test_builtins_that_are_on_are_listed_as_not_offered(app):
    config = app.load(MAIN + "builtins:\n- default: on\n- deferred: on\n- appstats: off\n")
    assert [(key.field, key.line, key.reason) for _, key in config.ignored] == [
        ("builtins[1].deferred", 8, "it is not offered")
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


def test_isolation_is_the_platform_s_own_section(app):
    assert app.load(MAIN).isolation == "instance"
    assert app.load(f"{MAIN}platform:\n  isolation: request\n").isolation == "request"


@pytest.mark.parametrize(
    ("section", "told"),
    [
        ("platform:\n  isolation: thread\n", "7: platform.isolation: "),
        ("platform:\n  isolate: request\n", "7: platform.isolate: there is no such key"),
        ("isolation: request\n", "6: isolation: there is no such key"),
        ("platform: request\n", "6: platform: "),
    ],
)
def test_a_wrong_isolation_is_refused(app, section, told):
    assert f"app.yaml:{told}" in app.refusal(MAIN + section)
