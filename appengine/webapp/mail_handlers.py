"""Handlers of mail: each message that arrives, and the news of each that did not.

`application = webapp.WSGIApplication([MyHandler.mapping()])` routes it, where app.yaml has `mail`
among its inbound_services.

Source: App Engine, "Receiving Email"; `google.appengine.ext.webapp.mail_handlers`.
"""

from appengine.mail import (
    BOUNCE_NOTIFICATION_URL_PATH,
    INCOMING_MAIL_URL_PATTERN,
    BounceNotification,
    InboundEmailMessage,
)
from appengine.webapp.handlers import RequestHandler

__all__ = [
    "BOUNCE_NOTIFICATION_HANDLER_URL_PATH",
    "MAIL_HANDLER_URL_PATTERN",
    "BounceNotification",
    "BounceNotificationHandler",
    "InboundMailHandler",
]

MAIL_HANDLER_URL_PATTERN = INCOMING_MAIL_URL_PATTERN
BOUNCE_NOTIFICATION_HANDLER_URL_PATH = BOUNCE_NOTIFICATION_URL_PATH


class InboundMailHandler(RequestHandler):
    """Base of handlers that receive mail: they override `receive`."""

    def post(self) -> None:
        """Takes a message that has arrived."""
        self.receive(InboundEmailMessage(self.request.body))

    def receive(self, mail_message: InboundEmailMessage) -> None:
        """Does what is to be done with a message; here nothing."""

    @classmethod
    def mapping(cls) -> "tuple[str, type[InboundMailHandler]]":
        """Returns the pattern of the URLs of mail, and this class."""
        return MAIL_HANDLER_URL_PATTERN, cls


class BounceNotificationHandler(RequestHandler):
    """Base of handlers that hear of messages that did not arrive: they override `receive`."""

    def post(self) -> None:
        """Takes the news."""
        self.receive(BounceNotification(self.request.POST))

    def receive(self, bounce_notification: BounceNotification) -> None:
        """Does what is to be done with the news; here nothing."""

    @classmethod
    def mapping(cls) -> "tuple[str, type[BounceNotificationHandler]]":
        """Returns the URL of bounces, and this class."""
        return BOUNCE_NOTIFICATION_HANDLER_URL_PATH, cls
