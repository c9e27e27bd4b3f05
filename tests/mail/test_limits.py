"""Each limit at and just over its bound, and what hostile messages do: nothing."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import msgpack

from appengine import mail
from appengine.mail import service
from appengine.mail.server import outbox as outbox_module
from appengine.mail.server.outbox import Entry
from appengine.rpc.errors import RequestTooLargeError
from appengine.rpc.frames import MalformedCallError
from tests.mail.serving import MailRoom

FIELDS = {"sender": "a@example.com", "to": "b@example.com", "subject": "x", "body": "y"}


def test_a_message_has_at_most_31_5_mib(room):
    """Source: App Engine, "Quotas", Mail: size of messages with attachments."""
    data = bytes(service.MAX_MESSAGE - 1)
    mail.send_mail(**FIELDS, attachments=[("a.bin", data)])
    assert room.only().size > service.MAX_MESSAGE
    with pytest.raises(RequestTooLargeError, match="33030145 bytes; at most 33030144"):
        mail.send_mail(**FIELDS, attachments=[("a.bin", data + b"x")])


def test_a_message_has_at_most_100_recipients(room):
    """Source: App Engine, "Quotas", Mail: recipients."""
    fitting = [f"user{number}@example.com" for number in range(98)]
    fields = {**FIELDS, "to": fitting, "cc": "c@example.com", "bcc": "d@example.com"}
    mail.send_mail(**fields)
    with pytest.raises(mail.BadRequestError, match="101 recipients; at most 100"):
        mail.send_mail(**{**fields, "to": [*fitting, "one@example.com"]})


@pytest.mark.parametrize(
    ("field", "bound"), [("subject", service.MAX_LINE), ("reply_to", service.MAX_ADDRESS)]
)
def test_a_line_has_a_bound(room, field, bound):
    """Source: RFC 5322, section 2.1.1."""
    mail.send_mail(**{**FIELDS, field: "a" * bound})
    with pytest.raises(mail.BadRequestError, match=f"{bound + 1} characters; at most {bound}"):
        mail.send_mail(**{**FIELDS, field: "a" * (bound + 1)})


def test_a_message_has_at_most_250_attachments(room):
    files = [(f"{number}.txt", "") for number in range(service.MAX_ATTACHMENTS)]
    mail.send_mail(**FIELDS, attachments=files)
    with pytest.raises(mail.BadRequestError, match="251 attachments; at most 250"):
        mail.send_mail(**FIELDS, attachments=[*files, ("one.txt", "")])


def test_the_outbox_keeps_a_bounded_number_and_none_that_waits_is_dropped(room, monkeypatch):
    monkeypatch.setattr(outbox_module, "MAX_KEPT", 5)
    for number in range(10):
        waits = number == 0
        entry = Entry(
            application="trial",
            message_id=str(number),
            sent_at=number,
            sender="",
            recipients="",
            subject="",
            text="",
            size=1,
            state="waiting" if waits else "kept",
        )
        room.outbox.add(entry, ["a@b.c"], b"x")
    assert [entry.message_id for entry in room.outbox.find()] == ["9", "8", "7", "6", "5", "0"]
    room.outbox.clear()
    assert [entry.message_id for entry in room.outbox.find()] == ["0"]


def test_the_outbox_keeps_a_bounded_number_of_bytes(room, monkeypatch):
    monkeypatch.setattr(outbox_module, "MAX_KEPT_BYTES", 6000)
    for _ in range(4):
        mail.send_mail(**FIELDS, attachments=[("a.bin", bytes(1500))])
        room.clock.advance(1)
    assert len(room.outbox.find()) == 2


def test_a_search_takes_every_character_for_itself(room):
    for subject in ("100 %", "100_x", "Äpfel"):
        mail.send_mail(**{**FIELDS, "subject": subject})
    for text, count in (("%", 1), ("_", 1), ("!", 0), ("B@EXAMPLE", 3), ("pfel", 1), ("", 3)):
        assert len(room.outbox.find(text)) == count, text


junk = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats()
    | st.text()
    | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
address = st.sampled_from(["a@b.c", "", "x", "A <a@b.c>", "a@b.c\r\nX: y"]) | st.text()
attachment = st.fixed_dictionaries(
    {"filename": st.sampled_from(["a.txt", ".a", "a.exe"]) | st.text(), "data": st.binary()},
    optional={"content_id": st.text()},
)
messages = st.fixed_dictionaries(
    {"sender": address | junk},
    optional={
        "to": st.lists(address) | junk,
        "bcc": st.lists(address),
        "subject": st.text() | junk,
        "body": st.text() | junk,
        "html": st.text(),
        "attachments": st.lists(attachment) | junk,
        "headers": st.lists(st.tuples(st.sampled_from(["List-Id", "X"]) | st.text(), st.text())),
        "other": junk,
    },
)
ERRORS = {error.__name__ for error in service.ERRORS} | {""}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(method=st.sampled_from(["send", "send_to_admins"]), message=messages | st.binary())
def test_a_hostile_message_is_malformed_refused_or_kept_whole(room, method, message):
    data = message if isinstance(message, bytes) else msgpack.encode(message)
    try:
        outcome = room.executor.execute(room.caller, "mail", method, data)
    except MalformedCallError:
        return
    assert outcome.error in ERRORS, outcome
    for entry in room.outbox.find(limit=1):
        head, _, _ = room.outbox.raw(entry.message_id).partition(b"\r\n\r\n")
        names = [line.partition(b":")[0].lower() for line in head.split(b"\r\n") if line[:1] > b" "]
        assert names.count(b"from") == 1 and b"bcc" not in names and b"x" not in names


@given(st.binary() | st.text().map(str.encode))
def test_any_bytes_are_a_message_that_can_be_read(raw):
    """Whatever arrives, reading it raises nothing but mail's own errors."""
    message = mail.InboundEmailMessage(raw or b"\n")
    for _, payload in message.bodies():
        try:
            payload.decode()
        except mail.Error:
            continue


def test_another_application_has_another_outbox(tmp_path):
    with MailRoom(tmp_path) as room:
        mail.send_mail(**FIELDS)
        entry = room.only()
        other = outbox_module.Outbox(room.storage, "other")
        assert other.find() == [] and other.get(entry.message_id) is None
        assert other.raw(entry.message_id) == b"" and other.envelope(entry.message_id) == []
