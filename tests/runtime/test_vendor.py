"""Source: App Engine, "Using Third-party Libraries", `google.appengine.ext.vendor`."""

import sys

import pytest
from google.appengine.ext import vendor


def test_a_folder_of_libraries_is_searched_behind_the_application_s_own(tmp_path, monkeypatch):
    (tmp_path / "brought_along.py").write_text("MARK = 3\n")
    monkeypatch.setattr(sys, "path", ["/app", *sys.path])
    vendor.add(str(tmp_path))
    assert sys.path[:2] == ["/app", str(tmp_path)]
    import brought_along

    assert brought_along.MARK == 3


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ValueError, match="there is no folder"):
        vendor.add(str(tmp_path / "lib"))
