"""The errors of fetches, by their import path: `google.appengine.api.urlfetch_errors`."""

from appengine.urlfetch.service import (
    ConnectionClosedError,
    DeadlineExceededError,
    DNSLookupFailedError,
    DownloadError,
    Error,
    InternalTransientError,
    InvalidMethodError,
    InvalidURLError,
    MalformedReplyError,
    PayloadTooLargeError,
    ResponseTooLargeError,
    SSLCertificateError,
    TooManyRedirectsError,
)

__all__ = [
    "ConnectionClosedError",
    "DNSLookupFailedError",
    "DeadlineExceededError",
    "DownloadError",
    "Error",
    "InternalTransientError",
    "InvalidMethodError",
    "InvalidURLError",
    "MalformedReplyError",
    "PayloadTooLargeError",
    "ResponseTooLargeError",
    "SSLCertificateError",
    "TooManyRedirectsError",
]
