"""Hands messages to a mail server or to sendmail, again and again until they are there."""

import logging
import shutil
import smtplib
import ssl
import subprocess
from collections.abc import Mapping, Sequence

import msgspec

from appengine.config.hosts import is_loopback
from appengine.config.settings import Settings
from appengine.mail.server.outbox import FAILED, SENT, WAITING, Entry, Outbox
from appengine.mail.service.rules import bare_address
from appengine.rpc.server import Resources
from appengine.storage.clock import MICROSECONDS

SECONDS = 30.0
"""What one answer of the mail server may take."""

FIRST_DELAY_SECONDS = 5.0
LONGEST_DELAY_SECONDS = 3600.0
MAX_ATTEMPTS = 16
"""Delays double from the first to the longest: some eight hours in all."""

PERMANENT = 500
"""Replies from here on are for good. Source: RFC 5321, section 4.2.1."""

EX_TEMPFAIL = 75
"""Sendmail's status for "try again". Source: sysexits.h."""

log = logging.getLogger("appengine.mail")


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one attempt; addresses in neither list have the message.

    Attributes:
        refused: for good: why, by address.
        delayed: for now: why, by address.
    """

    refused: Mapping[str, str] = {}
    delayed: Mapping[str, str] = {}


def deliver_due(resources: Resources, application: str) -> list[tuple[Entry, Result]]:
    """Delivers the messages of an application that are due; returns what became of each."""
    outbox = Outbox(resources.open_storage(application), application)
    done = []
    for entry in outbox.due(resources.clock.now_microseconds()):
        envelope = outbox.envelope(entry.message_id)
        result = attempt(resources.options, entry, envelope, outbox.raw(entry.message_id))
        changed = judge(entry, result, resources.clock.now_microseconds())
        if changed.state == FAILED:  # whoever is still delayed is given up with it
            result = Result(refused={**result.refused, **result.delayed})
        outbox.note(changed, list(result.delayed) if changed.state == WAITING else [])
        level = logging.INFO if changed.state == SENT else logging.WARNING
        log.log(level, "mail %s is %s: %s", entry.message_id, changed.state, changed.detail)
        done.append((changed, result))
    return done


def judge(entry: Entry, result: Result, now: int) -> Entry:
    """Returns an entry after an attempt: sent, failed, or to be tried again after a delay."""
    attempts = entry.attempts + 1
    reasons = {**result.refused, **result.delayed}
    detail = "; ".join(f"{address}: {reason}" for address, reason in reasons.items())
    if result.delayed and attempts < MAX_ATTEMPTS:
        delay = min(FIRST_DELAY_SECONDS * 2 ** (attempts - 1), LONGEST_DELAY_SECONDS)
        return msgspec.structs.replace(
            entry,
            state=WAITING,
            attempts=attempts,
            next_at=now + round(delay * MICROSECONDS),
            detail=f"attempt {attempts}, again in {delay:g} s: {detail}",
        )
    return msgspec.structs.replace(
        entry,
        state=FAILED if reasons else SENT,
        attempts=attempts,
        detail=detail or f"handed over at attempt {attempts}",
    )


def attempt(settings: Settings, entry: Entry, envelope: Sequence[str], raw: bytes) -> Result:
    """Tries once to hand over a message."""
    sender = bare_address(entry.sender)
    if settings.smtp_host is None:
        return _by_sendmail(sender, envelope, raw)
    try:
        return _by_smtp(settings, sender, envelope, raw)
    except smtplib.SMTPRecipientsRefused as error:
        return _sort({address: reply for address, reply in error.recipients.items()})
    except smtplib.SMTPResponseException as error:
        reply = (error.smtp_code, _text(error.smtp_error))
        return _sort(dict.fromkeys(envelope, reply))
    except UnicodeEncodeError:
        return Result(refused=dict.fromkeys(envelope, "the address is not ASCII"))
    except (smtplib.SMTPException, OSError) as error:
        return Result(delayed=dict.fromkeys(envelope, f"{type(error).__name__}: {error}"))


def _by_smtp(settings: Settings, sender: str, envelope: Sequence[str], raw: bytes) -> Result:
    """Speaks SMTP: STARTTLS where it is offered, then the password, if there is one."""
    host = settings.smtp_host or ""
    with smtplib.SMTP(host, settings.smtp_port, timeout=SECONDS) as server:
        server.ehlo_or_helo_if_needed()
        is_secret = is_loopback(host)
        if settings.smtp_allow_tls and server.has_extn("starttls"):
            server.starttls(context=_context(is_careful=settings.smtp_user is not None))
            server.ehlo()
            is_secret = True
        if settings.smtp_user is not None:
            if not is_secret:
                reason = f"{host} offers no TLS: the password would be there for all to read"
                return Result(delayed=dict.fromkeys(envelope, reason))
            server.login(settings.smtp_user, settings.smtp_password or "")
        return _sort(server.sendmail(sender, list(envelope), raw))


def _context(*, is_careful: bool) -> ssl.SSLContext:
    """Returns TLS's settings: a password goes to a server with a valid certificate alone.

    Without one, TLS that nobody has asked for is better than none. Source: RFC 7435.
    """
    context = ssl.create_default_context()
    if not is_careful:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _by_sendmail(sender: str, envelope: Sequence[str], raw: bytes) -> Result:
    program = shutil.which("sendmail") or "/usr/sbin/sendmail"
    command = [program, "-i", "-f", sender, "--", *envelope]
    try:
        done = subprocess.run(  # noqa: S603  # no shell: addresses are checked arguments
            command, input=raw, capture_output=True, timeout=SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Result(delayed=dict.fromkeys(envelope, f"sendmail: {error}"))
    if done.returncode == 0:
        return Result()
    reason = f"sendmail ended with {done.returncode}: {_text(done.stderr).strip()[:200]}"
    if done.returncode == EX_TEMPFAIL:
        return Result(delayed=dict.fromkeys(envelope, reason))
    return Result(refused=dict.fromkeys(envelope, reason))


def _sort(replies: Mapping[str, tuple[int, bytes | str]]) -> Result:
    """Returns what replies of a mail server mean."""
    said = {address: (code, f"{code} {_text(text)}") for address, (code, text) in replies.items()}
    return Result(
        refused={each: text for each, (code, text) in said.items() if code >= PERMANENT},
        delayed={each: text for each, (code, text) in said.items() if code < PERMANENT},
    )


def _text(text: bytes | str) -> str:
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else text
