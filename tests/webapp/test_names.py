"""What applications find beside classes and functions."""

import importlib


def test_compiled_templates_are_in_a_dictionary_by_path():
    template = importlib.import_module("google.appengine.ext.webapp.template")
    assert isinstance(template.template_cache, dict)
