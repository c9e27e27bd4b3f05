"""The command line: flags and environment variables, each declared once."""

from pathlib import Path

import pytest

from appengine.cli.options import PROGRAM, make_parser, parse_arguments, reference_page
from appengine.config.errors import ConfigurationError
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
        (["--max_module_instances=3"], "max_module_instances", 3),
        (["--port=1", "--port=2"], "port", 2),
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
