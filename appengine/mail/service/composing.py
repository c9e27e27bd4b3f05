"""Makes a MIME message of a request: the same inside, where it is looked at, and outside."""

from email.encoders import encode_base64
from email.header import Header
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import formataddr, getaddresses

from appengine.mail.service import SendRequest, SentAttachment
from appengine.mail.service.rules import mime_type_of

LONG_LINE = 10**6
"""Characters after which a header would be folded: never, for folding is the transport's."""


def compose(request: SendRequest, *, shows_bcc: bool = True) -> MIMEMultipart:
    """Returns a message as MIME: its texts as alternatives, then its attachments.

    Args:
        shows_bcc: False leaves the hidden recipients out, as for what is sent.

    Raises:
        InvalidAttachmentTypeError: a file's name says that mail programs might execute it.

    Source: App Engine, `google.appengine.api.mail`, `mail_message_to_mime_message`.
    """
    texts = [
        MIMEText(text, subtype, _charset_of(text))
        for text, subtype in (
            (request.body, "plain"),
            (request.amp_html, "x-amp-html"),
            (request.html, "html"),
        )
        if text is not None
    ]
    result = MIMEMultipart()
    result.attach(texts[0] if len(texts) == 1 else MIMEMultipart("alternative", _subparts=texts))
    for attachment in request.attachments:
        result.attach(_compose_attachment(attachment))
    fields = [("To", request.to), ("Cc", request.cc), ("Bcc", request.bcc if shows_bcc else ())]
    for name, addresses in fields:
        if addresses:
            result[name] = ", ".join(_address(address) for address in addresses)
    result["From"] = _address(request.sender)
    if request.reply_to:
        result["Reply-To"] = _address(request.reply_to)
    result["Subject"] = _text(request.subject)
    for name, value in request.headers:
        result[name] = _text(value)
    return result


def _compose_attachment(attachment: SentAttachment) -> MIMEBase:
    part = MIMEBase(*mime_type_of(attachment.filename).split("/"))
    part.add_header("Content-Disposition", "attachment", filename=_filename(attachment.filename))
    part.set_payload(attachment.data)
    encode_base64(part)
    if attachment.content_id:
        part["Content-ID"] = attachment.content_id
    return part


def _filename(name: str) -> str | tuple[str, str, str]:
    return name if name.isascii() else ("utf-8", "", name)


def _charset_of(text: str) -> str:
    return "us-ascii" if text.isascii() else "utf-8"


def _text(text: str) -> str:
    """Returns a header's value; only what is not ASCII is encoded."""
    if text.isascii():
        return text
    return Header(text, "utf-8", maxlinelen=LONG_LINE).encode(maxlinelen=LONG_LINE)


def _address(text: str) -> str:
    """Returns an address, its display name encoded where it is not ASCII."""
    if text.isascii():
        return text
    return ", ".join(formataddr(pair, "utf-8") for pair in getaddresses([text]))
