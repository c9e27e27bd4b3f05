"""Programs that `appcfg.py check` reads."""

import pytest

from appengine.cli.porting.checking import check_application
from appengine.config.app_yaml import load_application

YAML = "application: a\nversion: 1\nruntime: python27\napi_version: 1\nthreadsafe: true\n"
YAML += "handlers: [{url: /.*, script: main.app}]\n"


@pytest.fixture
def check(tmp_path):
    """Checks an application of some files; returns (file, line, text) of what is found."""

    def run(main="", weight=None, **files):
        texts = {"app.yaml": YAML, "main.py": main, **files}
        for name, text in texts.items():
            path = tmp_path / name.replace("__", "/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        found = check_application(tmp_path, load_application(tmp_path))
        return [
            (each.file, each.line, each.text)
            for each in found
            if weight is None or each.weight is weight
        ]

    return run


@pytest.fixture
def only(check):
    """Returns the one text that is found in a program, on the line that holds `# HERE`, or 1."""

    def run(source, **files):
        ((file, line, text),) = check(source, **files)
        lines = source.splitlines()
        marked = next((n for n, each in enumerate(lines, 1) if "# HERE" in each), 1)
        assert (file, line) == ("main.py", marked)
        return text

    return run
