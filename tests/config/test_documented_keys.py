"""Every key of the documentation of app.yaml, with a value that it shows, means what it says.

Source: App Engine, "app.yaml Configuration File": its tables, row by row.
"""

import pytest

from appengine.config.handlers import ScriptHandler, StaticHandler
from appengine.config.patterns import Regex
from appengine.config.scaling import AutomaticScaling, BasicScaling, ManualScaling

CLASSIC = "runtime: python27\napi_version: 1\nthreadsafe: yes\n"
MAIN = "handlers:\n- url: /.*\n  script: main.app\n"
MODERN = "runtime: python312\n"


def ignored(config):
    return {key.field for _, key in config.ignored}


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        ("application: guestbook", "application", "guestbook"),
        ("application: s~guestbook", "application", "guestbook"),
        ("application: example.com:guestbook", "application", "example.com:guestbook"),
        ("project: guestbook", "application", "guestbook"),
        ("version: 1", "version", "1"),
        ("version: alpha-001", "version", "alpha-001"),
        ("service: backend", "module", "backend"),
        ("module: backend", "module", "backend"),
        ("instance_class: F4_1G", "instance_class", "F4_1G"),
        ("instance_class: B8\nmanual_scaling: {instances: 5}", "instance_class", "B8"),
        ("manual_scaling: {instances: 5}", "scaling", ManualScaling(instances=5)),
        (
            "basic_scaling: {max_instances: 11, idle_timeout: 10m}",
            "scaling",
            BasicScaling(max_instances=11, idle_timeout=600),
        ),
        (
            "basic_scaling: {max_instances: 11}",
            "scaling",
            BasicScaling(max_instances=11, idle_timeout=300),
        ),
        (
            "automatic_scaling:\n  min_idle_instances: 5\n  max_idle_instances: automatic\n"
            "  min_pending_latency: 30ms\n  max_pending_latency: automatic\n"
            "  max_concurrent_requests: 50",
            "scaling",
            AutomaticScaling(
                min_idle_instances=5, min_pending_latency=0.03, max_concurrent_requests=50
            ),
        ),
        (
            "automatic_scaling: {max_pending_latency: 1.5s, min_instances: 1, max_instances: 100,"
            " target_cpu_utilization: 0.65, target_throughput_utilization: 0.6}",
            "scaling",
            AutomaticScaling(
                max_pending_latency=1.5,
                min_instances=1,
                max_instances=100,
                target_cpu_utilization=0.65,
                target_throughput_utilization=0.6,
            ),
        ),
        ("env_variables:\n  A: b\n  C: 1", "env_variables", {"A": "b", "C": "1"}),
        ("default_expiration: 4d 5h", "default_expiration", 4 * 86400 + 5 * 3600),
        ("default_expiration: 30m 1s", "default_expiration", 1801),
        (
            "inbound_services:\n- mail\n- warmup\n- xmpp_message\n- xmpp_subscribe\n- xmpp_presence"
            "\n- xmpp_error\n- channel_presence\n- mail_bounce\n- rest",
            "inbound_services",
            tuple(
                "mail warmup xmpp_message xmpp_subscribe xmpp_presence xmpp_error channel_presence "
                "mail_bounce rest".split()
            ),
        ),
        ("auto_id_policy: legacy", "auto_id_policy", "legacy"),
        ("auto_id_policy: default", "auto_id_policy", "default"),
    ],
)
def test_a_key_of_the_application_is_read(app, line, name, value):
    assert getattr(app.load(f"{CLASSIC}{line}\n{MAIN}"), name) == value


@pytest.mark.parametrize(
    "line",
    [
        "env: standard",
        "vm: true",
        "code_lock: yes",
        "pagespeed: {}",
        "derived_file_type: [java_precompiled]",
        "api_config: {url: /_ah/spi/.*, script: x.app}",
        "nobuild_files: ^x$",
        "build_env_variables: {A: b}",
        "app_engine_apis: true",
        "runtime_config: {python_version: 3}",
        "runtime_channel: canary",
        "vpc_access_connector: {name: x}",
        "service_account: a@b.c",
        "endpoints_api_service: {name: x}",
        "network: {name: default}",
        "resources: {cpu: 1, memory_gb: 0.5}",
        "health_check: {enable_health_check: no}",
        "liveness_check: {path: /}",
        "readiness_check: {path: /}",
        "beta_settings: {a: b}",
        "vm_settings: {a: b}",
        "zones: [a]",
        "standard_websocket: yes",
        "source_language: x",
        "main: ./x",
        "automatic_scaling: {min_num_instances: 1}",
        "automatic_scaling: {cool_down_period_sec: 60}",
        "automatic_scaling: {cpu_utilization: {target_utilization: 0.5}}",
        "automatic_scaling: {custom_metrics: []}",
        "libraries: [{name: jinja2, version: latest}, {name: webapp2, version: '2.5.2'}]",
        "builtins: [{appstats: on}]",
    ],
)
def test_a_key_of_another_environment_is_accepted_and_named(app, line):
    config = app.load(f"{CLASSIC}{line}\n{MAIN}")
    assert len(ignored(config)) == 1
    assert next(iter(ignored(config))).startswith(line.partition(":")[0])


def test_threadsafe_says_whether_an_instance_takes_several_requests(app):
    assert app.load(CLASSIC + MAIN).is_threadsafe
    assert not app.load(CLASSIC.replace("yes", "no") + MAIN).is_threadsafe
    assert not app.load("runtime: python\napi_version: 1\n" + MAIN).is_threadsafe
    assert app.load(MODERN).is_threadsafe


@pytest.mark.parametrize("runtime", ["python37", "python39", "python312", "python3"])
def test_the_modern_runtimes_are_served_by_an_entrypoint(app, runtime):
    assert app.load(f"runtime: {runtime}\n").entrypoint == "main:app"


@pytest.mark.parametrize(
    ("command", "target"),
    [
        ("gunicorn -b :$PORT main:app", "main:app"),
        ("gunicorn -b :$PORT -w 2 --threads 4 main:application", "main:application"),
        ("exec gunicorn main", "main:application"),
        ("/env/bin/gunicorn --bind=:8080 main:app", "main:app"),
    ],
)
def test_the_object_of_a_gunicorn_command_is_served(app, command, target):
    assert app.load(f"{MODERN}entrypoint: {command}\n").entrypoint == target


def test_another_command_is_refused_and_what_is_supported_is_said(app):
    message = app.refusal(f"{MODERN}entrypoint: uvicorn main:app\n")
    assert message == (
        "app.yaml:2: entrypoint: 'uvicorn main:app' is another command: the platform calls a "
        "WSGI object; write 'gunicorn main:app'"
    )


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("script: main.py", {"script": "main.py", "login": "optional", "secure": "default"}),
        ("script: main.app\n  login: required", {"login": "required"}),
        ("script: main.app\n  login: admin", {"login": "admin", "auth_fail_action": "redirect"}),
        (
            "script: main.app\n  login: required\n  auth_fail_action: unauthorized",
            {"auth_fail_action": "unauthorized"},
        ),
        ("script: main.app\n  secure: always", {"secure": "always", "redirect_status": 302}),
        ("script: main.app\n  secure: never", {"secure": "never"}),
        (
            "script: main.app\n  secure: optional\n  redirect_http_response_code: 301",
            {"secure": "optional", "redirect_status": 301},
        ),
    ],
)
def test_a_key_of_a_script_s_handler_is_read(app, text, fields):
    yaml = f"{CLASSIC.replace('yes', 'no')}handlers:\n- url: /a\n  {text}\n"
    (handler,) = app.load(yaml).handlers
    assert isinstance(handler, ScriptHandler)
    assert {name: getattr(handler, name) for name in fields} == fields


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("static_dir: s", {"url": "/a/(.*)", "file": r"s/\1", "expiration_seconds": None}),
        ("static_dir: s\n  expiration: 1d", {"expiration_seconds": 86400}),
        ("static_dir: s\n  mime_type: text/x-pet", {"mime_type": "text/x-pet"}),
        ("static_dir: s\n  http_headers: {X-Pet: rex}", {"http_headers": {"X-Pet": "rex"}}),
        ("static_dir: s\n  require_matching_file: yes", {"require_matching_file": True}),
        ("static_dir: s\n  application_readable: yes", {"application_readable": True}),
        ("static_files: s.txt\n  upload: s.txt", {"url": "/a", "file": "s.txt", "upload": "s.txt"}),
    ],
)
def test_a_key_of_a_static_handler_is_read(app, text, fields):
    (handler,) = app.load(f"{CLASSIC}handlers:\n- url: /a\n  {text}\n").handlers
    assert isinstance(handler, StaticHandler)
    assert {name: getattr(handler, name) for name in fields} == fields


@pytest.mark.parametrize(
    "text",
    [
        "url: ^/a\n  script: main.app",
        "url: /a$\n  script: main.app",
        "url: a\n  script: main.app",
        "url: /a(b)\n  static_dir: s",
        "url: /a",
        "url: /a\n  script: main.app\n  static_dir: s",
        "url: /a\n  script: main.app\n  expiration: 1d",
        "url: /a\n  static_dir: s\n  upload: s/.*",
        "url: /a\n  static_files: s",
        "url: /a\n  script: main.app\n  redirect_http_response_code: 300",
        "url: /a\n  static_dir: s\n  http_headers: {Content-Length: '1'}",
        "url: /a\n  static_dir: s\n  http_headers: {Connection: close}",
        "url: /a\n  script: main.app\n  position: head",
    ],
)
def test_what_the_documentation_forbids_is_an_error_with_its_line(app, text):
    message = app.refusal(f"{CLASSIC}handlers:\n- {text}\n")
    assert message.partition(":")[0] == "app.yaml"
    assert 5 <= int(message.split(":")[1]) <= 8 and message.split(":")[2].startswith(" handlers[0]")


def test_at_most_100_handlers(app):
    handler = "- url: /a\n  script: main.app\n"
    assert len(app.load(f"{CLASSIC}handlers:\n{handler * 100}").handlers) == 100
    assert "handlers: 101 handlers; at most 100" in app.refusal(
        f"{CLASSIC}handlers:\n{handler * 101}"
    )


def test_handlers_of_builtins_and_includes_stand_around_app_yaml_s_own(app):
    """Source: as verified with the original: include's head, own, django's tail, include's tail."""
    include = (
        "handlers:\n- url: /plain\n  script: main.app\n"
        "- url: /tail\n  script: main.app\n  position: tail\n"
        "- url: /head\n  script: main.app\n  position: head\n"
    )
    yaml = f"{CLASSIC}builtins:\n- django_wsgi: on\nincludes:\n- more.yaml\n{MAIN}"
    config = app.load(yaml, more=include)
    urls = [handler.url for handler in config.handlers]
    assert urls == ["/plain", "/head", "/.*", "/.*", "/tail"]
    assert config.handlers[3].script == "google.appengine.ext.django.main.app"
    assert (config.handlers[3].field, config.handlers[3].line) == ("builtins[0]", 5)


@pytest.mark.parametrize("name", ["admin_redirect", "default", "django_wsgi"])
def test_a_builtin_that_works_is_not_named_as_ignored(app, name):
    assert ignored(app.load(f"{CLASSIC}builtins:\n- {name}: on\n{MAIN}")) == set()


def test_skip_files_are_by_default_what_editors_and_python_leave_behind(app):
    skipped = Regex(app.load(CLASSIC + MAIN).skip_files)
    hidden = ("#a#", "a~", "b/c.pyc", "x/RCS/y", ".git", "a/.svn", "")
    assert all(skipped.is_match(path) for path in hidden)
    assert not any(skipped.is_match(path) for path in ("a.py", "README", "a.b"))


@pytest.mark.parametrize("code", ["default", "over_quota", "dos_api_denial", "timeout"])
def test_each_kind_of_error_may_have_its_page(app, code):
    text = f"error_handlers:\n- error_code: {code}\n  file: main.py\n  mime_type: text/plain\n"
    (page,) = app.load(f"{CLASSIC}{text}{MAIN}").error_handlers
    assert (page.error_code, page.file, page.mime_type) == (code, "main.py", "text/plain")
    (page,) = app.load(f"{CLASSIC}error_handlers: [{{file: main.py}}]\n{MAIN}").error_handlers
    assert (page.error_code, page.mime_type) == ("default", "text/html")


def test_links_of_the_console_are_read(app):
    text = "admin_console:\n  pages:\n  - name: My page\n    url: /mine\n"
    (page,) = app.load(f"{CLASSIC}{text}{MAIN}").console_pages
    assert (page.name, page.url) == ("My page", "/mine")


@pytest.mark.parametrize(
    ("entry", "error"),
    [
        ("{name: jinja, version: latest}", "libraries[0].name: there is no library 'jinja'; did"),
        ("{name: django, version: '2.0'}", "libraries[0].version: '2.0'; django has '1.2', '1.3'"),
        ("{nam: django, version: '1.4'}", "libraries[0].nam: there is no such key; did you mean"),
    ],
)
def test_a_library_that_never_was_is_an_error(app, entry, error):
    assert error in app.refusal(f"{CLASSIC}libraries:\n- {entry}\n{MAIN}")
