"""dev_appserver.py: what is wrong is told in one line, with status 2, before anything starts."""

import subprocess
import sys
from pathlib import Path

import pytest

from appengine.cli import dev_appserver
from appengine.cli.options import Arguments
from appengine.config.errors import ConfigurationError
from appengine.config.settings import Settings

ROOT = Path(__file__).parents[2]
APP = "runtime: python\napi_version: 1\nhandlers: [{url: /, script: main.py}]\n"


@pytest.fixture
def make(tmp_path):
    def write(name, text=APP):
        directory = tmp_path / name
        directory.mkdir()
        (directory / "main.py").touch()
        (directory / "app.yaml").write_text(text)
        return directory

    return write


@pytest.mark.parametrize(
    ("argv", "error"),
    [
        ([], "dev_appserver.py: an application's directory or app.yaml is missing; try --help\n"),
        (
            ["--prot=1", "x"],
            "dev_appserver.py: there is no option '--prot'; did you mean '--port'?\n",
        ),
        (["/nowhere"], "/nowhere: cannot be read: No such file or directory\n"),
    ],
)
def test_what_is_wrong_ends_with_status_2_and_one_line(capsys, argv, error):
    assert dev_appserver.main(argv) == 2
    assert capsys.readouterr() == ("", error)


def test_a_wrong_app_yaml_is_told_with_file_line_and_field(capsys, make):
    directory = make("a", APP.replace("main.py", "gone.py"))
    assert dev_appserver.main([str(directory)]) == 2
    expected = f"{directory}/app.yaml:3: handlers[0].script: there is no file 'gone.py' in"
    assert capsys.readouterr().err == f"{expected} {directory}\n"


def test_the_command_in_a_checkout_tells_the_same():
    done = subprocess.run(
        [sys.executable, ROOT / "dev_appserver.py", "/nowhere"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "/nowhere: cannot be read: No such file or directory\n"


def test_help_is_printed_with_status_0(capsys):
    with pytest.raises(SystemExit) as ended:
        dev_appserver.main(["--help"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("usage: dev_appserver.py [options] app_dir_or_yaml")


def test_several_applications_and_modules_are_loaded_in_order(make):
    paths = tuple(
        str(make(name, f"{text}{APP}")) for name, text in (("a", ""), ("b", "service: c\n"))
    )
    loaded = dev_appserver.load_applications(Arguments(Settings(application="x"), paths))
    assert [(each.application, each.module) for each in loaded] == [("x", "default"), ("x", "c")]


def test_the_same_module_twice_is_refused(make):
    first, second = make("a"), make("b", f"application: a\n{APP}")
    with pytest.raises(ConfigurationError) as caught:
        dev_appserver.load_applications(Arguments(Settings(), (str(first), str(second))))
    assert str(caught.value) == (
        f"{second}/app.yaml: module 'default' of 'a' is already in {first}/app.yaml"
    )
