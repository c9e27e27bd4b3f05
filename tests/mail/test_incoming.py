"""Mail that arrives: by SMTP and by the console's form it reaches the application it is for."""

import smtplib
import threading
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appengine.mail.server.incoming import deliver, find_taker
from appengine.mail.service import MAX_MESSAGE
from appengine.mail.worker.listener import listen
from tests.mail.serving import Applications, MailRoom, run_in_thread

RAW = b"From: x@example.com\r\nSubject: Hello\r\n\r\nA text\r\n"
SECONDS = 30


class Listening:
    """The listener of mail on a free port; `with` ends it."""

    def __init__(self, folder, applications):
        self.room = MailRoom(folder, applications, smtp_listen="127.0.0.1:0")
        self.stop = threading.Event()

    def __enter__(self):
        import logging

        found = threading.Event()

        class Ear(logging.Handler):
            def emit(self, record):
                if "is taken by SMTP at" in record.getMessage():
                    ear.port = int(record.getMessage().rpartition(":")[2])
                    found.set()

        ear = self.ear = Ear()
        log = logging.getLogger("appengine.mail")
        log.addHandler(ear)
        log.setLevel(logging.INFO)
        self.future = run_in_thread(listen, self.room.resources, self.stop)
        assert found.wait(SECONDS)
        log.removeHandler(ear)
        self.port = ear.port
        return self

    def __exit__(self, *error):
        self.stop.set()
        self.future.result(SECONDS)
        self.room.storage.close()

    def client(self):
        return smtplib.SMTP("127.0.0.1", self.port, timeout=SECONDS)


@pytest.fixture
def applications():
    return Applications("first", "second")


@pytest.fixture
def listening(tmp_path, applications):
    with Listening(tmp_path, applications) as made:
        yield made


def test_a_message_reaches_the_application_that_its_address_names(listening, applications):
    """Source: App Engine, "Receiving Email": a POST to /_ah/mail/ADDRESS."""
    with listening.client() as client:
        refused = client.sendmail(
            "x@example.com", ["any one+é@second.appspotmail.com".replace(" ", "")], RAW,
            mail_options=["SMTPUTF8"],
        )  # fmt: skip
    assert refused == {}
    (request,) = applications.requests
    assert request.application == "second" and request.method == "POST" and request.is_platform
    assert request.target == "/_ah/mail/anyone%2B%C3%A9@second.appspotmail.com"
    assert request.body == RAW and dict(request.headers)["Content-Type"] == "message/rfc822"


def test_each_recipient_gets_the_message(listening, applications):
    recipients = ["a@first.appspotmail.com", "b@second.localhost", "a@first.appspotmail.com"]
    with listening.client() as client:
        client.sendmail("x@example.com", recipients, RAW)
    assert [request.application for request in applications.requests] == ["first", "second"]


@pytest.mark.parametrize("address", ["a@third.appspotmail.com", "a@example.com"])
def test_an_address_that_names_no_application_is_refused(listening, address):
    with listening.client() as client, pytest.raises(smtplib.SMTPRecipientsRefused) as caught:
        client.sendmail("x@example.com", [address], RAW)
    ((code, text),) = caught.value.recipients.values()
    assert code == 550 and b"no application takes mail" in text


def test_an_application_that_takes_no_mail_says_so(tmp_path):
    """Source: App Engine, app.yaml, `inbound_services`."""
    with Listening(tmp_path, Applications("first", inbound=())) as listening:
        with listening.client() as client, pytest.raises(smtplib.SMTPRecipientsRefused) as caught:
            client.sendmail("x@example.com", ["a@b.c"], RAW)
    assert b"no 'mail' among inbound_services" in caught.value.recipients["a@b.c"][1]


@pytest.mark.parametrize(("status", "code"), [(500, 451), (503, 451), (404, 554)])
def test_who_sends_hears_how_the_application_answered(listening, applications, status, code):
    applications.status = status
    with listening.client() as client, pytest.raises(smtplib.SMTPDataError) as caught:
        client.sendmail("x@example.com", ["a@first.appspotmail.com"], RAW)
    assert caught.value.smtp_code == code and f"first answered {status}" in str(caught.value)


def test_a_message_that_is_too_large_is_refused_before_it_is_sent(listening, applications):
    with listening.client() as client:
        client.ehlo()
        assert client.esmtp_features["size"] == str(MAX_MESSAGE)
        code, _ = client.mail("x@example.com", [f"SIZE={MAX_MESSAGE + 1}"])
    assert code == 552 and applications.requests == []


def test_of_one_recipient_too_many_the_client_is_told(listening):
    with listening.client() as client:
        client.ehlo()
        client.mail("x@example.com")
        codes = [client.rcpt(f"u{number}@first.appspotmail.com")[0] for number in range(101)]
    assert codes == [250] * 100 + [452]


def test_junk_harms_nobody(listening, applications):
    import socket

    for junk in (b"\0" * 3000 + b"\r\n", b"GET / HTTP/1.1\r\n\r\n", b"\xff\xfe\r\nDATA\r\n"):
        with socket.create_connection(("127.0.0.1", listening.port), SECONDS) as connection:
            connection.sendall(junk)
            assert connection.recv(1000).startswith(b"220")
    with listening.client() as client:
        client.sendmail("x@example.com", ["a@first.appspotmail.com"], RAW)
    assert len(applications.requests) == 1


def test_one_application_takes_mail_for_any_domain(tmp_path):
    alone = Applications("only")
    with MailRoom(tmp_path, alone) as room:
        for address in ("a@example.com", "a@only.appspotmail.com", "a@localhost"):
            assert deliver(room.resources, address, RAW).is_taken
        assert not deliver(room.resources, "a@other.appspotmail.com", RAW).is_taken
    assert len(alone.requests) == 3


def test_a_front_that_does_not_answer_is_asked_again_later(tmp_path):
    class Silent(Applications):
        def ask(self, request, seconds):
            raise OSError("nobody there")

    with MailRoom(tmp_path, Silent()) as room:
        taken = deliver(room.resources, "a@example.com", RAW)
    assert not taken.is_taken and not taken.is_final and "nobody there" in taken.reason


@given(st.text())
def test_any_text_names_one_application_or_none(address):
    found = find_taker(Applications("first", "second").served(), address)
    assert found is None or address.lower().rpartition("@")[2].startswith(found.application)


def test_a_composed_message_arrives_as_it_was(listening, applications):
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = "Grüße", "x@y.z", "a@first.appspotmail.com"
    message.set_content("schöne Grüße\n.\nnach dem Punkt\n")
    message.add_attachment(bytes(range(256)), maintype="image", subtype="png", filename="a.png")
    with listening.client() as client:
        client.send_message(message)
    from appengine.mail import InboundEmailMessage

    read = InboundEmailMessage(applications.requests[0].body)
    assert read.subject == "Grüße"
    assert read.body.decode().replace("\r\n", "\n") == "schöne Grüße\n.\nnach dem Punkt\n"
    assert read.attachments[0].payload.decode() == bytes(range(256))
