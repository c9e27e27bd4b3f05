"""Of several modules, which one speaks for the application."""

from pathlib import Path

import pytest

from appengine.config.app_yaml import load_application
from appengine.supervisor.of_modules import find_id_policies, find_index_files
from tests.e2e.serving import write_files


def load(folder: Path, module: str, keys: str = ""):
    yaml = f"application: trial\nruntime: python312\nservice: {module}\n{keys}"
    files = {"app.yaml": yaml, "main.py": "app = print\n"}
    return load_application(write_files(folder / module, files))


def test_index_yaml_lies_beside_the_first_module(tmp_path):
    modules = [load(tmp_path, name) for name in ("first", "second")]
    assert find_index_files(modules) == {"trial": str(tmp_path / "first" / "index.yaml")}
    assert find_index_files([]) == {}


@pytest.mark.parametrize("asking", [0, 1])
def test_one_module_that_asks_for_the_legacy_policy_is_enough(tmp_path, asking):
    keys = ["", ""]
    keys[asking] = "auto_id_policy: legacy\n"
    modules = [load(tmp_path, f"m{number}", text) for number, text in enumerate(keys)]
    assert find_id_policies(modules) == {"trial": "legacy"}
    assert find_id_policies([load(tmp_path, "m2")]) == {"trial": "default"}
