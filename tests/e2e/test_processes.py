"""`docs/architecture.md`: its processes are those that `ps` shows, its files are there."""

import re
from pathlib import Path

import pytest

from tests.e2e.serving import CHECKOUT, DevServer, fetch, wait_until, wsgi_application
from tests.e2e.test_life import HELLO, children_of, descendants, name_of

PAGE = (CHECKOUT / "docs" / "architecture.md").read_text()
BRANCH = re.compile(r"^([ |`-]*)(\S+)  ")


def tree_of_the_page():
    """Returns (parent, child) for each branch of the page's tree."""
    text = PAGE.partition("## The processes")[2].split("```")[1]
    above: list[tuple[int, str]] = []
    branches = set()
    for line in text.strip().splitlines():
        match = BRANCH.match(line)
        assert match, line
        depth, name = len(match[1]), match[2]
        above = [each for each in above if each[0] < depth]
        if above:
            branches.add((above[-1][1], name))
        above.append((depth, name))
    return branches


def tree_of_the_server(server):
    names = {pid: name_of(pid) for pid in descendants(server.pid)} | {server.pid: "supervisor"}
    return {
        (name, names[child])
        for pid, name in names.items()
        for child in children_of(pid)
        if child in names
    }


def test_ps_shows_the_processes_of_the_page(tmp_path):
    app = wsgi_application(tmp_path / "app", HELLO)
    with DevServer([app], "--workers=2") as server:
        assert server.get("/").status == 200
        wait_until(lambda: tree_of_the_server(server) == tree_of_the_page())
        wait_until(lambda: count(server, "appengine-front") == 1 + 2)
        wait_until(lambda: listed_by_the_console(server) == {server.pid, *descendants(server.pid)})


def listed_by_the_console(server):
    page = fetch(server.admin + "/instances").text
    return {int(pid) for pid in re.findall(r"<td>(\d+)</td>", page)}


def count(server, name):
    return [name_of(pid) for pid in descendants(server.pid)].count(name)


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`([\w/]+\.py)`", PAGE))))
def test_each_file_of_the_page_is_there(name):
    places = [CHECKOUT / "appengine", CHECKOUT, *(CHECKOUT / "appengine").iterdir()]
    found = [place / name for place in places]
    found += [path.with_suffix("") / "__init__.py" for path in found]  # the folder form
    assert any(path.is_file() for path in found), name


def test_the_way_through_the_code_is_short():
    """A dozen files, and none of them is long: the whole way is an hour's reading."""
    way = PAGE.partition("## The way through the code")[2].partition("\n## ")[0]
    names = re.findall(r"^\| \d+ \| `([\w/]+\.py)` \|", way, re.MULTILINE)
    assert 12 <= len(names) <= 16
    lines = [len(Path(CHECKOUT / "appengine" / name).read_text().splitlines()) for name in names]
    assert max(lines) <= 400
    assert sum(lines) <= 3600
