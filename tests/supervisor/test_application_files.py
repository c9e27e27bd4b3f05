"""The copy of an application's files: what is hidden is not there, what is there does not move."""

import os
from pathlib import Path

import pytest

from appengine.config.app_yaml import load_application
from appengine.supervisor import application_files
from appengine.supervisor.application_files import FilesError, show_files
from tests.e2e.serving import write_files

YAML = """\
application: trial
version: 1
runtime: python
api_version: 1
threadsafe: true
error_handlers:
- file: sorry.html
handlers:
- url: /css
  static_dir: css
- url: /both
  static_dir: both
  application_readable: true
- url: /(.*\\.png)
  static_files: pictures/\\1
  upload: pictures/.*\\.png
- url: /.*
  script: main.app
"""
FILES = {
    "app.yaml": YAML,
    "main.py": "app = None\n",
    "sorry.html": "sorry\n",
    "css/main.css": "body {}\n",
    "css/deep/er.css": "p {}\n",
    "both/seen.txt": "seen\n",
    "pictures/a.png": "png\n",
    "pictures/names.txt": "a\n",
    "package/__init__.py": "",
    "package/old.pyc": "x",
    "package/RCS/old.py": "x",
    "notes.txt~": "x",
    ".git/config": "x",
    ".env": "SECRET=1\n",
}
SHOWN = {"app.yaml", "main.py", "both/seen.txt", "pictures/names.txt", "package/__init__.py"}


@pytest.fixture
def folder(tmp_path):
    return write_files(tmp_path / "application", FILES)


@pytest.fixture
def show(folder, tmp_path):
    """Returns what makes the next copy."""
    made = []

    def call(**options):
        target = tmp_path / f"copy-{len(made)}"
        made.append(show_files(load_application(folder), target, **options))
        return made[-1]

    return call


def listed(directory: Path) -> set[str]:
    return {str(p.relative_to(directory)) for p in directory.rglob("*") if not p.is_dir()}


def settle(*paths: Path) -> None:
    """Sets no clock: lets copies take files for old that have just been written."""
    for path in paths:
        os.utime(path, (1, 1))


def test_skipped_and_static_files_are_not_there(show):
    shown = show()
    assert listed(shown.directory) == set(shown.files) == SHOWN
    assert shown.left_out == []


def test_a_directory_of_nothing_visible_is_not_there(show):
    directory = show().directory
    assert sorted(os.listdir(directory)) == ["app.yaml", "both", "main.py", "package", "pictures"]


def test_skip_files_of_app_yaml_replace_the_defaults(folder, show):
    write_files(folder, {"app.yaml": YAML + "skip_files:\n- package\n- .*\\.txt\n"})
    assert listed(show().directory) == {"app.yaml", "main.py", ".git/config", ".env", "notes.txt~"}


def test_skipped_files_can_be_shown(show):
    shown = listed(show(with_skipped=True).directory)
    assert shown == SHOWN | {
        "package/old.pyc",
        "package/RCS/old.py",
        "notes.txt~",
        ".git/config",
        ".env",
    }


def test_the_first_handler_that_uploads_a_file_decides(folder, show):
    readable = "- url: /more\n  static_dir: css\n  application_readable: true\n- url: /.*\n"
    write_files(folder, {"app.yaml": YAML.replace("- url: /.*\n", readable)})
    assert listed(show().directory) == SHOWN


def test_names_that_are_no_text_are_files_like_others(folder, show):
    Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.txt")).write_text("x")
    assert os.fsdecode(b"caf\xe9.txt") in show().files


def test_a_link_within_shows_what_it_leads_to(folder, show):
    (folder / "again.py").symlink_to("main.py")
    (folder / "library").symlink_to("package")
    directory = show().directory
    assert (directory / "again.py").read_text() == "app = None\n"
    assert not (directory / "again.py").is_symlink()
    assert (directory / "library/__init__.py").exists()


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("/etc/passwd", "leads out"),
        ("../outside.txt", "leads out"),
        ("/etc", "leads out"),
        ("package/../../outside.txt", "leads out"),
        ("nothing", "a symbolic link to nothing"),
        ("link", "Too many levels"),
        (".", "it leads back to itself"),
    ],
)
def test_a_link_that_leads_elsewhere_shows_nothing(folder, show, target, reason):
    (folder.parent / "outside.txt").write_text("outside\n")
    (folder / "link").symlink_to(target)
    shown = show()
    assert not os.path.lexists(shown.directory / "link") or not listed(shown.directory / "link")
    assert [reason in line for line in shown.left_out] == [True]


def test_pipes_and_sockets_are_not_waited_for(folder, show):
    os.mkfifo(folder / "pipe")
    assert "pipe" not in show().files


def test_any_mode_is_readable_by_the_version_alone(folder, show):
    for name in ("main.py", "package"):
        (folder / name).chmod(0o700)
    before = os.umask(0o077)
    try:
        directory = show(user=os.getgid()).directory
    finally:
        os.umask(before)
    assert directory.stat().st_mode & 0o777 == 0o750
    assert (directory / "main.py").stat().st_mode & 0o777 == 0o444
    assert (directory / "package").stat().st_mode & 0o777 == 0o755


def test_times_are_those_of_the_originals(folder, show):
    settle(folder / "main.py")
    assert (show().directory / "main.py").stat().st_mtime == 1


def test_an_edit_changes_no_copy_and_the_next_copy_has_it(folder, show):
    first = show()
    (folder / "main.py").write_text("app = 1\n")
    second = show(before=first)
    assert (first.directory / "main.py").read_text() == "app = None\n"
    assert (second.directory / "main.py").read_text() == "app = 1\n"


def test_what_has_not_changed_is_not_copied_again(show, monkeypatch):
    monkeypatch.setattr(application_files, "SETTLED_NS", -(10**12))
    first = show()
    second = show(before=first)
    for name in SHOWN:
        assert (first.directory / name).samefile(second.directory / name)
    assert second.files == first.files


def test_a_file_changed_just_before_it_was_copied_is_copied_again(show):
    first = show()
    second = show(before=first)
    assert not (first.directory / "main.py").samefile(second.directory / "main.py")


@pytest.mark.parametrize("change", ["content", "name", "hidden", "removed", "copy gone"])
def test_a_copy_by_links_is_what_a_fresh_one_would_be(folder, show, monkeypatch, change):
    monkeypatch.setattr(application_files, "SETTLED_NS", -(10**12))
    first = show()
    if change == "content":
        write_files(folder, {"main.py": "app = 2222\n"})
    elif change == "name":
        os.replace(folder / "pictures/names.txt", folder / "main.py")
    elif change == "hidden":
        write_files(folder, {"app.yaml": YAML + "skip_files: .*\\.txt\n"})
    elif change == "removed":
        (folder / "package/__init__.py").unlink()
    else:
        (first.directory / "main.py").unlink()
    linked, fresh = show(before=first).directory, show().directory
    assert listed(linked) == listed(fresh)
    for name in listed(fresh):
        assert (linked / name).read_bytes() == (fresh / name).read_bytes()


def test_too_many_files_are_refused_and_leave_nothing(show, tmp_path, monkeypatch):
    monkeypatch.setattr(application_files, "MAX_FILES", 3)
    with pytest.raises(FilesError, match="more than 3 files; name in skip_files"):
        show()
    assert not (tmp_path / "copy-0").exists()


def test_too_deep_a_tree_is_refused(folder, show):
    write_files(folder, {"/".join(["d"] * 101) + "/f": "x"})
    with pytest.raises(FilesError, match="more than 100 directories deep"):
        show()


def test_a_file_is_copied_where_the_kernel_cannot_do_it(folder, show, monkeypatch):
    (folder / "large").write_bytes(b"0123456789" * 500_000)
    monkeypatch.delattr(os, "copy_file_range")
    assert (show().directory / "large").read_bytes() == (folder / "large").read_bytes()
