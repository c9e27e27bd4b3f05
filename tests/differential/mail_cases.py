"""What is asked of mail on both sides: each case is a call, and its outcome a value or an error.

Runs in our environment and, as a script, in that of App Engine's SDK: it imports nothing of ours.
"""

import json
import sys

ADDRESSES = [
    "a@b.c",
    "Ann <a@b.c>",
    "a@b.c, d@e.f",
    "",
    "  ",
    None,
    7,
    b"a@b.c",
    ["a@b.c"],
    ["", "x"],
]
HEADERS = [
    {},
    None,
    3,
    {"List-Id": "x"},
    {"list-id": "x"},
    {" References ": "x"},
    {1: "x"},
    {"X": "y"},
]
HEADERS += [{"List-Id": 1}, {"Ä": "x"}, {"Auto-Submitted": "a", "Resent-To": "b"}]
NAMES = "a.txt A.PNG a.exe a.tar.gz a x.docx x.what a.b.VBS . a. Ä.pdf x.xlsx".split()
PAYLOADS = [
    (b"text", None, None),
    (b"gr\xfc\xdfe", "iso-8859-1", None),
    (b"gr=FC", "iso-8859-1", "quoted-printable"),
    (b"Z3LDvA==", "utf-8", "base64"),
    (b"Z3L8", "utf-8", "base64"),
    (b"x", "nobody", None),
    (b"x", None, "nothing"),
    (b"x", "7bit", "8bit"),
    (b"!", None, "base64"),
    (b"Zg==", None, "BASE64"),
]
MESSAGES = [
    "From: a@b.c\nTo: d@e.f\nSubject: x\n\nbody",
    "From: =?utf-8?q?J=C3=B6?=\nTo: a@b.c\nTo: d@e.f\nCc: g@h.i\nSubject: =?utf-8?b?w7w=?=\n\nx",
    "Content-Type: text/html; charset=utf-8\nDate: today\nMessage-ID: <1>\n\n<b>x</b>",
    "Content-Type: multipart/alternative; boundary=x\n\n--x\n\none\n--x\n"
    "Content-Type: text/html\n\n<i>two</i>\n--x\nContent-Type: text/html\n\n<i>three</i>\n--x--\n",
    "Content-Type: multipart/mixed; boundary=x\n\n--x\n\none\n--x\n"
    "Content-Type: image/gif; name=a.gif\n"
    "Content-Transfer-Encoding: base64\nContent-ID: <1>\n\nR0lG\n--x--\n",
    "To:\nReply-To: z@b.c\nBcc: y@b.c\n\n",
]
FIELDS = [
    {},
    {"sender": "a@b.c", "to": "d@e.f", "subject": "x", "body": "y"},
    {"sender": "a@b.c", "cc": ["d@e.f", "g@h.i"], "subject": "", "html": "<b>ü</b>", "body": "ü"},
    {"to": "d@e.f", "subject": "x", "body": "y"},
    {"sender": "a@b.c", "subject": "x", "body": "y"},
    {"sender": "a@b.c", "bcc": "d@e.f", "subject": "ü", "amp_html": "<html>", "body": "y"},
    {
        "sender": "a@b.c",
        "to": "d@e.f",
        "subject": "x",
        "body": "y",
        "attachments": [("a.exe", "x")],
    },
    {"sender": "a@b.c", "to": "d@e.f", "subject": "x", "body": "y", "attachments": ("a.txt", b"x")},
    {"sender": "a@b.c", "to": "d@e.f", "subject": "x", "body": "y", "headers": {"X": "y"}},
    {"sender": "a@b.c", "to": "d@e.f", "subject": "x", "body": "y", "headers": {"List-Id": "y"}},
    {"sender": ""},
    {"sender": None},
    {"html": ""},
    {"to": []},
    {"to": ""},
    {"other": "x"},
    {"attachments": []},
    {"attachments": [(1, 2)]},
    {"date": "x"},
]


def outcomes(mail):
    """Yields the name and the outcome of each case."""
    for number, value in enumerate(ADDRESSES):
        yield f"address {number}", outcome(lambda: mail.is_email_valid(value))  # noqa: B023  # called at once
        yield f"check {number}", outcome(lambda: mail.check_email_valid(value, "to"))  # noqa: B023  # as above
    for number, value in enumerate(HEADERS):
        yield f"headers {number}", outcome(lambda: mail.check_headers_valid(value))  # noqa: B023  # as above
    for name in NAMES:
        yield f"attachment {name}", outcome(lambda: attach(mail, name))  # noqa: B023  # as above
    for number, value in enumerate(PAYLOADS):
        yield f"payload {number}", outcome(lambda: mail.EncodedPayload(*value).decode())  # noqa: B023  # as above
    for number, value in enumerate(MESSAGES):
        for kind in (mail.InboundEmailMessage, mail.EmailMessage):
            for form in (value, value.encode()):
                name = f"message {number} {kind.__name__} {type(form).__name__}"
                yield name, outcome(lambda: read(kind(form)))  # noqa: B023  # as above
    for number, value in enumerate(FIELDS):
        for kind in (mail.EmailMessage, mail.AdminEmailMessage, mail.InboundEmailMessage):
            yield f"fields {number} {kind.__name__}", outcome(lambda: build(kind, value))  # noqa: B023  # as above


def attach(mail, name):
    fields = dict(FIELDS[1], attachments=[(name, b"x")])
    parts = mail.EmailMessage(**fields).to_mime_message().walk()
    return [part.get_content_type() for part in parts]


def read(message):
    """Returns all that a parsed message has."""
    names = "sender to cc bcc reply_to subject date message_id".split()
    found = {name: getattr(message, name) for name in names if hasattr(message, name)}
    found["bodies"] = [(kind, payload.decode()) for kind, payload in message.bodies()]
    found["attachments"] = [
        (each.filename, each.payload.decode(), each.content_id)
        for each in getattr(message, "attachments", ())
    ]
    return found


def build(kind, fields):
    """Returns what a message that is built of fields becomes as MIME."""
    message = kind(**fields)
    message.check_initialized()
    made = message.to_mime_message()
    heads = {
        name.lower(): str(made[name])
        for name in ("To", "Cc", "Bcc", "From", "List-Id")
        if made[name]
    }
    return heads, [(part.get_content_type(), part.get_filename()) for part in made.walk()]


def outcome(act):
    """Returns what a call gives, or the class of its error."""
    try:
        return ["value", repr(act())]
    except Exception as error:
        return ["error", type(error).__name__]


if __name__ == "__main__":
    import logging
    import warnings

    warnings.simplefilter("ignore")
    logging.disable()
    from google.appengine.api import mail as theirs

    json.dump(dict(outcomes(theirs)), sys.stdout)
