"""Delivery: a real mail server gets each message once, and what it refuses is known."""

import ssl
import stat

import pytest
import trustme

from appengine.mail import send_mail, send_mail_to_admins
from appengine.mail.server.delivery import (
    FIRST_DELAY_SECONDS,
    LONGEST_DELAY_SECONDS,
    MAX_ATTEMPTS,
    deliver_due,
)
from appengine.mail.worker.delivering import deliver_once
from tests.mail.serving import Applications, MailHost, MailRoom

FIELDS = {
    "sender": "Ann <ann@example.com>",
    "to": "Ben <ben@example.com>, cee@example.com",
    "subject": "Hello",
    "body": "A text",
}


@pytest.fixture
def room(tmp_path, host):
    with MailRoom(tmp_path, **host.settings, administrators=("boss@example.com",)) as made:
        yield made


def test_a_message_reaches_the_mail_server_with_all_recipients(room, host):
    send_mail(**FIELDS, bcc="dee@example.com")
    assert room.only().state == "waiting"
    deliver_once(room.resources, "trial")
    ((envelope, _),) = host.keeper.messages
    assert envelope.mail_from == "ann@example.com"
    assert envelope.rcpt_tos == ["ben@example.com", "cee@example.com", "dee@example.com"]
    assert envelope.original_content.rstrip() == room.outbox.raw(room.only().message_id).rstrip()
    assert (room.only().state, room.only().attempts) == ("sent", 1)
    deliver_once(room.resources, "trial")
    assert len(host.keeper.messages) == 1


def test_administrators_get_theirs_too(room, host):
    send_mail_to_admins("ann@example.com", "Hello", "A text")
    deliver_once(room.resources, "trial")
    assert host.keeper.messages[0][0].rcpt_tos == ["boss@example.com"]


def test_who_is_refused_for_good_bounces_and_the_others_have_it(room, host):
    """Source: App Engine, "Receiving Bounce Notification"."""
    host.keeper.replies = {"cee@example.com": "550 unknown here"}
    send_mail(**FIELDS)
    deliver_once(room.resources, "trial")
    assert host.keeper.messages[0][0].rcpt_tos == ["ben@example.com"]
    assert room.only().state == "failed"
    assert room.only().detail == "cee@example.com: 550 unknown here"
    (request,) = room.applications.requests
    assert (request.target, request.is_platform) == ("/_ah/bounce", True)
    form = request.body.decode()
    assert "cee%40example.com%3A+550+unknown+here" in form
    assert "original-subject=Hello" in form and "original-text=A+text" in form


def test_who_is_refused_for_now_is_tried_again_after_delays_that_double(room, host):
    host.keeper.replies = {"cee@example.com": "450 busy"}
    send_mail(**FIELDS)
    delays = []
    for _ in range(4):
        deliver_once(room.resources, "trial")
        entry = room.only()
        delays.append((entry.next_at - room.clock.now_microseconds()) / 1e6)
        assert entry.state == "waiting" and "cee@example.com: 450 busy" in entry.detail
        deliver_once(room.resources, "trial")
        assert room.only().attempts == entry.attempts, "not before it is due"
        room.clock.advance(delays[-1])
    assert delays == [5, 10, 20, 40] and FIRST_DELAY_SECONDS == 5
    assert room.outbox.envelope(room.only().message_id) == ["cee@example.com"]
    host.keeper.replies = {}
    deliver_once(room.resources, "trial")
    assert room.only().state == "sent"
    assert [envelope.rcpt_tos for envelope, _ in host.keeper.messages] == [
        ["ben@example.com"],
        ["cee@example.com"],
    ]


def test_a_message_is_given_up_after_hours_and_bounces(room, host):
    host.keeper.data_reply = "451 later"
    send_mail(**FIELDS)
    for _ in range(MAX_ATTEMPTS):
        assert not room.applications.requests
        deliver_once(room.resources, "trial")
        room.clock.advance(LONGEST_DELAY_SECONDS)
    assert (room.only().state, room.only().attempts) == ("failed", MAX_ATTEMPTS)
    (request,) = room.applications.requests
    assert b"ben%40example.com%3A+451+later" in request.body


def test_a_server_that_is_not_there_is_tried_again(tmp_path):
    with MailRoom(tmp_path, smtp_host="127.0.0.1", smtp_port=1) as room:
        send_mail(**FIELDS)
        ((entry, result),) = deliver_due(room.resources, "trial")
        assert entry.state == "waiting" and "ConnectionRefusedError" in entry.detail
        assert set(result.delayed) == {"ben@example.com", "cee@example.com"}


def test_a_message_that_is_refused_as_a_whole_bounces_for_everybody(room, host):
    host.keeper.data_reply = "554 spam"
    send_mail(**FIELDS)
    deliver_once(room.resources, "trial")
    assert room.only().state == "failed"
    (request,) = room.applications.requests
    assert request.body.count(b"%3A+554+spam") == 2


def test_an_application_that_takes_no_bounces_is_not_asked(tmp_path, host):
    host.keeper.replies = {"ben@example.com": "550 no"}
    applications = Applications(inbound=("mail",))
    with MailRoom(tmp_path, applications, **host.settings) as room:
        send_mail(**FIELDS)
        deliver_once(room.resources, "trial")
        assert applications.requests == [] and room.only().state == "failed"


def test_a_connection_is_encrypted_where_the_server_offers_it(tmp_path):
    """Source: RFC 3207, STARTTLS; RFC 7435: TLS without a judged certificate beats none."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("mail.example.com").configure_cert(context)
    with MailHost(tls_context=context) as host:
        with MailRoom(tmp_path, **host.settings) as room:
            send_mail(**FIELDS)
            deliver_once(room.resources, "trial")
            assert room.only().state == "sent"
        assert host.keeper.messages[0][1].ssl
    (tmp_path / "plain").mkdir()
    with MailHost(tls_context=context) as host:
        with MailRoom(tmp_path / "plain", **host.settings, smtp_allow_tls=False) as room:
            send_mail(**FIELDS)
            deliver_once(room.resources, "trial")
        assert not host.keeper.messages[0][1].ssl


def test_a_password_is_not_told_to_a_server_with_a_wrong_certificate(tmp_path):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("mail.example.com").configure_cert(context)
    with MailHost(tls_context=context) as host:
        with MailRoom(tmp_path, **host.settings, smtp_user="me", smtp_password="secret") as room:
            send_mail(**FIELDS)
            deliver_once(room.resources, "trial")
            assert "certificate" in room.only().detail and room.only().state == "waiting"
    assert host.keeper.messages == []


def test_a_password_opens_the_server(tmp_path):
    seen = []

    def authenticate(server, session, envelope, mechanism, data):
        from aiosmtpd.smtp import AuthResult

        seen.append((data.login, data.password))
        return AuthResult(success=data.password == b"right", handled=False)

    options = {"authenticator": authenticate, "auth_require_tls": False}
    with MailHost(**options) as host:
        for password, state in (("wrong", "failed"), ("right", "sent")):
            folder = tmp_path / password
            folder.mkdir()
            settings = {**host.settings, "smtp_user": "me", "smtp_password": password}
            with MailRoom(folder, **settings) as room:
                send_mail(**FIELDS)
                deliver_once(room.resources, "trial")
                assert room.only().state == state
        assert len(host.keeper.messages) == 1 and (b"me", b"right") in seen


SENDMAIL = """#!/bin/sh
echo "$@" > {folder}/arguments
cat > {folder}/message
exit {status}
"""


@pytest.mark.parametrize(("status", "state"), [(0, "sent"), (67, "failed"), (75, "waiting")])
def test_sendmail_is_used_where_the_operator_asks_for_it(tmp_path, monkeypatch, status, state):
    program = tmp_path / "sendmail"
    program.write_text(SENDMAIL.format(folder=tmp_path, status=status))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with MailRoom(tmp_path, enable_sendmail=True) as room:
        send_mail(**FIELDS)
        deliver_once(room.resources, "trial")
        assert room.only().state == state
        arguments = (tmp_path / "arguments").read_text().strip()
        assert arguments == "-i -f ann@example.com -- ben@example.com cee@example.com"
        assert (tmp_path / "message").read_bytes() == room.outbox.raw(room.only().message_id)


def test_without_a_mail_server_a_message_stays_in_the_outbox(tmp_path):
    with MailRoom(tmp_path) as room:
        send_mail(**FIELDS)
        assert room.only().state == "kept" and deliver_due(room.resources, "trial") == []
