"""The view: whatever lies in whatever, each mount finds its place and hides none before it."""

import sysconfig
from pathlib import Path

import pytest

from appengine.sandbox import view


@pytest.fixture
def make_view(tmp_path, monkeypatch):
    """Returns a view for packages in these directories of libraries, below one folder."""

    def make(*names):
        sites = [(tmp_path / name, [tmp_path / name / "library"]) for name in names]
        for site, [package] in sites:
            site.mkdir(parents=True, exist_ok=True)
            package.mkdir()
        monkeypatch.setattr(view, "_sites", lambda package: iter(sites))
        (tmp_path / "view").mkdir()
        made = view.View(tmp_path / "view")
        made.build()
        return made

    return make


@pytest.mark.parametrize(
    "names",
    [
        ("checkout", "checkout/.venv/lib/python3/site-packages"),
        ("checkout/.venv/lib/python3/site-packages", "checkout"),
        ("a", "a/b/c", "a/b"),
        ("one", "two"),
    ],
)
def test_each_library_is_seen_wherever_it_is(make_view, tmp_path, names):
    mounts = make_view(*names).mounts("/somewhere", isolated=True)
    targets = [mount.inside for mount in mounts]
    for name in names:
        assert str(tmp_path / name / "library") in targets
    for number, mount in enumerate(mounts):
        for later in mounts[number + 1 :]:
            assert not Path(mount.inside).is_relative_to(later.inside), "it would be hidden"


@pytest.mark.parametrize("names", [("checkout", "checkout/.venv/site"), ("a", "a/b", "a/b/c")])
def test_a_place_inside_of_a_read_only_one_is_there_before(make_view, tmp_path, names):
    mounts = make_view(*names).mounts("/somewhere", isolated=True)
    for number, mount in enumerate(mounts):
        target = Path(mount.inside)
        around = [one for one in mounts[:number] if target.is_relative_to(one.inside)]
        if around and target.is_relative_to(tmp_path):
            assert Path(around[-1].source, target.relative_to(around[-1].inside)).is_dir()


def test_the_standard_library_comes_before_the_packages_in_it():
    library = sysconfig.get_path("stdlib")
    targets = [mount.inside for mount in view.View(Path("/nowhere")).mounts("/a", isolated=True)]
    inside = [target for target in targets if target.startswith(f"{library}/")]
    assert all(targets.index(library) < targets.index(target) for target in inside)


def test_a_library_of_one_file_is_seen_beside_the_packages(tmp_path, monkeypatch):
    """On Python 3.13 `cgi`, which WebOb imports, is a file among the installed packages."""
    (tmp_path / "lonely.py").write_text("VALUE = 3\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(view, "PACKAGES", ("lonely", "webob", "email"))
    (tmp_path / "view").mkdir()
    made = view.View(tmp_path / "view")
    made.build()
    mounts = {mount.inside: mount.source for mount in made.mounts("/somewhere", isolated=True)}
    assert mounts[str(tmp_path / "lonely.py")] == str(tmp_path / "lonely.py")
    skeleton = Path(mounts[str(tmp_path)])
    assert (skeleton / "lonely.py").is_file()  # where the file is mounted
    assert not any(name.endswith("/email") for name in mounts)  # it is Python's own
    assert any(name.endswith("/webob") for name in mounts)
