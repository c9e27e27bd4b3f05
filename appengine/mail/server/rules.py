"""Which messages the service takes: senders, recipients, headers, attachments.

Source: App Engine, "Sending and Receiving Email", "Who can send email", "Attachments"; the
development server's checks of attachments.
"""

from collections.abc import Sequence

from appengine.mail.service import (
    MAX_MESSAGE,
    MAX_RECIPIENTS,
    BadRequestError,
    InvalidAttachmentTypeError,
    InvalidHeaderNameError,
    InvalidSenderError,
    SendRequest,
)
from appengine.mail.service.rules import (
    HEADER_WHITELIST,
    bare_address,
    holds_line_end,
    mime_type_of,
)
from appengine.rpc.callers import Caller
from appengine.rpc.errors import RequestTooLargeError

OWN_DOMAIN = "appspotmail.com"
"""`anything@APPLICATION.appspotmail.com` may always send. Source: App Engine, as above."""


def check_message(request: SendRequest) -> None:
    """Refuses a message that nobody may send.

    Raises:
        BadRequestError, InvalidHeaderNameError, InvalidAttachmentTypeError: so it is.
        RequestTooLargeError: it is larger than `MAX_MESSAGE`.
    """
    if request.body is None and request.html is None:
        raise BadRequestError("the message has neither body nor html")
    if request.size > MAX_MESSAGE:
        raise RequestTooLargeError(f"a message of {request.size} bytes; at most {MAX_MESSAGE}")
    lines = [("subject", request.subject), ("sender", request.sender)]
    lines += [("a recipient", address) for address in (*request.recipients, request.reply_to)]
    for name, text in (*lines, *request.headers):
        if holds_line_end(text):
            raise BadRequestError(f"{name}: {text[:100]!r} holds a line end")
    for name, _ in request.headers:
        if name not in HEADER_WHITELIST:
            allowed = ", ".join(sorted(HEADER_WHITELIST))
            raise InvalidHeaderNameError(f"{name[:100]!r}; there are: {allowed}")
    for attachment in request.attachments:
        _check_attachment(attachment.filename, attachment.content_id)


def _check_attachment(filename: str, content_id: str) -> None:
    if holds_line_end(filename) or holds_line_end(content_id):
        raise BadRequestError(f"attachment {filename[:100]!r}: a line end in its name or id")
    if filename.startswith("."):
        raise InvalidAttachmentTypeError(f"{filename!r}: hidden files may not be attached")
    if "." not in filename:
        raise InvalidAttachmentTypeError(f"{filename!r}: an attachment needs an extension")
    mime_type_of(filename)


def check_recipients(addresses: Sequence[str]) -> tuple[str, ...]:
    """Returns the bare addresses of recipients, each once.

    Raises:
        BadRequestError: there are none or too many, or one is no address.
    """
    if not addresses:
        raise BadRequestError("the message has no recipient")
    if len(addresses) > MAX_RECIPIENTS:
        raise BadRequestError(f"{len(addresses)} recipients; at most {MAX_RECIPIENTS}")
    found = []
    for address in addresses:
        if not (bare := bare_address(address)):
            raise BadRequestError(f"{address[:100]!r} is no e-mail address")
        found.append(bare)
    return tuple(dict.fromkeys(found))


def check_sender(
    sender: str, caller: Caller, administrators: Sequence[str], *, may_be_anybody: bool
) -> str:
    """Returns the bare address of a sender who may send for an application.

    Args:
        may_be_anybody: as on App Engine's development server.

    Raises:
        InvalidSenderError: it is no address, or not one that may send.
    """
    bare = bare_address(sender)
    if not bare:
        raise InvalidSenderError(f"{sender[:100]!r} is no e-mail address")
    own = f"@{caller.application.rpartition(':')[2]}.{OWN_DOMAIN}"
    known = {address.lower() for address in (caller.user_email, *administrators) if address}
    if may_be_anybody or bare.lower() in known or bare.lower().endswith(own):
        return bare
    raise InvalidSenderError(
        f"{bare!r} is neither the signed-in user, nor an administrator, nor of {own[1:]}"
    )
