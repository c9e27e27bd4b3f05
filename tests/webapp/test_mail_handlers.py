"""Source: App Engine, "Receiving Email", "Receiving Bounce Notification"."""

from urllib.parse import urlencode

import pytest

from appengine import webapp
from appengine.webapp import mail_handlers

MESSAGE = b"From: ann@example.com\r\nTo: pets@example.com\r\nSubject: Rex\r\n\r\nHe is here.\r\n"
BOUNCE = {
    "original-to": "rex@example.com",
    "original-subject": "Food",
    "notification-subject": "Undelivered",
    "raw-message": MESSAGE.decode(),
}


@pytest.fixture
def received(ask):
    """Sends a body to an application of one handler; returns what the handler received."""

    def send(base, path, body, kind):
        got = []
        handler = type("Handler", (base,), {"receive": lambda _, message: got.append(message)})
        application = webapp.WSGIApplication([handler.mapping()])
        answer = ask(application, path, method="POST", body=body, headers={"Content-Type": kind})
        assert answer.code == 200
        [message] = got
        return message

    return send


def test_a_message_that_arrives_is_received_as_one(received):
    base = mail_handlers.InboundMailHandler
    message = received(base, "/_ah/mail/pets@example.com", MESSAGE, "message/rfc822")
    assert (message.sender, message.subject) == ("ann@example.com", "Rex")


def test_a_handler_of_mail_is_mapped_to_every_address():
    pattern, handler = mail_handlers.InboundMailHandler.mapping()
    assert pattern == mail_handlers.MAIL_HANDLER_URL_PATTERN == "/_ah/mail/.+"
    assert handler is mail_handlers.InboundMailHandler


def test_the_news_of_a_bounce_holds_the_message_and_why(received):
    base, kind = mail_handlers.BounceNotificationHandler, "application/x-www-form-urlencoded"
    news = received(base, "/_ah/bounce", urlencode(BOUNCE).encode(), kind)
    assert isinstance(news, mail_handlers.BounceNotification)
    assert (news.original["to"], news.original["subject"]) == ("rex@example.com", "Food")
    assert news.notification["subject"] == "Undelivered"
    assert news.original_raw_message.subject == "Rex"


def test_a_handler_of_bounces_is_mapped_to_their_path():
    path, handler = mail_handlers.BounceNotificationHandler.mapping()
    assert path == mail_handlers.BOUNCE_NOTIFICATION_HANDLER_URL_PATH == "/_ah/bounce"
    assert handler is mail_handlers.BounceNotificationHandler


def test_a_bounce_is_read_from_a_request_of_any_framework():
    body = urlencode(BOUNCE).encode()
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    request = webapp.Request.blank("/_ah/bounce", method="POST", body=body, headers=kind)
    news = mail_handlers.BounceNotification.from_environ(request.environ)
    assert news.original["subject"] == "Food"


@pytest.mark.parametrize("name", ["InboundMailHandler", "BounceNotificationHandler"])
def test_a_handler_that_receives_nothing_answers_all_the_same(ask, name):
    handler = getattr(mail_handlers, name)
    made = handler()
    assert made.receive(None) is None
    pattern, _ = handler.mapping()
    path = pattern.replace(".+", "a@b.c")
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    body = urlencode(BOUNCE).encode() if name.startswith("B") else MESSAGE
    answer = ask(
        webapp.WSGIApplication([(pattern, handler)]), path, method="POST", body=body, headers=kind
    )
    assert answer.code == 200
