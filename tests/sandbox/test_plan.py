"""The plan of a cage, and what it refuses to be."""

import re

import pytest

from appengine.sandbox.cage import LAYERS, CageConfig, Mount


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"layers": ["secomp"]}, "layer 'secomp' is unknown; known: namespaces, "),
        ({"uid": 0}, "uid 0 is not an ordinary user's; at least 1"),
        ({"uid": -1}, "uid -1 is not an ordinary user's; at least 1"),
        ({"workdir": "app"}, "path 'app' inside the cage must be absolute"),
        ({"mounts": [Mount("/a", "/b/../..")]}, "path '/b/../..' inside the cage must be"),
        ({"mounts": [Mount("/a", "b")]}, "path 'b' inside the cage must be absolute"),
        ({"memory_bytes": 0}, "memory_bytes 0 allows nothing; at least 1"),
        ({"processes": 0}, "processes 0 allows nothing"),
        ({"files": -5}, "files -5 allows nothing"),
        ({"cpu_seconds": 0}, "cpu_seconds 0 allows nothing"),
    ],
)
def test_a_plan_with_a_hole_is_refused(changes, text):
    with pytest.raises(ValueError, match=re.escape(text)) as caught:
        CageConfig(**{"layers": list(LAYERS), "mounts": [], **changes})
    assert str(caught.value).startswith(text)
    assert "\n" not in str(caught.value)


def test_a_plan_needs_layers_and_mounts_only():
    config = CageConfig(layers=frozenset(LAYERS), mounts=[Mount("/usr", "/usr")])
    assert (config.workdir, config.uid, config.processes, config.files) == ("/app", None, 200, 64)
