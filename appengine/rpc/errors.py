"""The errors that any service call can end in, by the names that App Engine gives them.

Source: App Engine, `google.appengine.runtime.apiproxy_errors`.
"""


class Error(Exception):
    """Base of every error of a service call."""


class ApplicationError(Error):
    """A service's own refusal; services declare subclasses, which cross the wire by name."""


class ArgumentError(Error):
    """The call's message is not one that the service declares."""


class CallNotFoundError(Error):
    """No such service, or the service has no such method."""


class CancelledError(Error):
    """The call was cancelled before it was answered."""


class CapabilityDisabledError(Error):
    """The service is switched off for the time being, for example for maintenance."""


class DeadlineExceededError(Error):
    """The call was not answered within its deadline."""


class FeatureNotEnabledError(Error):
    """The application has not enabled the service."""


class RPCFailedError(Error):
    """The call failed, for a reason that is not the application's."""


class InternalError(RPCFailedError):
    """The service failed; the text holds a reference to the log of the server."""


class InterruptedError(Error):  # noqa: A001  # App Engine's name
    """The call was interrupted while it waited; here none is, so none raises it."""


class RpcAuthorityError(Error):
    """The caller may not make the call; here the front knows who calls, so none raises it."""


class OverQuotaError(Error):
    """The application has used up a quota."""


class RequestTooLargeError(Error):
    """The call's message is larger than the service takes."""


class ResponseTooLargeError(Error):
    """The answer is larger than may be returned."""


PLATFORM_ERRORS: dict[str, type[Error]] = {
    error.__name__: error
    for error in (
        ArgumentError,
        CallNotFoundError,
        CancelledError,
        CapabilityDisabledError,
        DeadlineExceededError,
        FeatureNotEnabledError,
        InternalError,
        OverQuotaError,
        RequestTooLargeError,
        ResponseTooLargeError,
    )
}
