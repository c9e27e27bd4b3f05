"""How many instances there are: numbers of app.yaml, and what holds without them."""

import pytest

from appengine.config.app_yaml import load_application
from appengine.supervisor.scaling import (
    IDLE_SECONDS,
    LONGEST_SECONDS,
    MAX_INSTANCES,
    Scale,
    find_scale,
)
from tests.e2e.serving import write_files, wsgi_application


def scale_of(folder, text, most=None) -> Scale:
    app = wsgi_application(folder / "app", "def app(): pass")
    write_files(app, {"app.yaml": (app / "app.yaml").read_text() + text})
    return find_scale(load_application(app), most)


def automatic(**numbers) -> str:
    lines = "".join(f"  {name}: {value}\n" for name, value in numbers.items())
    return f"automatic_scaling:\n{lines}"


def test_unless_stated_two_are_ready_and_eight_the_most(tmp_path):
    scale = scale_of(tmp_path, "")
    assert (scale.least, scale.most, scale.least_idle) == (2, MAX_INSTANCES, 0)
    assert (scale.need_seconds, scale.idle_seconds, scale.threads) == (0.05, IDLE_SECONDS, 10)


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ({"min_instances": 5}, {"least": 5}),
        ({"min_instances": 5, "max_instances": 20}, {"least": 5, "most": 20}),
        ({"max_instances": 1}, {"least": 1, "most": 1}),
        ({"min_idle_instances": 3}, {"least": 3, "least_idle": 3}),
        ({"min_idle_instances": "automatic"}, {"least": 2, "least_idle": 0}),
        ({"max_idle_instances": 1}, {"most_idle": 1}),
        ({"min_pending_latency": "300ms"}, {"need_seconds": 0.3}),
        ({"min_pending_latency": "automatic", "max_pending_latency": "2s"}, {"need_seconds": 0.05}),
        ({"max_pending_latency": "2s"}, {"longest_seconds": 2.0}),
        ({"max_pending_latency": "automatic"}, {"longest_seconds": LONGEST_SECONDS}),
        ({"max_pending_latency": "30ms"}, {"need_seconds": 0.03, "longest_seconds": 0.03}),
        ({"max_concurrent_requests": 30}, {"threads": 30}),
        ({"max_concurrent_requests": 900}, {"threads": 80}),
    ],
)
def test_automatic_scaling_follows_its_numbers(tmp_path, numbers, expected):
    scale = scale_of(tmp_path, automatic(**numbers))
    assert {name: getattr(scale, name) for name in expected} == expected


def test_basic_scaling_starts_with_none(tmp_path):
    scale = scale_of(tmp_path, "basic_scaling:\n  max_instances: 3\n  idle_timeout: 10m\n")
    assert (scale.least, scale.most, scale.idle_seconds) == (0, 3, 600)


def test_manual_scaling_is_one_number(tmp_path):
    scale = scale_of(tmp_path, "manual_scaling:\n  instances: 4\n", most=2)
    assert (scale.least, scale.most) == (4, 4)


def test_the_operator_s_number_is_the_most(tmp_path):
    assert scale_of(tmp_path, automatic(max_instances=20), most=3).most == 3
    assert scale_of(tmp_path, automatic(min_instances=5), most=3).least == 3
