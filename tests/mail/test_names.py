"""The names of mail, each with what it is or does; those of 2008 beside those of later."""

from email.message import Message

import pytest
from google.appengine.api import mail

FIELDS = {"sender": "ann@example.com", "subject": "Hello", "body": "A text"}
CLASSES = (mail.EmailMessage, mail.AdminEmailMessage, mail.InboundEmailMessage)

every_class = pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)


def make(kind, **fields):
    to = {} if kind is mail.AdminEmailMessage else {"to": "ben@example.com"}
    return kind(**FIELDS, **to, **fields)


@every_class
def test_a_message_is_checked_by_either_name(kind):
    """Source: App Engine, `mail`, `check_initialized`, `is_initialized` and their old names."""
    message = make(kind)
    message.check_initialized()
    message.CheckInitialized()
    assert message.is_initialized() is message.IsInitialized() is True
    del message.subject
    assert message.is_initialized() is message.IsInitialized() is False
    for check in (message.check_initialized, message.CheckInitialized):
        with pytest.raises(mail.MissingSubjectError):
            check()


@every_class
def test_fields_are_set_by_either_name(kind):
    """Source: App Engine, `mail`, `initialize` and `Initialize`."""
    message = make(kind)
    message.initialize(subject="Second")
    assert message.subject == "Second"
    message.Initialize(subject="Third")
    assert message.subject == "Third"


@every_class
def test_a_message_is_sent_by_either_name(room, kind):
    """Source: App Engine, `mail`, `send` and `Send`, which hand over what `ToProto` makes."""
    message = make(kind)
    message.send()
    message.Send()
    assert [entry.subject for entry in room.outbox.find()] == ["Hello", "Hello"]
    request = message.ToProto()
    assert (request.sender, request.subject, request.body) == tuple(FIELDS.values())


@every_class
def test_a_message_becomes_mime_by_either_name(kind):
    """Source: App Engine, `mail`, `to_mime_message`, `ToMIMEMessage`, `original`."""
    message = make(kind)
    for made in (message.to_mime_message(), message.ToMIMEMessage()):
        assert isinstance(made, Message) and made["Subject"] == "Hello"
        again = kind(made)
        assert (again.subject, again.sender) == ("Hello", "ann@example.com")
        assert again.original["Subject"] == "Hello"
        other = kind()
        other.update_from_mime_message(made)
        assert other.subject == "Hello"
        assert [content_type for content_type, _ in again.bodies()] == ["text/plain"]


def test_each_function_has_its_old_name():
    """Source: App Engine, `google.appengine.api.mail`, functions."""
    assert mail.is_email_valid("a@b.c") is mail.IsEmailValid("a@b.c") is True
    assert mail.is_email_valid(" ") is mail.IsEmailValid(None) is False
    assert "Empty" in mail.invalid_email_reason("", "to")
    assert "None" in mail.InvalidEmailReason(None, "to")
    for check in (mail.check_email_valid, mail.CheckEmailValid):
        with pytest.raises(mail.InvalidEmailError, match="for to"):
            check("", "to")
    assert mail.SendMail is mail.send_mail and mail.SendMailToAdmins is mail.send_mail_to_admins


def test_headers_are_checked_before_they_are_sent():
    """Source: App Engine, `mail.invalid_headers_reason`, `check_headers_valid`, `is_ascii`."""
    assert mail.invalid_headers_reason({"List-Id": "a list"}) is None
    assert mail.invalid_headers_reason({"X-Own": "1"}) == 'Header "X-Own" is not allowed.'
    with pytest.raises(mail.InvalidEmailError, match="X-Own"):
        mail.check_headers_valid({"X-Own": "1"})
    assert mail.is_ascii("a") is True and mail.is_ascii("ä") is False


def test_the_functions_send(room):
    """Source: App Engine, `mail.send_mail`, `send_mail_to_admins` and their old names."""
    to = "ben@example.com"
    for send in (mail.send_mail, mail.SendMail):
        send(FIELDS["sender"], to, "To ben", "A text")
    for send in (mail.send_mail_to_admins, mail.SendMailToAdmins):
        send(FIELDS["sender"], "To administrators", "A text")
    subjects = sorted(entry.subject for entry in room.outbox.find())
    assert subjects == ["To administrators"] * 2 + ["To ben"] * 2


def test_what_the_service_takes_becomes_mime_by_either_name():
    """Source: App Engine, `mail.mail_message_to_mime_message`."""
    request = make(mail.EmailMessage).ToProto()
    for convert in (mail.mail_message_to_mime_message, mail.MailMessageToMIMEMessage):
        assert convert(request)["Subject"] == "Hello"


def test_the_constants_are_app_engines():
    """Source: App Engine, `google.appengine.api.mail`, constants; section 7 of the SDK's list."""
    assert mail.BOUNCE_NOTIFICATION_URL_PATH == "/_ah/bounce"
    assert mail.INCOMING_MAIL_URL_PATTERN == "/_ah/mail/.+"
    assert mail.ERROR_MAP[2] is mail.BadRequestError
    assert mail.ERROR_MAP[4] is mail.InvalidAttachmentTypeError
    assert "exe" in mail.EXTENSION_BLACKLIST and "txt" not in mail.EXTENSION_BLACKLIST
    assert mail.EXTENSION_MIME_MAP["png"] == "image/png"
    names = "Auto-Submitted In-Reply-To List-Id List-Unsubscribe On-Behalf-Of References"
    assert set(names.split()) | {"Resent-Date", "Resent-From", "Resent-To"} == set(
        mail.HEADER_WHITELIST
    )
    assert mail.EmailMessage.ALLOW_BLANK_EMAIL is False
    assert mail.InboundEmailMessage.ALLOW_BLANK_EMAIL is True
    assert {"sender", "to", "headers"} <= set(mail.EmailMessage.PROPERTIES)
    assert {"date", "message_id", "alternate_bodies"} <= set(mail.InboundEmailMessage.PROPERTIES)


def test_the_classes_of_pythons_own_email_are_there():
    """Source: App Engine, `google.appengine.api.mail`: names that it hands on."""
    assert mail.MIMEBase("text", "csv").get_content_type() == "text/csv"
    assert mail.MIMEMultipart("mixed").get_content_type() == "multipart/mixed"
    assert mail.MIMEText("a").get_payload() == "a"
    assert mail.Parser().parsestr("A: b")["A"] == "b"

    @mail.wrapping(test_the_constants_are_app_engines)
    def wrapped():
        """Is called what it wraps."""

    assert wrapped.__name__ == "test_the_constants_are_app_engines"
