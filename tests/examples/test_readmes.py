"""Every example does what its README says, block by block."""

from pathlib import Path

import pytest

from tests.e2e.serving import CHECKOUT, DevServer
from tests.examples.player import (
    Block,
    Player,
    check_console,
    flags_of,
    matches,
    paths_of,
    read_blocks,
    split_runs,
)
from tests.frameworks.libraries import provide

EXAMPLES = sorted(path.parent for path in CHECKOUT.glob("examples/*/app.yaml"))
every_example = pytest.mark.parametrize("folder", EXAMPLES, ids=lambda folder: folder.name)


@every_example
def test_an_example_does_what_its_readme_says(folder, tmp_path, monkeypatch):
    provide(folder)
    monkeypatch.chdir(CHECKOUT)  # commands name files from here
    problems = []
    for number, (start, *blocks) in enumerate(split_runs(read_blocks(folder / "README.md"))):
        storage = tmp_path / f"storage-{number}"
        paths = [CHECKOUT / path for path in paths_of(start)]
        with DevServer(paths, *flags_of(start), storage=storage) as server:
            player = Player(server.urls[0])
            found = [(start, check_console(start, f"examples/{folder.name}", lambda: server.log))]
            found += [(block, player.play(block)) for block in blocks]
        problems += [f"README.md:{block.line}: {problem}" for block, problem in found if problem]
    assert problems == []


@every_example
def test_a_readme_starts_its_example_and_speaks_to_it(folder):
    runs = split_runs(read_blocks(folder / "README.md"))
    assert runs
    for run in runs:
        kinds = [block.kind for block in run]
        assert kinds[0] == "console" and set(kinds[1:]) == {"http"}


@pytest.mark.parametrize("folder", EXAMPLES, ids=lambda folder: folder.name)
def test_serving_an_example_changes_none_of_its_files(folder, tmp_path):
    provide(folder)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with DevServer([folder], storage=tmp_path / "storage") as server:
        assert server.get("/").status in (200, 302, 303)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    ("expected", "text", "same"),
    [
        ("a ... d", "a b\nc d", True),
        ("a\n  b", "a b", True),
        ("...", "", True),
        ("a...", "b", False),
        ("a", "ab", False),
        ("a.c", "abc", False),
    ],
)
def test_three_dots_stand_for_any_text(expected, text, same):
    assert matches(expected, text) is same


def test_a_drifted_page_is_noticed(tmp_path):
    page = Path(tmp_path / "README.md")
    page.write_text("x\n\n```http\nGET /\n\nHTTP/1.1 404 Not Found\nX-A: b\n\nother\n```\n")
    (block,) = read_blocks(page)
    assert block.line == 3
    hello = CHECKOUT / "examples" / "helloworld_wsgi"
    with DevServer([hello], storage=tmp_path / "storage") as server:
        problem = Player(server.urls[0]).play(block)
        assert check_console(Block("console", "$ rm -r /\n", 1), "x", lambda: "") != ""
        other = "$ dev_appserver.py x\nother: http://localhost:1\n"
        assert "page has" in check_console(Block("console", other, 1), "x", lambda: server.log)
    assert problem.startswith("status 200 OK; page has 404 Not Found; X-A: ''; page has 'b'; body:")
