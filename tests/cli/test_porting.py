"""`appcfg.py check`: what of an application this platform refuses or does otherwise."""

import sysconfig
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appengine.cli.appcfg import main
from appengine.cli.porting.checking import check_application
from appengine.cli.porting.findings import Weight
from appengine.cli.porting.syntax import find_old_syntax, parse
from appengine.cli.porting.words import read_words
from tests.cli.conftest import YAML

MODEL = "from google.appengine.ext import db\nclass Pet(db.Model):\n    pass\n"


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("print 'x'", "print is a statement; write print(...)"),
        ("if x: print x", "print is a statement; write print(...)"),
        ("print >>log, 'x'", "print is a statement; write print(...)"),
        ("print ('a'), b", "print is a statement; write print(...)"),
        ("print", "print is a statement; write print(...)"),
        ("exec code in {}", "exec is a statement; write exec(code, variables)"),
        (
            "try:\n    x\nexcept A, e:  # HERE\n    pass",
            "'except Error, error' is Python 2; write 'except Error as error'",
        ),
        ("raise A, 'b'", "'raise Error, text' is Python 2; write 'raise Error(text)'"),
        (
            "def f(a, (b, c)): pass",
            "a parameter that is taken apart; name it, and take it apart below",
        ),
        ("x = `a`", "backticks are Python 2; write repr(...)"),
        ("x = a <> b", "'<>' is Python 2; write '!='"),
        ("x = 0777", "0777 is an octal number of Python 2; write 0o777"),
        ("x = 10L", "10L is a long of Python 2; write 10"),
        ("x = ur'a'", "the prefix 'ur' is Python 2; write 'r'"),
        ("def f(:\n  pass", "no Python 3: invalid syntax (SyntaxError)"),
        ("if x:\n\ty\n        z  # HERE", "no Python 3: inconsistent use of tabs and spaces"),
    ],
)
def test_python_2_s_syntax_is_found_on_its_line(only, source, text):
    assert only(source).startswith(text)


def test_all_that_is_to_be_changed_in_a_file_is_found_at_once(check):
    source = "import urllib2\nprint 'a'\nx = u'ä'\nif x <> 1:\n    print 'b'\n"
    assert [line for _, line, _ in check(source)] == [1, 2, 4, 5]


@pytest.mark.parametrize(
    "source",
    [
        "print('x')",
        "print = log",
        "self.print(x)",
        "x = {'print': 1, 'exec': 2}",
        '"""\nprint x\n`y` <> 0777\n"""',
        "# print x",
        "try:\n    x\nexcept (A, B) as e:\n    pass",
        "raise A('b', 'c')",
        "def f(a, b=(1, 2)): pass",
        "x = 0, 00, 0o777, 0x10, 1e5, 1_000, 10j, .5",
        "x = f'{a!r:>10}' 'print x'",
        "x = a[b:c], lambda: print, (yield)",
    ],
)
def test_what_python_3_takes_is_no_old_syntax(check, source):
    assert check(source) == []


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("x = unicode(y)", "unicode is gone; write str"),
        ("isinstance(x, basestring)", "basestring is gone; write str"),
        ("x = xrange(3)", "xrange is gone; write range"),
        ("x = file('a')", "file is gone; write open"),
        ("x = reduce(f, y)", "reduce is gone; write functools.reduce"),
        ("if d.has_key(x): pass", ".has_key() is gone; write 'key in dictionary'"),
        ("for x in d.iteritems(): pass", ".iteritems() is gone; write items()"),
        ("x = y.next()", ".next() is gone; write next(iterator)"),
        ("x = 'a'.encode('hex')", ".encode('hex') is gone; write codecs.encode(value, 'hex')"),
        ("import sys; x = sys.maxint", "sys.maxint is gone; write sys.maxsize"),
        (
            "import urllib; x = urllib.urlencode({})",
            "urllib.urlencode is gone; write urllib.parse.urlencode",
        ),
        (
            "import itertools as i\nimport itertools\nitertools.izip(a)  # HERE",
            "itertools.izip is gone; write zip",
        ),
        (
            "class A:\n    def __nonzero__(self): pass  # HERE",
            "__nonzero__ is called __bool__ in Python 3",
        ),
        (
            "class A:\n    __metaclass__ = B  # HERE",
            "__metaclass__ is not looked at; write class Name(metaclass=...)",
        ),
        (
            "class A:\n    def __iter__(self): pass\n    def next(self): pass  # HERE",
            "next is called __next__ in Python 3",
        ),
    ],
)
def test_names_that_are_gone_are_found(only, source, text):
    assert only(source) == text


@pytest.mark.parametrize(
    "source",
    [
        "try:\n    unicode\nexcept NameError:\n    unicode = str\nx = unicode(y)",
        "def f(file): return file('x')",
        "for cmp in x: cmp(1)",
        "from functools import reduce\nreduce(f, x)",
        "x.unicode = y.reduce()",
        "string = 'a'; string.split()",
        "f(file=1)",
        "class A:\n    def has_key(self, x): pass\nA().has_key(1)",
        "class A:\n    def __bool__(self): pass\n    __nonzero__ = __bool__",
        "class A:\n    def __nonzero__(self): pass\n    __bool__ = __nonzero__",
        "class A:\n    def __eq__(self, b): pass\n    def __cmp__(self, b): return cmp(1, b)",
    ],
)
def test_an_application_s_own_names_are_its_own(check, source):
    assert check(source) == []


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("import urllib2", "the module 'urllib2' is not in Python 3; use urllib.request and"),
        ("from StringIO import StringIO", "the module 'StringIO' is not in Python 3; use io"),
        ("import os, cPickle as p", "the module 'cPickle' is not in Python 3; use pickle"),
        ("import yaml", "'yaml' is not offered; name 'PyYAML' in requirements.txt"),
        (
            "from google.appengine.api import nonsense",
            "google.appengine.api.nonsense is not offered by this version",
        ),
        (
            "import google.appengine.ext.webap",
            "google.appengine.ext.webap is not offered by this version;"
            " is it google.appengine.ext.webapp?",
        ),
        (
            "from google.appengine.ext.db import djangoforms",
            "google.appengine.ext.db.djangoforms is not offered by this version",
        ),
    ],
)
def test_modules_that_are_not_there_are_found(only, source, text):
    assert only(source).startswith(text)


@pytest.mark.parametrize(
    "source",
    [
        "from google.appengine.api import users, wrap_wsgi_app",
        "from google.appengine.ext import db\nfrom google.appengine.ext.db import Model, polymodel",
        "import google.appengine.ext.webapp.util\nimport appengine, jinja2",
        "from google.auth import default\nimport google.protobuf",
        "from . import other\nfrom .other import x",
        "from __future__ import print_function",
        "try:\n    import json\nexcept ImportError:\n    import simplejson as json",
        "import typing\nif typing.TYPE_CHECKING:\n    from _typeshed import SupportsRead",
        "import sys\nif sys.version_info[0] < 3:\n    import urllib2\nelse:\n    import io",
        "PY3 = True\nif PY3:\n    import io\nelse:\n    import StringIO\n    text = unicode",
        "text = str if PY3 else unicode",
    ],
)
def test_modules_that_are_there_or_not_needed_are_no_findings(check, source):
    assert check(source) == []


def test_own_modules_vendored_ones_and_requirements_are_there(check):
    source = "import own, vendored, flask, werkzeug, compiled"
    files = {"own.py": "", "lib__vendored__x.py": "print x", "compiled.abi3.so": ""}
    assert check(source, **files, **{"requirements.txt": "Flask\n"}) == []


def test_a_library_that_no_requirement_names_may_come_with_another(check):
    found = check("import zope", Weight.DIFFERS, **{"requirements.txt": "Flask\n"})
    assert found == [
        (
            "main.py",
            1,
            "'zope' comes from no line of requirements.txt by its name; with another one?",
        )
    ]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("import subprocess as s\ns.run([])  # HERE", "subprocess.run: there are no processes"),
        ("from os import system\nsystem('x')  # HERE", "os.system: there are no processes"),
        ("import os\nos.makedirs('x')  # HERE", "os.makedirs: the sandbox has no files to write"),
        ("open('x', 'w')", "open for writing: the sandbox has no files to write"),
        ("open('x', mode='r+b')", "open for writing: the sandbox has no files to write"),
        ("import socket\nsocket.socket()  # HERE", "socket.socket: there are no sockets"),
        ("import smtplib\nsmtplib.SMTP('x')  # HERE", "smtplib.SMTP: mail servers cannot be"),
        ("import sqlite3\nsqlite3.connect('x')  # HERE", "sqlite3.connect: the sandbox has no"),
        ("import tempfile\ntempfile.mkdtemp()  # HERE", "tempfile.mkdtemp: the sandbox has no"),
        (
            "import tempfile as t\nt.NamedTemporaryFile()  # HERE",
            "tempfile.NamedTemporaryFile: the",
        ),
    ],
)
def test_calls_that_the_sandbox_refuses_are_found(only, source, text):
    assert only(source).startswith(text)


@pytest.mark.parametrize(
    "source",
    [
        "open('x')",
        "open('x', 'rb')",
        "open('x', mode)",
        "import os\nos.path.join('a', os.getcwd())",
        "import sqlite3\nsqlite3.connect(':memory:')",
        "import subprocess",
        "class A:\n    def run(self): self.socket.socket()",
    ],
)
def test_calls_that_the_sandbox_answers_are_no_findings(check, source):
    assert check(source) == []


BY_DATE = """\
    - kind: Pet
      ancestor: yes
      properties:
      - name: date
        direction: desc"""


@pytest.mark.parametrize(
    "query",
    [
        "Pet.all().ancestor(x).order('-date').fetch(3)",
        "q = Pet.all(); q.ancestor(x); q.order('-date')",
        "db.Query(Pet).order('-date').ancestor(x)",
        "db.GqlQuery('SELECT * FROM Pet WHERE ANCESTOR IS :1 ORDER BY date DESC LIMIT 3', x)",
        "Pet.gql('WHERE ANCESTOR IS :1 ORDER BY date DESC', x)",
    ],
)
def test_an_index_that_a_query_needs_is_shown_as_index_yaml_has_it(check, query):
    ((file, line, text),) = check(f"{MODEL}def f(x): {query}")
    assert (file, line) == ("main.py", 4)
    assert text.partition("\n")[2] == "\n".join(each[4:] for each in BY_DATE.splitlines())
    again = check(**{"index.yaml": f"indexes:\n{BY_DATE}\n"}, main=f"{MODEL}def f(x): {query}")
    assert again == []


@pytest.mark.parametrize(
    "query",
    [
        "Pet.all().fetch(3)",
        "Pet.all().filter('a =', 1).filter('b', 2).get()",
        "Pet.all().order('-a')",
        "Pet.all().filter('a >', 1).order('a')",
        "Pet.all().filter(name, 1).order(name)",
        "db.GqlQuery('SELECT __key__ FROM Pet WHERE a IN :1', x)",
        "db.GqlQuery('no query')",
        "other.all().filter('a =', 1).order('b')",
        "Pet.all().filter(1, 2)",
    ],
)
def test_queries_that_need_no_index_or_are_not_understood_are_no_findings(check, query):
    assert check(f"{MODEL}{query}") == []


def test_models_are_found_across_files_and_generations(check):
    files = {"models.py": f"{MODEL}class Cat(Pet):\n    pass\n"}
    source = "from models import Cat\nCat.all().filter('a =', 1).order('b')"
    ((file, line, text),) = check(source, **files)
    assert (file, line) == ("main.py", 2) and "kind: Cat" in text


def test_a_query_that_no_index_helps_is_refused(check):
    found = check(f"{MODEL}Pet.gql('WHERE a > 1 AND b > 1')", Weight.REFUSED)
    assert "Only one inequality filter" in found[0][2]


def test_a_wrong_index_yaml_is_a_finding(check):
    ((file, _, text),) = check(**{"index.yaml": "indexes: [{kin: a}]\n"})
    assert file == "index.yaml" and "kin" in text


def test_a_file_in_another_encoding_is_a_finding(check):
    ((file, line, text),) = check(**{"latin.py": b"x = '\xe9'\n"})
    assert (file, line) == ("latin.py", 1) and "cannot be read as UTF-8" in text
    assert check(**{"latin.py": b"# coding: latin-1\nx = '\xe9'\n"}) == []


def test_skipped_files_and_those_of_others_are_not_read(check):
    yaml = YAML + "skip_files: ^old/.*\n"
    bad = "print x"
    assert check(**{"app.yaml": yaml, "old__a.py": bad, "lib__b.py": bad, ".git__c.py": bad}) == []


def test_a_wrong_app_yaml_is_told_and_the_program_is_read_all_the_same(tmp_path, capsys):
    (tmp_path / "app.yaml").write_text("runtim: x\n")
    (tmp_path / "main.py").write_text("print 1\n")
    assert main(["check", str(tmp_path)]) == 1
    output = capsys.readouterr()
    assert "app.yaml:1" in output.err
    assert output.out.splitlines() == [
        f"{tmp_path}/main.py:1: refused: print is a statement; write print(...)",
        "1 refused, 0 differs",
    ]


def test_what_only_differs_is_no_failure(tmp_path, capsys):
    (tmp_path / "app.yaml").write_text(YAML)
    (tmp_path / "main.py").write_text(f"{MODEL}app = Pet.all().ancestor(x).order('-date')\n")
    assert main(["check", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert printed.endswith(f"adds it:\n{BY_DATE}\n0 refused, 1 differs\n")


@given(st.text())
def test_any_text_has_words_and_no_text_is_a_traceback(text):
    words = read_words(text)
    list(find_old_syntax(words))
    parse(text)
    assert [word.line for word in words] == sorted(word.line for word in words)


PYTHON_2 = st.lists(
    st.sampled_from(["print", "x", "(", ")", ":", ",", "=", "`", "0777", "10L", "'a'", "\n", "  ",
                     "def", "except", "raise", "exec", "import", "from", ";", ".", "class", "in"]),
    max_size=30,
).map(" ".join)  # fmt: skip


@given(PYTHON_2)
def test_words_in_any_order_are_no_traceback(tmp_path_factory, text):
    folder = tmp_path_factory.mktemp("words")
    (folder / "main.py").write_text(text)
    check_application(folder, None)


def test_the_standard_library_s_own_programs_have_no_old_syntax():
    folder = Path(sysconfig.get_path("stdlib"))
    for path in sorted(folder.glob("[a-f]*.py")):
        text = path.read_text(encoding="utf-8")
        assert (path.name, list(find_old_syntax(read_words(text)))) == (path.name, [])
