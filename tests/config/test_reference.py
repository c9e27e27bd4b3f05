"""The reference page of app.yaml: it names every key, and its example is one."""

import re
from pathlib import Path

import pytest
from msgspec import structs

from appengine.config.building import Ignored
from appengine.config.handlers import HandlerSection
from appengine.config.loader import parse
from appengine.config.scaling import AutomaticScaling, BasicScaling, ManualScaling
from appengine.config.sections import ApplicationSection

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "app_yaml.md").read_text()
KEYS = [
    (kind, entry.name)
    for kind in (
        ApplicationSection,
        HandlerSection,
        AutomaticScaling,
        BasicScaling,
        ManualScaling,
    )
    for entry in structs.fields(kind)
    if not (
        kind is AutomaticScaling
        and any(isinstance(note, Ignored) for note in getattr(entry.type, "__metadata__", ()))
    )
]


@pytest.mark.parametrize(("kind", "name"), KEYS)
def test_the_page_names_every_key(kind, name):
    assert f"`{name}`" in PAGE


def test_the_page_s_example_is_a_configuration():
    example = re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[1]
    loaded = parse(example, ApplicationSection, "app.yaml")
    assert [handler.url for handler in loaded.value.handlers] == ["/css", "/(.*\\.ico)", "/.*"]
    assert loaded.ignored == ()
