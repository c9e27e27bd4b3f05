"""Which changes of files change an application."""

from pathlib import Path

import pytest

from appengine.config.app_yaml import load_application
from appengine.config.patterns import Regex
from appengine.supervisor.watch import is_watched


@pytest.mark.parametrize(
    ("path", "ignored", "counts"),
    [
        ("main.py", "", True),
        ("static/a.css", "", True),
        ("index.yaml", "", False),
        ("dispatch.yaml", "", False),
        (".git/HEAD", "", False),
        ("main.py~", "", False),
        ("a/__pycache__/x.py", "", False),
        ("notes/a.txt", "notes/.*", False),
        ("notes/a.txt", "notes", True),
        ("main.py", "notes/.*", True),
    ],
)
def test_what_the_operator_ignores_and_what_no_code_reads_changes_nothing(
    tmp_path, path, ignored, counts
):
    (tmp_path / "main.py").touch()
    text = "runtime: python\napi_version: 1\nhandlers: [{url: /, script: main.py}]\n"
    (tmp_path / "app.yaml").write_text(text)
    config = load_application(tmp_path)
    regex = Regex(ignored) if ignored else None
    assert is_watched(config, str(Path(config.directory, path)), regex) is counts
    assert not is_watched(config, "/elsewhere/main.py", regex)
