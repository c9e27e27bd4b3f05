"""Whatever an instance sends to any declared service harms nobody: every room's calls are tried.

A room that is added is tried as well; nothing here names one.
"""

import time

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from appengine.rpc.frames import MAX_BODY_BYTES, MalformedCallError
from appengine.rpc.rooms import find_services
from tests.rpc.messages import junk, messages
from tests.rpc.one_process import OneProcess

CALLS = [
    (service.name, method)
    for service in find_services().values()
    if service.__module__.startswith("appengine.")
    for method in service.methods.values()
]
every_call = pytest.mark.parametrize(
    ("service", "method"), CALLS, ids=[f"{name}.{method.name}" for name, method in CALLS]
)
quick = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    phases=[Phase.generate],
)


@pytest.fixture(scope="module")
def process(tmp_path_factory):
    made = OneProcess(tmp_path_factory.mktemp("data"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    made = OneProcess(tmp_path_factory.mktemp("hostile"))
    made.caller = replace(made.caller, application="hostile")
    yield made
    made.close()


def send(process, service, method, data):
    """Returns how a call ended: "malformed", the name of an error, or "" for an answer."""
    caller = replace(process.caller, deadline=time.monotonic() + 60)
    try:
        outcome = process.executor.execute(caller, service, method, data)
    except MalformedCallError:
        return "malformed"
    assert "the service failed; reference" not in outcome.detail  # nobody has declared it
    return outcome.error


@every_call
@quick
@given(data=junk())
def test_junk_is_malformed_or_one_of_the_calls_messages(process, service, method, data):
    try:
        msgspec.msgpack.decode(data, type=method.request)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        assert send(process, service, method.name, data) == "malformed"


@every_call
@quick
@given(data=st.data())
def test_a_message_within_its_bounds_ends_in_an_answer_or_a_declared_error(
    process, service, method, data
):
    value = data.draw(messages(method.request))
    message = msgspec.msgpack.encode(value)
    if method.parallel:  # it reaches outside of the machine: its message alone is judged
        try:
            msgspec.msgpack.decode(message, type=method.request)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            assert send(process, service, method.name, message) == "malformed"
        return
    send(process, service, method.name, message)


@every_call
@quick
@given(data=st.data())
def test_a_message_that_is_cut_or_changed_harms_nobody(process, service, method, data):
    message = bytearray(msgspec.msgpack.encode(data.draw(messages(method.request))))
    cut = data.draw(st.integers(0, len(message)))
    assert cut == len(message) or send(process, service, method.name, bytes(message[:cut]))
    if message and not method.parallel:
        message[data.draw(st.integers(0, len(message) - 1))] = data.draw(st.integers(0, 255))
        send(process, service, method.name, bytes(message))


@every_call
@quick
@given(data=st.data())
def test_no_message_reaches_the_data_of_another_application(hostile, service, method, data):
    """Who calls is no part of a message; whatever it says, the caller's own data is opened."""
    if method.parallel:  # it reaches outside of the machine
        return
    message = msgspec.msgpack.encode(data.draw(messages(method.request)))
    send(hostile, service, method.name, message)
    assert set(hostile.storages) <= {"hostile"}


@every_call
def test_a_message_nested_without_end_is_malformed(process, service, method):
    deep = b"\x91" * 5000 + b"\xc0"
    assert send(process, service, method.name, deep) == "malformed"


@every_call
def test_a_huge_text_where_a_field_is_costs_no_more_than_its_bytes(process, service, method):
    """32 MiB is the most that a frame carries."""
    huge = msgspec.msgpack.encode({"there is no such field": b"x" * (MAX_BODY_BYTES - 100)})
    assert send(process, service, method.name, huge) == "malformed"


@pytest.mark.parametrize(("service", "method"), [("nothing", "get"), ("memcache", "nothing")])
def test_a_call_that_nobody_declares_is_not_found(process, service, method):
    assert send(process, service, method, b"\x80") == "CallNotFoundError"
