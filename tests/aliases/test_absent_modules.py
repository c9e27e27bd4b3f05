"""The page of names says which modules are absent; one that comes must be moved on it."""

import importlib
import re

import pytest

from appengine.aliases import find_aliases
from tests.house.sources import ROOT

PAGE = (ROOT / "docs" / "compatibility" / "runtime.md").read_text(encoding="utf-8")
SECTION = PAGE.partition("## Modules that are not offered")[2].partition("\n## ")[0]
ABSENT = re.findall(r"`(google\.appengine\.[\w.]+)`", SECTION)


@pytest.mark.parametrize("name", ABSENT)
def test_a_module_that_is_said_to_be_absent_is_not_offered(name):
    assert name not in find_aliases()
    with pytest.raises(ModuleNotFoundError, match="on this platform"):
        importlib.import_module(name)


def test_the_page_names_some():
    assert len(ABSENT) > 20
