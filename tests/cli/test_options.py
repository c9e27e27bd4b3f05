"""The command line: flags and environment variables, each declared once."""

from pathlib import Path

import pytest

from appengine.cli.options import (
    PROGRAM,
    make_parser,
    parse_arguments,
    reference_page,
    retired_flags,
)
from appengine.config.errors import ConfigurationError
from appengine.config.retired_options import EQUIVALENTS, RETIRED
from appengine.config.settings import OPTIONS, Settings

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "options.md"


def stated(*argv: str, **environment: str) -> Settings:
    return parse_arguments([*argv, "app"], environment).settings


def refusal(*argv: str, **environment: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        parse_arguments(argv, environment)
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    return message.removeprefix(f"{PROGRAM}: ")


def test_without_flags_everything_has_app_engine_s_default():
    """Source: App Engine, dev_appserver.py."""
    settings = stated()
    assert (settings.host, settings.port) == ("localhost", 8080)
    assert (settings.admin_host, settings.admin_port) == ("localhost", 8000)
    assert (settings.auth_domain, settings.log_level) == ("gmail.com", "info")
    assert settings.automatic_restart
    assert not settings.require_indexes
    assert settings == Settings()


@pytest.mark.parametrize(
    ("argv", "field", "value"),
    [
        (["--port", "0"], "port", 0),
        (["--port=65535"], "port", 65535),
        (["-p", "81"], "port", 81),
        (["-p81"], "port", 81),
        (["--admin-port=1"], "admin_port", 1),
        (["--host", "0.0.0.0"], "host", "0.0.0.0"),
        (["-a", "::1"], "host", "::1"),
        (["--address=h"], "host", "h"),
        (["-A", "hello"], "application", "hello"),
        (["--request_deadline", "1.5"], "request_deadline", 1.5),
        (["--log_level=debug"], "log_level", "debug"),
        (["--env_var", "A=b=c", "--env_var=D="], "variables", {"A": "b=c", "D": ""}),
        (["--allow_weak_sandbox=seccomp, landlock"], "allow_weak_sandbox", ("seccomp", "landlock")),
        (["--max_module_instances=3,a:5"], "max_module_instances", ("3", "a:5")),
        (["--port=1", "--port=2"], "port", 2),
        (["-d"], "log_level", "debug"),
        (["--debug"], "log_level", "debug"),
        (["--addn_host=a", "--addn_host=b,c"], "addn_host", ("a", "b", "c")),
        (["--trusted_proxies=10.0.0.0/8,::1"], "trusted_proxies", ("10.0.0.0/8", "::1")),
        (["--specified_service_ports=a:1,b:2"], "module_ports", {"a": 1, "b": 2}),
        (["--auto_id_policy=sequential"], "auto_id_policy", "sequential"),
        (["--show_tracebacks", "no"], "show_tracebacks", False),
        (["--use_mtime_file_watcher"], "use_mtime_file_watcher", True),
        (["--watcher_ignore_re=log/.*"], "watcher_ignore_re", "log/.*"),
        (["--run_command", "make test --all"], "run_command", "make test --all"),
    ],
)
def test_a_flag_states_its_option(argv, field, value):
    assert getattr(stated(*argv), field) == value


@pytest.mark.parametrize("words", [["--clear_datastore"], ["-c"], ["--clear_datastore=yes"]])
def test_an_on_off_flag_alone_says_yes_and_leaves_the_application_alone(words):
    arguments = parse_arguments([*words, "guestbook"], {})
    assert (arguments.settings.clear_datastore, arguments.paths) == (True, ("guestbook",))


@pytest.mark.parametrize("words", [["no"], ["off"], ["False"], ["0"]])
def test_an_on_off_flag_takes_yes_or_no(words):
    assert stated("--automatic_restart", *words).automatic_restart is False
    assert stated(f"--automatic_restart={words[0]}").automatic_restart is False


def test_flags_may_stand_before_between_and_behind_the_applications():
    arguments = parse_arguments(["a", "--port", "1", "b", "--workers=2", "c", "-c"], {})
    assert arguments.paths == ("a", "b", "c")
    assert (arguments.settings.port, arguments.settings.workers) == (1, 2)


def test_behind_two_hyphens_everything_is_an_application():
    assert parse_arguments(["--port=1", "--", "--port"], {}).paths == ("--port",)


def test_a_flag_wins_over_its_variable_and_that_over_the_default():
    assert stated(APPENGINE_PORT="1").port == 1
    assert stated("--port=2", APPENGINE_PORT="1").port == 2
    assert stated(APPENGINE_PORT="").port == 8080
    assert stated(APPENGINE_CLEAR_DATASTORE="yes").clear_datastore
    assert stated(APPENGINE_ALLOW_WEAK_SANDBOX="a,b").allow_weak_sandbox == ("a", "b")


@pytest.mark.parametrize(
    ("argv", "error"),
    [
        (["--prot", "1", "x"], "there is no option '--prot'; did you mean '--port'?"),
        (["x", "--clear_datastor"], "there is no option '--clear_datastor'; did you mean '--clear"),
        (["--por=1", "x"], "there is no option '--por'; did you mean '--port'?"),
        (["-z", "x"], "there is no option '-z'"),
        (["--port=99999", "x"], "--port: '99999' is not an integer from 0 to 65535"),
        (["--port=-1", "x"], "--port: '-1' is not an integer from 0 to 65535"),
        (["--port=http", "x"], "--port: 'http' is not an integer"),
        (["--host=a b", "x"], "--host: 'a b' is not a host name or an IP address"),
        (["--workers=0", "x"], "--workers: '0' is not an integer from 1 to 64"),
        (
            ["--request_deadline=0", "x"],
            "--request_deadline: '0' is not a number from 0.1 to 86400",
        ),
        (["--request_deadline=nan", "x"], "--request_deadline: 'nan' is not a number"),
        (["--log_level=loud", "x"], "--log_level: 'loud' is not one of 'debug', 'info'"),
        (["--clear_datastore=perhaps", "x"], "--clear_datastore: 'perhaps' is not yes or no"),
        (["--allow_weak_sandbox=A", "x"], "--allow_weak_sandbox: 'A' is not the name of a layer"),
        (["--env_var=A", "x"], "--env_var: 'A' is not a variable such as 'NAME=VALUE'"),
        (["--application=Hello", "x"], "--application: 'Hello' is not an application id"),
        (["--port"], "argument -p/--port: expected one argument"),
        ([], "an application's directory or app.yaml is missing; try --help"),
    ],
)
def test_a_wrong_flag_is_told_in_one_line(argv, error):
    assert refusal(*argv).startswith(error)


def test_a_wrong_variable_is_told_by_its_name():
    assert refusal("x", APPENGINE_PORT="x").startswith("APPENGINE_PORT: 'x' is not an integer")


def test_help_names_every_option_in_its_group():
    text = make_parser().format_help()
    for option in OPTIONS:
        assert option.flag in text
        assert f"\n{option.option.group}:" in text
    assert max(map(len, text.splitlines())) <= 100


def test_every_option_is_in_the_reference_which_is_made_from_the_declarations():
    assert PAGE.read_text() == reference_page()


def test_the_most_instances_are_those_of_all_modules_or_of_one():
    """Source: App Engine, dev_appserver.py, `--max_module_instances`."""
    settings = stated("--max_module_instances=3,backend:5")
    assert (settings.most_instances("default"), settings.most_instances("backend")) == (3, 5)
    assert stated("--max_module_instances=backend:5").most_instances("default") is None
    assert stated().most_instances("default") is None
    for wrong in ("0", "1001", "Backend:1", "a:"):
        assert "is not an integer from 1" in refusal(f"--max_module_instances={wrong}", "app")


def test_threadsafe_is_overridden_for_all_modules_or_for_one():
    """Source: App Engine, dev_appserver.py, `--threadsafe_override`."""
    settings = stated("--threadsafe_override=no,backend:Yes")
    assert settings.is_threadsafe("default", True) is False
    assert settings.is_threadsafe("backend", False) is True
    assert stated().is_threadsafe("default", True) is True
    assert "--threadsafe_override: 'maybe' is not yes or no" in refusal(
        "--threadsafe_override=maybe", "app"
    )


OLD = {
    "--use_sqlite": [],
    "--blobstore_path": ["/tmp/x"],
    "--php_remote_debugging": ["no"],
    "--skip_sdk_update_check": ["yes"],
    "--api_port": ["0"],
    "--jvm_flag": ["x"],
}


@pytest.mark.parametrize("flag", OLD)
@pytest.mark.parametrize("form", ["two words", "one word", "alone"])
def test_a_flag_that_does_nothing_is_accepted_with_a_line_that_says_why(flag, form):
    value = OLD[flag]
    words = [f"{flag}={value[0]}"] if value and form == "one word" else [flag, *value]
    if form == "alone":
        words = [flag, *value, "--port=81"]
    arguments = parse_arguments([*words, "app"], {})
    assert arguments.paths == ("app",)
    (note,) = arguments.notes
    assert note == f"{PROGRAM}: {flag} does nothing: {RETIRED[flag].reason}"
    assert arguments.settings.port == (81 if form == "alone" else 8080)


def test_a_flag_that_does_nothing_takes_no_application_for_its_value():
    assert parse_arguments(["--use_sqlite", "app"], {}).paths == ("app",)
    assert parse_arguments(["--blobstore_path", "x", "app"], {}).paths == ("app",)
    assert parse_arguments(["app", "--blobstore_path", "--port=1"], {}).paths == ("app",)


def test_every_flag_of_app_engine_s_server_is_an_option_or_is_told_why_not():
    """Source: App Engine, dev_appserver.py --help, its editions of 2008 and 2020."""
    served = {name for option in OPTIONS for name in (option.flag, *option.option.aliases)}
    known = served | retired_flags().keys() | EQUIVALENTS.keys() | {"-h", "--help"}
    assert set(APP_ENGINE.split()) - known == set()
    assert served.isdisjoint(retired_flags())


def test_the_page_of_compatibility_has_a_row_for_each_flag_and_none_is_out_of_date():
    """A flag that becomes an option moves from the page's last table to its first one."""
    page = (PAGE.parents[1] / "compatibility" / "dev_appserver.md").read_text()
    working, _, silent = page.partition("Flags that are accepted and do nothing")
    for flag in APP_ENGINE.split():
        assert f"`{flag}`" in (silent if flag in retired_flags() else working), flag
    assert [flag for flag in retired_flags() if f"`{flag}`" not in silent] == []


APP_ENGINE = """
-A --application --host --port --specified_service_ports --admin_host --admin_port --auth_domain
--storage_path --log_level --max_module_instances --use_mtime_file_watcher --threadsafe_override
--ssl_certificate_path --ssl_certificate_key_path
--addn_host --enable_host_checking --enable_console --appidentity_email_address
--appidentity_private_key_path --python_startup_script --python_startup_args
--python27_executable_path --php_executable_path --php_remote_debugging --jvm_flag --go_work_dir
--enable_watching_go_path --go_debugging --custom_entrypoint --runtime --blobstore_path
--mysql_host --mysql_port --mysql_user --mysql_password --mysql_socket --datastore_path
--clear_datastore --datastore_consistency_policy --require_indexes --auto_id_policy
--support_datastore_emulator --running_datastore_emulator_host --datastore_emulator_port
--datastore_emulator_cmd --logs_path --show_mail_body --enable_sendmail --smtp_host --smtp_port
--smtp_user --smtp_password --smtp_allow_tls --search_indexes_path --clear_search_indexes
--enable_task_running --allow_skipped_files --watcher_ignore_re --api_host --api_port
--grpc_api_port --automatic_restart --dev_appserver_log_level --skip_sdk_update_check
--default_gcs_bucket_name --env_var
-a --address -p -c -d --debug --debug_imports --history_path --use_sqlite --high_replication
--backends --multiprocess --disable_static_caching --disable_task_running --task_retry_seconds
--rdbms_sqlite_path
"""


def test_a_network_that_is_none_is_refused_with_its_flag():
    with pytest.raises(ConfigurationError, match=r"--urlfetch_networks: '10\.0\.0\.0/99'"):
        parse_arguments(["--urlfetch_networks=loopback,10.0.0.0/99", "app"], {})
    parsed = parse_arguments(["--urlfetch_networks=private,10.1.0.0/16,fd00::/8", "app"], {})
    assert parsed.settings.urlfetch_networks == ("private", "10.1.0.0/16", "fd00::/8")
