"""The loops of mail: delivery of what was sent, and SMTP for what arrives.

What they stand on is imported when one of them runs: a server without mail pays nothing for it.
"""

import threading
from importlib import import_module
from typing import TYPE_CHECKING

from appengine.config.settings import Settings
from appengine.rpc.worker import Loop

if TYPE_CHECKING:
    from appengine.rpc.server import Resources


def is_delivering(settings: Settings) -> bool:
    """Returns whether messages leave the outbox."""
    return settings.smtp_host is not None or settings.enable_sendmail


def is_listening(settings: Settings) -> bool:
    """Returns whether mail is taken by SMTP."""
    return settings.smtp_listen is not None


def deliver(resources: "Resources", stop: threading.Event) -> None:
    """Delivers messages and tells applications of those that did not arrive, until `stop`."""
    import_module("appengine.mail.worker.delivering").deliver(resources, stop)


def listen(resources: "Resources", stop: threading.Event) -> None:
    """Takes mail by SMTP, until `stop`."""
    import_module("appengine.mail.worker.listener").listen(resources, stop)


LOOPS = (
    Loop(name="delivery of mail", run=deliver, is_needed=is_delivering),
    Loop(name="SMTP for incoming mail", run=listen, is_needed=is_listening),
)
