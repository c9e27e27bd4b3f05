"""Mail that arrives: which application it is for, and how that is told.

Source: App Engine, "Receiving Email" and "Receiving Bounce Notification".
"""

import email
import logging
from collections.abc import Mapping, Sequence
from email.message import Message
from urllib.parse import quote, urlencode

import msgspec

from appengine.mail.server.outbox import Entry
from appengine.mail.server.rules import OWN_DOMAIN
from appengine.rpc.internal import (
    MAIL_ADDRESS,
    InternalRequest,
    InternalResponse,
    Served,
)
from appengine.rpc.server import Resources

SECONDS = 60.0
"""What an application gets to take a message."""

MAIL_SERVICE, BOUNCE_SERVICE = "mail", "mail_bounce"
TEXT_BYTES = 10_000
OK = range(200, 300)

log = logging.getLogger("appengine.mail")


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a message that arrived.

    Attributes:
        is_final: another attempt would end in the same way.
        reason: in one line.
    """

    is_taken: bool
    is_final: bool
    reason: str


def find_taker(applications: Sequence[Served], address: str) -> Served | None:
    """Returns the application for an address, or None: nobody takes mail for it.

    Of several applications the address's domain begins with its id: `a@guestbook.appspotmail.com`.
    One alone takes all mail.
    """
    takers = [served for served in applications if served.module == "default"] or list(applications)
    domain = address.rpartition("@")[2].lower()
    for served in takers:
        name = served.application.rpartition(":")[2]
        if domain == f"{name}.{OWN_DOMAIN}" or domain.startswith(f"{name}."):
            return served
    ids = {served.application for served in takers}
    return takers[0] if len(ids) == 1 and not domain.endswith(f".{OWN_DOMAIN}") else None


def refusal(served: Served) -> str:
    """Returns why an application takes no mail, or ""."""
    if MAIL_SERVICE not in served.inbound_services:
        return f"{served.application} has no 'mail' among inbound_services in app.yaml"
    return ""


def deliver(resources: Resources, address: str, raw: bytes) -> Taken:
    """Gives a message to the application that it is addressed to, at /_ah/mail/ADDRESS."""
    served = find_taker(resources.applications.served(), address)
    if served is None:
        names = ", ".join(resources.applications.names())
        return Taken(is_taken=False, is_final=True, reason=f"no application is meant; {names} are")
    if reason := refusal(served):
        return Taken(is_taken=False, is_final=True, reason=reason)
    request = InternalRequest(
        application=served.application,
        module=served.module,
        method="POST",
        target=f"/_ah/mail/{quote(address, safe='@')}",
        headers=[("Content-Type", "message/rfc822")],
        body=raw,
        address=MAIL_ADDRESS,
        is_platform=True,
    )
    try:
        response = resources.applications.ask(request, SECONDS)
    except OSError as error:
        return Taken(is_taken=False, is_final=False, reason=f"the front does not answer: {error}")
    return _judge(served, response)


def _judge(served: Served, response: InternalResponse) -> Taken:
    reason = f"{served.application} answered {response.status}"
    if response.status in OK:
        return Taken(is_taken=True, is_final=True, reason=reason)
    return Taken(is_taken=False, is_final=response.status < 500, reason=reason)  # noqa: PLR2004  # HTTP: the client's fault


def notify(resources: Resources, entry: Entry, raw: bytes, refused: Mapping[str, str]) -> bool:
    """Tells an application which recipients a message has not reached; returns whether it heard."""
    taker = next(
        (
            served
            for served in resources.applications.served()
            if served.application == entry.application and BOUNCE_SERVICE in served.inbound_services
        ),
        None,
    )
    if taker is None:
        return False
    request = InternalRequest(
        application=taker.application,
        module=taker.module,
        method="POST",
        target="/_ah/bounce",
        headers=[("Content-Type", "application/x-www-form-urlencoded")],
        body=urlencode(_bounce_fields(entry, raw, refused)).encode(),
        address=MAIL_ADDRESS,
        is_platform=True,
    )
    try:
        response = resources.applications.ask(request, SECONDS)
    except OSError as error:
        log.warning("bounce of mail %s: %s does not hear: %s", entry.message_id, taker, error)
        return False
    log.info("bounce of mail %s: %s", entry.message_id, _judge(taker, response).reason)
    return response.status in OK


def _bounce_fields(entry: Entry, raw: bytes, refused: Mapping[str, str]) -> dict[str, str]:
    original = email.message_from_bytes(raw)
    reasons = "\n".join(f"{address}: {reason}" for address, reason in refused.items())
    subject = "Delivery Status Notification (Failure)"
    fields = {
        "original-from": str(original["From"] or ""),
        "original-to": str(original["To"] or ""),
        "original-cc": str(original["Cc"] or ""),
        "original-bcc": "",
        "original-subject": entry.subject,
        "original-text": _text_of(original),
        "notification-from": f"mailer-daemon@{entry.application}.{OWN_DOMAIN}",
        "notification-to": entry.sender,
        "notification-cc": "",
        "notification-bcc": "",
        "notification-subject": subject,
        "notification-text": f"The message was not delivered.\n{reasons}\n",
    }
    return fields | {"raw-message": raw.decode("utf-8", "replace")}


def _text_of(message: Message) -> str:
    """Returns the beginning of a message's first plain text."""
    for part in message.walk():
        if part.get_content_type() == "text/plain":
            data = part.get_payload(decode=True)
            return data[:TEXT_BYTES].decode("utf-8", "replace") if isinstance(data, bytes) else ""
    return ""
