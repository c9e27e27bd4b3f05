"""Looks for messages that are due, and tells applications of those that did not arrive."""

import threading

from appengine.mail.server.delivery import deliver_due
from appengine.mail.server.incoming import notify
from appengine.mail.server.outbox import Outbox
from appengine.rpc.server import Resources

LOOK_SECONDS = 1.0
"""Between two looks for messages that are due."""


def deliver(resources: Resources, stop: threading.Event) -> None:
    """Delivers the messages of all applications until `stop`."""
    while not stop.is_set():
        for application in resources.applications.names():
            deliver_once(resources, application)
        stop.wait(LOOK_SECONDS)


def deliver_once(resources: Resources, application: str) -> None:
    """Delivers the messages of one application that are due."""
    for entry, result in deliver_due(resources, application):
        if result.refused:
            outbox = Outbox(resources.open_storage(application), application)
            notify(resources, entry, outbox.raw(entry.message_id), result.refused)
