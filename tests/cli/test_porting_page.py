"""docs/porting.md does what it says: its files are written, its commands run."""

import re
import shlex

from appengine.cli.appcfg import main
from tests.e2e.serving import CHECKOUT, write_files

BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def test_each_command_of_the_page_prints_what_stands_there(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    commands = 0
    for kind, name, text in BLOCK.findall((CHECKOUT / "docs" / "porting.md").read_text()):
        if name:
            write_files(tmp_path, {name: text})
        elif kind == "console":
            command, expected = text.split("\n", 1)
            program, *arguments = shlex.split(command.removeprefix("$ "))
            assert program == "appcfg.py"
            assert main(arguments) == 1
            assert capsys.readouterr().out == expected
            commands += 1
    assert commands == 2
