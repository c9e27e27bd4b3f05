"""URL fetch: an application asks other hosts over HTTP; the platform asks in its stead."""

from typing import Annotated, Literal

from msgspec import Meta

from appengine.rpc.service import ApplicationError, Message, Service, call

MAX_URL = 10_240
"""Characters of a URL. Source: App Engine, "Quotas", URL Fetch."""

MAX_PAYLOAD = 10 * 2**20
"""Bytes of a request's body. Source: App Engine, "Quotas", URL Fetch: 10 MB."""

MAX_RESPONSE = 32_000_000
"""Bytes of a response's content. Source: App Engine, "Quotas", URL Fetch: 32 MB."""

MAX_REDIRECTS = 5
"""Source: App Engine, `google.appengine.api.urlfetch`, `MAX_REDIRECTS`."""

DEFAULT_DEADLINE = 5.0
MAX_DEADLINE = 60.0
"""Seconds. Source: App Engine, "URL Fetch", "Setting a request timeout"."""

MAX_HEADERS = 200
MAX_NAME = 256
"""Characters of a header's name."""

MAX_HEADERS_BYTES = 2**16
"""Of a request's headers together: names and values."""


class Error(ApplicationError):
    """Base of the errors of fetches."""


class DownloadError(Error):
    """The URL could not be fetched; that the answer has status 404 is no such error."""


class MalformedReplyError(DownloadError):
    """The server's answer is no HTTP."""


class TooManyRedirectsError(DownloadError):
    """More than five redirections followed on one another."""


class InternalTransientError(Error):
    """The platform failed for the moment; another try may succeed."""


class ConnectionClosedError(DownloadError):
    """The server closed the connection before its answer was whole."""


class InvalidURLError(Error):
    """The URL is empty, too long, or none that can be fetched."""


class PayloadTooLargeError(InvalidURLError):
    """The request's body is larger than `MAX_PAYLOAD`."""


class DNSLookupFailedError(DownloadError):
    """No address is known for the host's name."""


class DeadlineExceededError(DownloadError):
    """The answer was not there within the deadline."""


class ResponseTooLargeError(Error):
    """The response is larger than `MAX_RESPONSE`; `response` holds what was taken of it."""

    def __init__(self, response: object) -> None:
        """Takes the response that was cut."""
        super().__init__(response)
        self.response = response


class InvalidMethodError(Error):
    """The method is none of GET, POST, HEAD, PUT, DELETE and PATCH."""


class SSLCertificateError(Error):
    """The server's certificate is invalid, or another host's."""


Header = tuple[
    Annotated[str, Meta(pattern=rf"^[!#$%&'*+.^_`|~0-9A-Za-z-]{{1,{MAX_NAME}}}\Z")],
    Annotated[str, Meta(pattern=r"^[^\x00\r\n]*\Z", max_length=MAX_HEADERS_BYTES)],
]
"""Name and value. Source: RFC 9110, sections 5.1 and 5.5."""


class FetchRequest(Message):
    """One fetch.

    Attributes:
        deadline_seconds: for all of it; None: the default. Longer ones are cut to `MAX_DEADLINE`.
    """

    url: Annotated[str, Meta(max_length=MAX_URL)]
    method: Literal["GET", "POST", "HEAD", "PUT", "DELETE", "PATCH"] = "GET"
    headers: Annotated[tuple[Header, ...], Meta(max_length=MAX_HEADERS)] = ()
    payload: Annotated[bytes, Meta(max_length=MAX_PAYLOAD)] | None = None
    follow_redirects: bool = True
    validate_certificate: bool = True
    deadline_seconds: Annotated[float, Meta(gt=0)] | None = None


class FetchResponse(Message):
    """The last answer in a row of redirections.

    Attributes:
        headers: names and values, repeated ones too.
        content: decoded if it came compressed; at most `MAX_RESPONSE` bytes.
        final_url: where the content came from, if not from the URL that was asked for.
    """

    status_code: int
    headers: tuple[tuple[str, str], ...] = ()
    content: bytes = b""
    content_was_truncated: bool = False
    final_url: str = ""


ERRORS = (
    DownloadError,
    MalformedReplyError,
    TooManyRedirectsError,
    InternalTransientError,
    ConnectionClosedError,
    InvalidURLError,
    PayloadTooLargeError,
    DNSLookupFailedError,
    DeadlineExceededError,
    ResponseTooLargeError,
    SSLCertificateError,
)


class UrlfetchService(
    Service,
    name="urlfetch",
    aliases=("google.appengine.api.urlfetch",),
    modules={"google.appengine.api.urlfetch_errors": "urlfetch_errors"},
):
    """What the front answers for fetches."""

    @call(quota="urlfetch_calls", deadline_seconds=MAX_DEADLINE, errors=ERRORS, parallel=True)
    def fetch(self, request: FetchRequest) -> FetchResponse:
        """Asks another host over HTTP."""
