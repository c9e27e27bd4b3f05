"""Hooks of `apiproxy_stub_map`, name by name; test_reference.py runs the same in other places."""

import pytest

from tests.datastore_client.reference import hooks

pytestmark = pytest.mark.usefixtures("pipe")


def test_a_hook_is_called_before_and_after_each_call_of_its_service():
    hooks.a_hook_is_called_before_and_after_each_call_of_its_service()


def test_a_hook_that_raises_before_a_call_stops_it():
    hooks.a_hook_that_raises_before_a_call_stops_it()


def test_a_hook_that_takes_an_error_is_told_of_it():
    hooks.a_hook_that_takes_an_error_is_told_of_it()
