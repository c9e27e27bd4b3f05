"""`appcfg.py check`: what files and classes say together."""

import pytest

from appengine.cli.porting.findings import Weight


def test_one_class_that_has_both_names_of_a_method_does_not_speak_for_another(check):
    both = "class A:\n    def __nonzero__(self): pass\n    __bool__ = __nonzero__\n"
    (found,) = check(both + "class B:\n    def __nonzero__(self): pass\n")
    assert found == ("main.py", 5, "__nonzero__ is called __bool__ in Python 3")


def test_a_module_of_python_s_own_name_beside_the_file_may_be_meant_or_not(check):
    files = {"pkg____init__.py": "", "pkg__b.py": "import types\n", "pkg__types.py": ""}
    (found,) = check("", Weight.DIFFERS, **files)
    assert found[:2] == ("pkg/b.py", 1) and "write 'from . import'" in found[2]


@pytest.mark.parametrize("name", ["cron.yaml", "queue.yaml", "dos.yaml", "backends.yaml"])
def test_a_file_that_means_something_on_app_engine_alone_is_named(check, name):
    (found,) = check("", Weight.DIFFERS, **{name: "x: y\n"})
    assert found[:2] == (name, 1) and found[2].startswith("the file is not read: ")


def test_a_module_beside_the_file_of_a_package_needs_a_dot(check):
    files = {"pkg____init__.py": "", "pkg__b.py": "import c\nimport main\n", "pkg__c.py": ""}
    (found,) = check(**files)
    assert found[:2] == ("pkg/b.py", 1) and "write 'from . import'" in found[2]
