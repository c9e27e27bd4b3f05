"""What stands in the text of files: nothing unfinished, no silent exemption, no drifted path."""

import ast
import re

import pytest

from tests.house.sources import (
    PRODUCT,
    PYTHON_FOLDERS,
    ROOT,
    documents,
    name_of,
    python_files,
    tree_of,
)

UNFINISHED = re.compile(
    "|".join(["TO" + "DO", "FIX" + "ME", "X" * 3, "raise NotImplemented" + r"Error(\(\))?$"])
)
EXEMPTION = re.compile(r"#\s*(type:\s*ignore|noqa|pragma)")
REASONED = re.compile(
    r"#\s*(type:\s*ignore\[[\w, -]+\]|noqa:\s*[A-Z]+\d+(,\s*[A-Z]+\d+)*|pragma: \w[\w ]*?)"
    r"(\s+# |: )\S"
)
FILE_NAME = re.compile(r"`((?:[\w.-]+/)+[\w.-]+\.(?:py|md|toml|yaml|html|css|txt))(?:[:#]\S*)?`")

every_file = pytest.mark.parametrize("path", python_files(*PYTHON_FOLDERS), ids=name_of)


@every_file
def test_nothing_is_left_for_later(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if UNFINISHED.search(line)] == []


@pytest.mark.parametrize("path", python_files("appengine", "benchmarks"), ids=name_of)
def test_an_exemption_from_a_check_names_its_code_and_reason(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if EXEMPTION.search(line) and not REASONED.search(line)] == []


@pytest.mark.parametrize("path", python_files("tests"), ids=name_of)
def test_a_test_waits_for_an_event_and_never_sleeps(path):
    calls = [node.func for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call)]
    names = {ast.unparse(function) for function in calls}
    assert not names & {"time.sleep", "sleep"}


@pytest.mark.parametrize("path", documents(), ids=name_of)
def test_a_document_names_files_that_exist(path):
    named = FILE_NAME.findall(path.read_text(encoding="utf-8"))
    places = (ROOT, PRODUCT, path.parent)
    missing = [name for name in named if not any((place / name).exists() for place in places)]
    assert missing == []


@pytest.mark.parametrize("path", documents(), ids=name_of)
def test_a_document_links_to_files_that_exist(path):
    text = path.read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", text)
    targets += re.findall(r'(?:src|srcset)="([^":]+)"', text)
    assert [target for target in targets if not (path.parent / target).exists()] == []


def test_a_decision_is_numbered_once_and_has_a_title():
    pages = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert pages and all(re.fullmatch(r"\d{4}-[a-z0-9-]+", page.stem) for page in pages)
    assert [int(page.stem[:4]) for page in pages] == list(range(1, len(pages) + 1))
    assert all(page.read_text(encoding="utf-8").startswith("# ") for page in pages)


def test_each_dependency_has_its_line_among_the_decisions():
    settings = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    block = settings.split("\ndependencies = [")[1].split("]")[0]
    page = (ROOT / "docs" / "decisions" / "0001-dependencies.md").read_text(encoding="utf-8")
    for name in re.findall(r'"([A-Za-z0-9-]+)', block):
        assert f"| {name} |" in page, name
