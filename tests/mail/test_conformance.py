"""What the documentation promises of mail, one sentence a test."""

import email
from email.policy import default

import pytest
from google.appengine.api import mail, mail_errors, users

from appengine.rpc.callers import Caller
from tests.mail.serving import MailRoom

FIELDS = {
    "sender": "ann@example.com",
    "to": "ben@example.com",
    "subject": "Hello",
    "body": "A text",
}


def sent(room):
    """Returns the one message that was sent, parsed."""
    raw = room.outbox.raw(room.only().message_id)
    return email.message_from_bytes(raw, policy=default)


def test_a_message_is_sent_by_one_function(room):
    """Source: App Engine, `google.appengine.api.mail`, `send_mail`."""
    mail.send_mail("Ann <ann@example.com>", "ben@example.com", "Hello", "A text")
    message, entry = sent(room), room.only()
    assert (message["From"], message["To"]) == ("Ann <ann@example.com>", "ben@example.com")
    assert message["Subject"] == entry.subject == "Hello"
    assert message.get_body().get_content().strip() == "A text"
    assert (entry.state, entry.sender, entry.recipients) == (
        "kept",
        "Ann <ann@example.com>",
        "ben@example.com",
    )
    assert mail.SendMail is mail.send_mail


def test_every_field_arrives(room):
    """Source: App Engine, `google.appengine.api.mail`, "Message fields"."""
    message = mail.EmailMessage(**FIELDS)
    message.cc = ["c@example.com", "Dee <d@example.com>"]
    message.bcc = "e@example.com, f@example.com"
    message.reply_to = "g@example.com"
    message.html = "<b>A text</b>"
    message.amp_html = "<html amp4email></html>"
    message.headers = {"In-Reply-To": "<1@example.com>", "List-Id": "a list"}
    message.attachments = [("a.txt", "text"), mail.Attachment("b.png", b"\x89PNG", "<logo>")]
    message.send()
    found = sent(room)
    assert found["Cc"] == "c@example.com, Dee <d@example.com>"
    assert found["Reply-To"] == "g@example.com" and found["List-Id"] == "a list"
    assert found["In-Reply-To"] == "<1@example.com>"
    types = [part.get_content_type() for part in found.walk() if not part.is_multipart()]
    assert types == ["text/plain", "text/x-amp-html", "text/html", "text/plain", "image/png"]
    files = {part.get_filename(): part.get_content() for part in found.iter_attachments()}
    assert files == {"a.txt": "text", "b.png": b"\x89PNG"}
    assert [part["Content-ID"] for part in found.iter_attachments()] == [None, "<logo>"]


def test_hidden_recipients_are_in_the_envelope_alone(room):
    """Source: RFC 5322, section 3.6.3, "Bcc"."""
    mail.send_mail(**FIELDS, bcc="secret@example.com")
    entry = room.only()
    assert room.outbox.envelope(entry.message_id) == ["ben@example.com", "secret@example.com"]
    assert b"secret@example.com" not in room.outbox.raw(entry.message_id)
    assert "Bcc" in mail.EmailMessage(**FIELDS, bcc="secret@example.com").to_mime_message()


def test_texts_that_are_not_ascii_arrive(room):
    """Source: RFC 2047; RFC 2045."""
    mail.send_mail("Änne <ann@example.com>", "Cé <c@example.com>", "Grüße", "schöne Grüße")
    message = sent(room)
    assert (message["From"], message["To"]) == ("Änne <ann@example.com>", "Cé <c@example.com>")
    assert message["Subject"] == "Grüße"
    assert message.get_body().get_content().strip() == "schöne Grüße"
    assert room.outbox.raw(room.only().message_id).isascii()


def test_administrators_get_what_is_sent_to_them(tmp_path):
    """Source: App Engine, `send_mail_to_admins` and `AdminEmailMessage`."""
    with MailRoom(tmp_path, administrators=("a@example.com", "b@example.com")) as room:
        mail.send_mail_to_admins("ann@example.com", "Hello", "A text")
        assert room.outbox.envelope(room.only().message_id) == ["a@example.com", "b@example.com"]
        assert sent(room)["To"] == "a@example.com, b@example.com"
    assert mail.SendMailToAdmins is mail.send_mail_to_admins


def test_a_message_to_administrators_names_no_recipients(room, caplog):
    """Source: App Engine, class `AdminEmailMessage`: recipient fields are ignored."""
    message = mail.AdminEmailMessage(sender="ann@example.com", subject="x", body="y", to="b@c.de")
    message.check_initialized()
    message.send()
    assert room.only().recipients == "administrators" and "is not used" in caplog.text
    assert "no administrators are named" in room.only().detail


@pytest.mark.parametrize(
    ("missing", "error"),
    [
        (("sender",), mail_errors.MissingSenderError),
        (("to",), mail_errors.MissingRecipientsError),
        (("subject",), mail_errors.MissingSubjectError),
        (("body",), mail_errors.MissingBodyError),
    ],
)
def test_a_message_without_a_needed_field_is_not_sent(room, missing, error):
    """Source: App Engine, `check_initialized`: sender, recipient, subject and a body."""
    fields = {name: value for name, value in FIELDS.items() if name not in missing}
    message = mail.EmailMessage(**fields)
    for check in (message.check_initialized, message.CheckInitialized, message.send, message.Send):
        with pytest.raises(error):
            check()
    assert not message.is_initialized() and not message.IsInitialized()
    assert room.outbox.find() == []


@pytest.mark.parametrize("field", ["to", "cc", "bcc"])
def test_any_recipient_and_either_body_will_do(room, field):
    """Source: App Engine, `check_initialized`."""
    message = mail.EmailMessage(sender="a@example.com", subject="", html="<b>x</b>")
    setattr(message, field, "b@example.com")
    message.check_initialized()
    assert message.is_initialized()
    message.send()


@pytest.mark.parametrize("extension", mail.EXTENSION_BLACKLIST)
def test_files_that_might_be_executed_may_not_be_attached(room, extension):
    """Source: App Engine, "Attachments", and `EXTENSION_BLACKLIST`."""
    for name in (f"a.{extension}", f"a.txt.{extension.upper()}"):
        message = mail.EmailMessage(**FIELDS, attachments=[(name, "x")])
        with pytest.raises(mail_errors.InvalidAttachmentTypeError, match=f"end in .{extension}"):
            message.check_initialized()


@pytest.mark.parametrize("name", [".hidden.txt", "noextension"])
def test_hidden_files_and_files_without_extension_are_refused_by_the_service(room, name):
    """Source: App Engine, the development server's checks of attachments."""
    with pytest.raises(mail_errors.InvalidAttachmentTypeError):
        mail.send_mail(**FIELDS, attachments=[(name, "x")])


def test_an_unknown_extension_is_a_file_of_bytes(room):
    """Source: App Engine, "Attachments": application/octet-stream."""
    mail.send_mail(**FIELDS, attachments=("a.what", b"\0\1"))
    (part,) = sent(room).iter_attachments()
    assert part.get_content_type() == "application/octet-stream"
    assert mail.EXTENSION_MIME_MAP["docx"] == "application/msword"


def test_only_some_headers_may_be_stated(room):
    """Source: App Engine, "Headers", and `HEADER_WHITELIST`."""
    for name in mail.HEADER_WHITELIST:
        mail.check_headers_valid({name: "x"})
    for headers in ({"X-Mailer": "x"}, {"list-id": "x"}, {"Ä": "x"}, {1: "x"}, {"List-Id": 1}, 3):
        assert mail.invalid_headers_reason(headers)
        with pytest.raises(mail_errors.InvalidEmailError):
            mail.EmailMessage(headers=headers)
    assert mail.invalid_headers_reason(None) == "Headers dictionary was None."
    assert mail.invalid_headers_reason({}) is None


def test_an_address_is_something_that_is_there(room):
    """Source: App Engine, `invalid_email_reason` and its relatives."""
    assert mail.is_email_valid("a@b.c") and mail.IsEmailValid(users.User("a@b.c"))
    for wrong in (None, "", "  ", 7, b"a@b.c"):
        assert not mail.is_email_valid(wrong)
        with pytest.raises(mail_errors.InvalidEmailError, match="for to"):
            mail.check_email_valid(wrong, "to")
    assert mail.invalid_email_reason("", "to") == mail.InvalidEmailReason("", "to")
    assert mail.CheckEmailValid is mail.check_email_valid
    assert mail.is_ascii("a") and not mail.is_ascii("ä")


def test_fields_are_checked_where_they_are_set(room):
    """Source: App Engine, class `EmailMessage`, assignment."""
    message = mail.EmailMessage()
    with pytest.raises(AttributeError, match="no attribute 'too'"):
        message.too = "x"
    with pytest.raises(ValueError, match="empty value for 'html'"):
        message.html = ""
    with pytest.raises(mail_errors.InvalidEmailError):
        message.sender = ""
    with pytest.raises(mail_errors.InvalidEmailError):
        message.to = ["a@b.c", ""]
    with pytest.raises(TypeError):
        message.attachments = [(1, 2)]
    message.subject = message.body = ""


def test_the_user_who_is_signed_in_may_be_sender_and_recipient(room):
    """Source: App Engine, class `EmailMessage`: a `users.User` is an address."""
    user = users.User("ann@example.com")
    mail.send_mail(user, [user], "x", "y")
    assert room.only().sender == room.only().recipients == "ann@example.com"


@pytest.mark.parametrize(
    ("sender", "allowed"),
    [
        ("user@example.com", True),
        ("Me <USER@example.com>", True),
        ("boss@example.com", True),
        ("anything@trial.appspotmail.com", True),
        ("stranger@example.com", False),
        ("x@other.appspotmail.com", False),
        ("x@eviltrial.appspotmail.com", False),
        ("no address", False),
        ("a@b.c, user@example.com", False),
    ],
)
def test_senders_are_checked_where_the_operator_asks_for_it(tmp_path, sender, allowed):
    """Source: App Engine, "Who can send email"; InvalidSenderError."""
    caller = Caller(application="trial", user_email="user@example.com")
    options = {"mail_senders": "checked", "administrators": ("boss@example.com",)}
    with MailRoom(tmp_path, caller=caller, **options) as room:
        if allowed:
            mail.send_mail(**{**FIELDS, "sender": sender})
        else:
            with pytest.raises(mail_errors.InvalidSenderError):
                mail.send_mail(**{**FIELDS, "sender": sender})
            assert room.outbox.find() == []


def test_in_development_anybody_may_be_the_sender_who_has_an_address(room):
    """Source: App Engine, the development server does not check senders."""
    mail.send_mail(**{**FIELDS, "sender": "stranger@example.com"})
    with pytest.raises(mail_errors.InvalidSenderError):
        mail.send_mail(**{**FIELDS, "sender": "nobody"})


@pytest.mark.parametrize(
    "field", [{"to": "nobody"}, {"subject": "a\r\nBcc: x@y.z"}, {"headers": {"List-Id": "a\nb"}}]
)
def test_what_is_no_message_is_a_bad_request(room, field):
    """Source: App Engine, `mail_errors.BadRequestError`."""
    with pytest.raises(mail_errors.BadRequestError):
        mail.send_mail(**{**FIELDS, **field})
    assert room.outbox.find() == []


def test_a_message_is_made_of_a_mime_message_and_back(room):
    """Source: App Engine, `EmailMessage(mime_message)`, `to_mime_message`."""
    original = mail.EmailMessage(**FIELDS, html="<p>x</p>", attachments=[("a.txt", "text")])
    copy = mail.EmailMessage(original.to_mime_message())
    assert (copy.sender, copy.to, copy.subject) == (FIELDS["sender"], FIELDS["to"], "Hello")
    assert copy.body.decode() == "A text" and copy.html.decode() == "<p>x</p>"
    ((name, payload),) = copy.attachments
    assert (name, payload.decode()) == ("a.txt", b"text")
    assert copy.original["Subject"] == "Hello"
    assert list(original.bodies()) == [("text/html", "<p>x</p>"), ("text/plain", "A text")]
    assert list(original.bodies("text/plain")) == [("text/plain", "A text")]
    for text in (original.to_mime_message().as_string(), original.ToMIMEMessage().as_bytes()):
        assert mail.EmailMessage(text).subject == "Hello"


def test_errors_have_a_family_and_numbers():
    """Source: App Engine, `google.appengine.api.mail_errors`; `mail.ERROR_MAP`."""
    for name in mail_errors.__all__:
        error = getattr(mail_errors, name)
        assert issubclass(error, mail_errors.Error) and getattr(mail, name) is error
    for error in (mail_errors.UnknownCharsetError, mail_errors.UnknownEncodingError):
        assert error.__bases__ == (mail_errors.PayloadEncodingError,)
    assert mail.ERROR_MAP[3] is mail_errors.InvalidSenderError


def test_a_test_may_take_the_services_place():
    """Source: App Engine, `send`, `make_sync_call`."""
    calls = []
    mail.send_mail(**FIELDS, make_sync_call=lambda *call: calls.append(call))
    ((service, name, request, response),) = calls
    assert (service, name, response) == ("mail", "Send", None)
    assert mail.MailMessageToMIMEMessage(request)["Subject"] == "Hello"


def test_texts_of_a_template_and_of_the_datastore_are_texts(room):
    """Source: App Engine, "Types and Property Classes": `db.Email` and `db.Text` are texts."""
    from google.appengine.ext import db
    from markupsafe import Markup

    mail.send_mail(
        db.Email("ann@example.com"),
        [db.Email("ben@example.com")],
        Markup("Hello"),
        db.Text("A text"),
        html=Markup("<b>A text</b>"),
        attachments=[(Markup("a.txt"), db.Blob(b"x"))],
        headers={Markup("List-Id"): Markup("x")},
    )
    assert sent(room)["List-Id"] == "x" and room.only().subject == "Hello"
