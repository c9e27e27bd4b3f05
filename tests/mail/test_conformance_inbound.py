"""What the documentation promises of what a message carries, and of messages that arrive."""

import pytest
from google.appengine.api import mail, mail_errors


def test_an_attachment_is_a_pair():
    """Source: App Engine, class `Attachment`."""
    attachment = mail.Attachment("a.txt", "x")
    name, payload = attachment
    assert (name, payload) == (attachment[0], attachment[1]) == ("a.txt", "x")
    assert attachment == ("a.txt", "x") == mail.Attachment("a.txt", "x") and len(attachment) == 2
    with_id = mail.Attachment("a.txt", "x", content_id="<1>")
    assert with_id != ("a.txt", "x") and with_id == ("a.txt", "x", "<1>") and "x" in with_id
    assert hash(attachment) == hash(("a.txt", "x")) and attachment != 7


def test_a_payload_is_decoded_as_it_says():
    """Source: App Engine, class `EncodedPayload`, and the errors of payloads."""
    payload = mail.EncodedPayload(b"Z3L8w58=", "utf-8", "base64")
    with pytest.raises(mail_errors.PayloadEncodingError):
        payload.decode()
    assert mail.EncodedPayload(b"Z3LDvMOf", "utf-8", "base64").decode() == "grüß"
    assert mail.EncodedPayload(b"gr=C3=BC", "utf-8", "quoted-printable").decode() == "grü"
    assert mail.EncodedPayload(b"\xfc").decode() == b"\xfc"
    assert mail.EncodedPayload(b"a", "7bit", "8bit").decode() == b"a"
    with pytest.raises(mail_errors.UnknownEncodingError, match="x-what"):
        mail.EncodedPayload(b"a", None, "x-what").decode()
    with pytest.raises(mail_errors.UnknownCharsetError, match="x-what"):
        mail.EncodedPayload(b"a", "x-what").decode()
    with pytest.raises(TypeError):
        mail.EncodedPayload("text")
    assert mail.EncodedPayload(b"a") == mail.EncodedPayload(b"a") != mail.EncodedPayload(b"b")
    assert "charset=utf-8 encoding=base64" in repr(payload) and payload != 7
    assert payload.to_mime_message()["content-transfer-encoding"] == "base64"


INBOUND = """\
From: =?utf-8?q?J=C3=B6rg?= <j@example.com>
To: a@trial.appspotmail.com
To: b@trial.appspotmail.com
Cc: c@example.com
Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=
Date: Mon, 1 Jan 2029 00:00:00 +0000
Message-ID: <1@example.com>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=x

--x
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

gr=FC=DFe
--x
Content-Type: text/html; charset=utf-8

<p>one</p>
--x
Content-Type: text/html; charset=utf-8

<p>two</p>
--x
Content-Type: image/gif; name=a.gif
Content-Transfer-Encoding: base64

R0lG
--x--
"""


@pytest.mark.parametrize("form", [str, str.encode])
def test_a_message_that_arrived_is_read(form):
    """Source: App Engine, "Receiving Email", class `InboundEmailMessage`."""
    message = mail.InboundEmailMessage(form(INBOUND))
    assert message.sender == "Jörg <j@example.com>" and message.subject == "Grüße"
    assert message.to == ["a@trial.appspotmail.com", "b@trial.appspotmail.com"]
    assert (message.cc, message.message_id) == ("c@example.com", "<1@example.com>")
    assert message.date == "Mon, 1 Jan 2029 00:00:00 +0000"
    bodies = [(kind, payload.decode().strip()) for kind, payload in message.bodies()]
    assert bodies == [
        ("text/html", "<p>one</p>"),
        ("text/plain", "grüße"),
        ("text/html", "<p>two</p>"),
    ]
    assert len(list(message.bodies("text/html"))) == 2 and len(list(message.bodies("text"))) == 3
    assert list(message.bodies("image")) == []
    ((name, payload),) = message.attachments
    assert (name, payload.decode()) == ("a.gif", b"GIF")
    assert message.to_mime_message()["Message-ID"] == "<1@example.com>"


def test_a_message_that_arrived_may_lack_anything():
    """Source: App Engine, class `InboundEmailMessage`: blank addresses are passed over."""
    message = mail.InboundEmailMessage("To:\n\nx")
    assert not hasattr(message, "sender") and not hasattr(message, "to")
    assert message.body.decode() == b"x"  # no character set is known
    assert not message.is_initialized()


def test_a_message_is_read_from_a_request():
    """Source: App Engine, the modern runtime, `InboundEmailMessage.from_environ`."""
    import io

    data = INBOUND.encode()
    environ = {"CONTENT_LENGTH": str(len(data)), "wsgi.input": io.BytesIO(data)}
    assert mail.InboundEmailMessage.from_environ(environ).subject == "Grüße"


BOUNCE = {
    "original-from": "ann@example.com",
    "original-to": "gone@example.com",
    "original-subject": "Hello",
    "original-text": "A text",
    "notification-from": "mailer-daemon@example.com",
    "notification-text": "unknown",
    "raw-message": "Subject: Hello\n\nA text",
}


def test_a_bounce_tells_what_did_not_arrive():
    """Source: App Engine, "Receiving Bounce Notification", class `BounceNotification`."""
    bounce = mail.BounceNotification(BOUNCE)
    assert bounce.original["to"] == "gone@example.com" and bounce.original["cc"] == ""
    assert bounce.notification["text"] == "unknown"
    assert bounce.original_raw_message.subject == "Hello"
    assert mail.BounceNotification({**BOUNCE, "raw-message": ["Subject: x\n\n"]}).original
    with pytest.raises(ValueError, match="2 values"):
        mail.BounceNotification({"raw-message": ["a", "b"]})


def test_a_bounce_is_read_from_either_form():
    """Source: App Engine, the modern runtime, `BounceNotification.from_environ`."""
    import io
    from urllib.parse import urlencode

    parts = [
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in BOUNCE.items()
    ]
    forms = {
        "application/x-www-form-urlencoded": urlencode(BOUNCE).encode(),
        "multipart/form-data; boundary=x": "".join([*parts, "--x--\r\n"]).encode(),
    }
    for kind, data in forms.items():
        environ = {
            "CONTENT_TYPE": kind,
            "CONTENT_LENGTH": str(len(data)),
            "wsgi.input": io.BytesIO(data),
        }
        bounce = mail.BounceNotification.from_environ(environ)
        assert bounce.original["from"] == "ann@example.com"
        assert bounce.original_raw_message.body.decode() == b"A text"
