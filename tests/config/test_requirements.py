"""requirements.txt names libraries; places, options and files are refused with their line."""

import time

import pytest

from appengine.config.errors import ConfigurationError
from appengine.config.requirements import parse_requirements, read_requirements

SHA = "sha256:" + "0" * 64
SHA2 = "sha512:" + "f" * 128


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("Flask", "Flask"),
        ("Flask==3.0.0", "Flask==3.0.0"),
        ("Flask == 3.0.0  # the newest", "Flask== 3.0.0"),
        ("zope.interface>=5,<7", "zope.interface>=5,<7"),
        ("Flask (>=2, !=2.1)", "Flask>=2, !=2.1"),
        ("Flask[async, dotenv]~=3.0", "Flask[async, dotenv]~=3.0"),
        ("local==1.0+cpu", "local==1.0+cpu"),
        ("any==3.*", "any==3.*"),
        ("tzdata; sys_platform == 'win32'", "tzdata ; sys_platform == 'win32'"),
        (
            'a>1 ; (python_version < "3.8" or os_name=="nt") and extra not in "x y"',
            'a>1 ; (python_version < "3.8" or os_name=="nt") and extra not in "x y"',
        ),
        (f"Flask==3 --hash={SHA}", f"Flask==3 --hash={SHA}"),
        (f"Flask==3 \\\n  --hash={SHA} \\\n --hash {SHA2}", f"Flask==3 --hash={SHA} --hash={SHA2}"),
        (f"a==1; os_name == 'x' --hash={SHA}", f"a==1 ; os_name == 'x' --hash={SHA}"),
    ],
)
def test_names_versions_extras_markers_and_hashes_are_taken(line, text):
    assert [each.text for each in parse_requirements(line, "r.txt")] == [text]


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("-r other.txt", "another file"),
        ("--requirement=other.txt", "another file"),
        ("-c limits.txt", "another file"),
        ("-e .", "an editable installation"),
        ("--editable git+https://example.com/x", "an editable installation"),
        ("--extra-index-url https://example.com/simple", "an option"),
        ("-i https://example.com/simple", "an option"),
        ("--index-url=https://example.com", "an option"),
        ("--find-links .", "an option"),
        ("--no-binary :all:", "an option"),
        ("--pre", "an option"),
        ("Flask --no-binary Flask", "an option"),
        ("Flask --global-option=x", "an option"),
        ("Flask==3 --config-settings a=b", "an option"),
        ("https://example.com/flask.whl", "a URL"),
        ("Flask @ https://example.com/flask.whl", "a URL"),
        ("git+ssh://git@example.com/x.git#egg=x", "a URL"),
        ("file:///etc/passwd", "a file"),
        ("FILE:library", "a file"),
        ("Flask @ file:///tmp/x.whl", "a file"),
        ("./library", "a file"),
        ("library/", "a file"),
        ("..", "a file"),
        ("flask-3.0-py3-none-any.whl", "a file"),
        ("flask.tar.gz", "a file"),
        ("C:\\library", "a file"),
        ("Flask==${VERSION}", "a variable"),
        ("Flask 3.0", "no requirement"),
        ("Flask=3.0", "no requirement"),
        ("Flask==", "no requirement"),
        ("a; os_name != 'x -e .'", "no requirement"),
        ("a; os_name != '${HOME}'", "a variable"),
        ("Flask.TAR.GZ", "a file"),
        (f"--hash={SHA}", "an option"),
        (f"--hash={SHA} Flask", "an option"),
        (f"Flask --hash={SHA} ==3", "no requirement"),
        ("Flask --hash=md5:0", "no requirement"),
        ("Fläsk", "no requirement"),
        ("a b\\\nc", "no requirement"),
    ],
)
def test_anything_else_is_refused_with_file_line_and_kind(line, kind):
    with pytest.raises(ConfigurationError) as caught:
        parse_requirements(f"# first\nfine==1\n{line}\nlast", "r.txt")
    text = str(caught.value)
    assert text.startswith("r.txt:3: ")
    assert f" is {kind}" in text
    assert text.endswith("; names, versions, extras, markers and hashes only")
    assert "\n" not in text


def test_comments_and_empty_lines_hold_nothing():
    text = "\n# -r other.txt\n  \n a#b \n b # -e .\n\\\n\nc"
    with pytest.raises(ConfigurationError, match=r"r\.txt:4: 'a#b'"):
        parse_requirements(text, "r.txt")
    found = parse_requirements(text.replace("a#b", "a"), "r.txt")
    assert [(each.name, each.line) for each in found] == [("a", 4), ("b", 5), ("c", 8)]


def test_a_comment_does_not_hide_what_pip_would_see():
    """To pip a comment ends a continued line: what follows is a line of its own to both."""
    with pytest.raises(ConfigurationError, match=r"r\.txt:2: '-e \.' is an editable"):
        parse_requirements("a # comment \\\n-e .", "r.txt")


def test_a_directory_without_the_file_needs_nothing(tmp_path):
    assert read_requirements(tmp_path) == ()


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"a\xff", "byte 1 is no UTF-8"),
        (b"#" * (2**20 + 1), "more than 1048576 bytes"),
        (b"a\n" * 1001, "1001 requirements; at most 1000"),
    ],
)
def test_a_file_that_is_none_is_refused(tmp_path, data, told):
    (tmp_path / "requirements.txt").write_bytes(data)
    with pytest.raises(ConfigurationError, match=told):
        read_requirements(tmp_path)


def test_a_file_that_is_a_directory_is_refused(tmp_path):
    (tmp_path / "requirements.txt").mkdir()
    with pytest.raises(ConfigurationError, match=r"requirements\.txt: Is a directory"):
        read_requirements(tmp_path)


@pytest.mark.parametrize(
    "line", ["a;" + "x" * 5000 + "!", "a" + " " * 5000 + "!", "a" * 5000 + "!"]
)
def test_a_long_line_is_refused_at_once(line):
    started = time.process_time()
    with pytest.raises(ConfigurationError):
        parse_requirements(line, "r.txt")
    assert time.process_time() - started < 1
