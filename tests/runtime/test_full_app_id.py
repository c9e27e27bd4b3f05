"""The application's id, taken apart."""

import pytest
from google.appengine.api import full_app_id


@pytest.mark.parametrize(
    ("app_id", "parts", "project"),
    [
        ("dev~pets", ("dev", "", "pets"), "pets"),
        ("s~example.com:pets", ("s", "example.com", "pets"), "example.com:pets"),
        ("example.com:pets", ("", "example.com", "pets"), "example.com:pets"),
        ("pets", ("", "", "pets"), "pets"),
        ("~pets", ("", "", "~pets"), "~pets"),
        (":pets", ("", "", ":pets"), ":pets"),
        ("", ("", "", ""), ""),
    ],
)
def test_an_id_has_a_partition_a_domain_and_a_name(app_id, parts, project):
    """Source: `google.appengine.api.full_app_id`, `parse` and `project_id`."""
    assert full_app_id.parse(app_id) == parts
    assert full_app_id.project_id(app_id) == project


def test_the_environment_has_it_under_two_names():
    """Source: `google.appengine.api.full_app_id`, `get`, `put`, `normalize` and `clear`."""
    environ = {"GAE_APPLICATION": "dev~pets"}
    assert full_app_id.get(environ) == "dev~pets"
    full_app_id.normalize(environ)
    assert environ == {"GAE_APPLICATION": "dev~pets", "APPLICATION_ID": "dev~pets"}
    environ["GAE_APPLICATION"] = "other"
    assert full_app_id.get(environ) == "dev~pets"
    full_app_id.clear(environ)
    assert environ == {} and full_app_id.get(environ) == ""
