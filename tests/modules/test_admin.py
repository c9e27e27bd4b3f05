"""The page of modules in the Admin Console."""

import pytest

from appengine.modules.admin import show_modules
from appengine.rpc.admin import Visit
from appengine.rpc.server import Resources
from tests.modules.test_conformance import Applications


@pytest.fixture
def applications():
    return Applications()


@pytest.fixture
def show(applications):
    def visit(**arguments):
        resources = Resources(
            open_storage=None, platform=None, clock=None, applications=applications
        )
        seen = Visit(
            application="trial",
            arguments=arguments,
            sends_form=bool(arguments),
            resources=resources,
        )
        return show_modules(seen).values

    return visit


def test_it_shows_the_modules_of_one_application(show):
    default, back = show()["modules"]
    assert (default.served.module, default.scaling, default.is_manual) == (
        "default",
        "automatic",
        False,
    )
    assert (back.served.host, back.instances, back.stated) == ("localhost:8081", 3, 3)


def test_it_stops_starts_and_sets_instances(show, applications):
    assert show(module="back", action="stop")["message"] == "back is stopped."
    assert applications.instances == 0
    assert show(module="back", action="start")["message"] == "back gets 3 instances."
    assert show(module="back", action="set", instances="5")["message"] == "back gets 5 instances."
    assert applications.instances == 5


@pytest.mark.parametrize("number", ["", "-1", "1001", "x", "²", "9" * 5000])
def test_a_number_that_is_none_changes_nothing(show, applications, number):
    answer = show(module="back", action="set", instances=number)
    assert answer["message"] == "From 0 to 1000 instances."
    assert applications.instances == 3


def test_other_modules_are_not_set(show, applications):
    assert "automatic scaling" in show(module="default", action="stop")["message"]
    applications.is_there = False
    assert show(module="back", action="stop")["message"] == "Nothing was changed: gone"
    assert [each.problem for each in show()["modules"]] == ["gone", "gone"]
