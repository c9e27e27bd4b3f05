"""The pages of compatibility are whole, and what they say is tried on a sample.

`make compatibility` tries every name: `tests/house/compatibility.py`.
"""

import subprocess
import sys
from importlib.util import find_spec

import pytest

from tests.house import compatibility
from tests.house.compatibility_pages import (
    PAGE,
    STATUSES,
    Row,
    all_rows,
    has_name,
    module_sections,
    pages,
    public_names,
    read_rows,
)
from tests.house.sources import ROOT

SAMPLE = 12
"""Names that each run tries: a minute's worth would be a hundred."""

installed = pytest.mark.skipif(
    find_spec("webob") is None or find_spec("babel") is None,
    reason="the environment is older than pyproject.toml: install it again",
)
every_page = pytest.mark.parametrize("page", pages(), ids=lambda page: page.stem)


@every_page
def test_a_row_has_names_a_status_and_tests_or_a_reason(page):
    for row in read_rows(page):
        assert row.names and row.status in STATUSES and row.text, row.place
        assert row.tests or row.status != "works", row.place
        assert row.targets or row.status != "works", f"{row.place}: replacing what?"


@every_page
def test_a_row_names_tests_that_are_there(page):
    for row in read_rows(page):
        for test in row.tests:
            path, _, name = test.partition("::")
            text = (ROOT / path).read_text(encoding="utf-8")
            assert f"def {name.partition('[')[0]}(" in text, f"{row.place}: {test}"


@installed
@every_page
def test_a_name_is_there_unless_its_row_says_that_it_is_absent(page):
    for row in read_rows(page):
        for name in row.names if row.module else ():
            assert has_name(row.module, name) is (row.status != "absent"), f"{row.place}: {name}"


@installed
@pytest.mark.parametrize("module", module_sections())
def test_every_name_that_a_module_offers_has_one_row(module):
    listed = [name for row in module_sections()[module] for name in row.names]
    assert [name for name in listed if listed.count(name) > 1] == []
    assert [name for name in public_names(module) if name not in listed] == []


@installed
def test_a_sample_of_what_works_fails_without_its_name():
    command = [sys.executable, "-m", "tests.house.compatibility", "--sample", str(SAMPLE)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


PAGE_TEXT = """# Some

## `appengine.webapp`

| Name | Status | Test or reason |
|---|---|---|
| `Request.get` | works | `{test}` |
| `Request.blank`, `Response.clear` | works | `tests/webapp/test_response.py::test_a` |
| `Gone` | absent | nobody needs it |

| Here | There | Reason |
|---|---|---|
| prose | prose | prose |

## Flags

| Name | Status | Test or reason |
|---|---|---|
| `--port` | works | `tests/x.py::test_y`, replacing `appengine.webapp.util.find_setting` |
"""

FIRST_VALUE = "tests/webapp/test_request.py::test_values_of_the_query_come_before_those_of_the_form"


def _page(tmp_path, monkeypatch, test):
    page = tmp_path / "page.md"
    page.write_text(PAGE_TEXT.format(test=test), encoding="utf-8")
    monkeypatch.setattr("tests.house.compatibility_pages.ROOT", tmp_path)
    return list(read_rows(page))


def test_tables_of_names_are_read_and_others_are_prose(tmp_path, monkeypatch):
    rows = _page(tmp_path, monkeypatch, FIRST_VALUE)
    assert [row.status for row in rows] == ["works", "works", "absent", "works"]
    assert rows[1].targets == ["appengine.webapp:Request.blank", "appengine.webapp:Response.clear"]
    assert rows[3].targets == ["appengine.webapp.util.find_setting"]
    assert rows[2].place == "page.md:9" and rows[3].names == ("--port",)
    assert [trial.tests for trial in compatibility.trials_of(rows[0])] == [(FIRST_VALUE,)]
    assert list(compatibility.trials_of(rows[2])) == []


@pytest.mark.parametrize(("test", "noticed"), [("Request.get_all", True), ("Request.uri", False)])
def test_a_test_that_passes_without_the_name_is_named(tmp_path, test, noticed):
    """In a process of its own: forks of this one hold pytest's capturing."""
    program = f"""
from tests.house.compatibility import Trial, try_without
from tests.house.compatibility_pages import PAGE, Row
row = Row(PAGE, 1, "appengine.webapp", (), "works", "")
print(bool(try_without(Trial(row, "appengine.webapp:{test}", ({FIRST_VALUE!r},)))))
"""
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.split() == [str(not noticed)], done.stderr


def test_a_name_that_cannot_be_replaced_is_a_problem():
    row = Row(PAGE, 1, "appengine.webapp", ("Request.nothing",), "works", f"`{FIRST_VALUE}`")
    [trial] = compatibility.trials_of(row)
    assert "Request.nothing cannot be replaced: LookupError" in compatibility.try_without(trial)


def test_the_page_tells_the_form_of_its_tables():
    assert "make compatibility" in PAGE.read_text(encoding="utf-8")
    assert all_rows()


@every_page
def test_a_page_is_found_from_the_first_one(page):
    assert page == PAGE or f"(compatibility/{page.name})" in PAGE.read_text(encoding="utf-8")
