"""Source: App Engine, `google.appengine.runtime.apiproxy_errors` and `google.appengine.runtime`."""

import pytest
from google.appengine import runtime
from google.appengine.runtime import apiproxy_errors

NAMES = (
    "ApplicationError ArgumentError CallNotFoundError CancelledError CapabilityDisabledError"
    " DeadlineExceededError FeatureNotEnabledError InterruptedError OverQuotaError RPCFailedError"
    " RequestTooLargeError ResponseTooLargeError RpcAuthorityError InternalError"
).split()


@pytest.mark.parametrize("name", NAMES)
def test_each_error_of_a_call_is_caught_by_its_name_and_as_error(name):
    with pytest.raises(apiproxy_errors.Error, match="why"):
        raise getattr(apiproxy_errors, name)("why")


def test_a_failure_of_the_service_is_a_failed_call():
    with pytest.raises(apiproxy_errors.RPCFailedError):
        raise apiproxy_errors.InternalError("reference 17")


def test_the_end_of_a_request_is_no_exception_that_a_broad_handler_swallows():
    """Source: `google.appengine.runtime`, `DeadlineExceededError`(BaseException)."""
    assert issubclass(runtime.DeadlineExceededError, BaseException)
    assert not issubclass(runtime.DeadlineExceededError, Exception)
    assert not issubclass(runtime.DeadlineExceededError, apiproxy_errors.Error)
