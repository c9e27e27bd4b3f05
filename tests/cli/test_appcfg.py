"""appcfg.py: checks an application's configuration, and is honest about the rest."""

import pytest

from appengine.cli.appcfg import NOT_OFFERED, main

APP = """\
application: hello
version: 3
runtime: python27
api_version: 1
threadsafe: no
zones: [a]
handlers:
- url: /static
  static_dir: files
- url: /.*
  script: main.py
"""


@pytest.fixture
def directory(tmp_path):
    (tmp_path / "main.py").touch()
    (tmp_path / "app.yaml").write_text(APP)
    return tmp_path


def test_check_prints_what_app_yaml_states_and_what_is_ignored(capsys, directory):
    assert main(["check", str(directory)]) == 0
    assert capsys.readouterr().out.replace(f"{directory}/", "").splitlines() == [
        "app.yaml: application 'hello', module 'default', version '3', runtime 'python27'",
        "app.yaml:8: /static/(.*) -> files/\\1",
        "app.yaml:10: /.* -> main.py",
        "app.yaml:6: zones: ignored: it belongs to another environment",
        "nothing else is refused, and nothing differs",
    ]


def test_check_of_a_modern_runtime_names_the_entrypoint(capsys, directory):
    (directory / "app.yaml").write_text("runtime: python312\nhandlers: [{url: /a, script: auto}]\n")
    (directory / "main.py").write_text("app = None\n")
    assert main(["check", str(directory)]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == [
        f"{directory}/app.yaml:2: /a -> main:app",
        "every other path -> main:app",
        "nothing else is refused, and nothing differs",
    ]


def test_check_of_a_wrong_file_is_one_line_and_status_1(capsys, directory):
    (directory / "app.yaml").write_text(APP.replace("main.py", "gone.py"))
    assert main(["check", str(directory)]) == 1
    error = capsys.readouterr().err.replace(f"{directory}/", "")
    assert error.startswith(
        "appcfg.py: app.yaml:11: handlers[1].script: there is no file 'gone.py'"
    )


@pytest.mark.parametrize(
    ("argv", "status", "error"),
    [
        ([], 2, "a command is missing; try 'help'"),
        (["chekc"], 2, "there is no command 'chekc'; did you mean 'check'?"),
        (["check"], 2, "check takes one application's directory, not 0"),
        (["check", "a", "b"], 2, "check takes one application's directory, not 2"),
        (["update", "x"], 1, "'update' is not offered by this version"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(capsys, argv, status, error):
    assert main(argv) == status
    assert capsys.readouterr() == ("", f"appcfg.py: {error}\n")


@pytest.mark.parametrize("command", NOT_OFFERED)
def test_app_engine_s_other_commands_are_known_and_refused(capsys, command):
    assert main([command]) == 1
    assert command in capsys.readouterr().err


def test_help_names_the_commands(capsys):
    assert main(["help"]) == 0
    assert "check APP_DIR" in capsys.readouterr().out
