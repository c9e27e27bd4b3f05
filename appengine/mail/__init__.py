"""Mail: an application sends e-mail; what it receives arrives at /_ah/mail/ADDRESS."""

import functools
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.parser import Parser

from appengine.mail.client import send_mail, send_mail_to_admins
from appengine.mail.client.checks import (
    check_email_valid,
    check_headers_valid,
    invalid_email_reason,
    invalid_headers_reason,
    is_ascii,
    is_email_valid,
)
from appengine.mail.client.inbound import BounceNotification, InboundEmailMessage
from appengine.mail.client.messages import AdminEmailMessage, EmailMessage
from appengine.mail.client.payloads import Attachment, EncodedPayload
from appengine.mail.service import (
    BadRequestError,
    Error,
    InvalidAttachmentTypeError,
    InvalidEmailError,
    InvalidHeaderNameError,
    InvalidSenderError,
    MissingBodyError,
    MissingRecipientsError,
    MissingSenderError,
    MissingSubjectError,
    PayloadEncodingError,
    UnknownCharsetError,
    UnknownEncodingError,
)
from appengine.mail.service.composing import compose as mail_message_to_mime_message
from appengine.mail.service.rules import (
    EXTENSION_BLACKLIST,
    EXTENSION_MIME_MAP,
    HEADER_WHITELIST,
)

__all__ = [
    "BOUNCE_NOTIFICATION_URL_PATH",
    "ERROR_MAP",
    "EXTENSION_BLACKLIST",
    "EXTENSION_MIME_MAP",
    "HEADER_WHITELIST",
    "INCOMING_MAIL_URL_PATTERN",
    "AdminEmailMessage",
    "Attachment",
    "BadRequestError",
    "BounceNotification",
    "CheckEmailValid",
    "EmailMessage",
    "EncodedPayload",
    "Error",
    "InboundEmailMessage",
    "InvalidAttachmentTypeError",
    "InvalidEmailError",
    "InvalidEmailReason",
    "InvalidHeaderNameError",
    "InvalidSenderError",
    "IsEmailValid",
    "MIMEBase",
    "MIMEMultipart",
    "MIMEText",
    "MailMessageToMIMEMessage",
    "MissingBodyError",
    "MissingRecipientsError",
    "MissingSenderError",
    "MissingSubjectError",
    "Parser",
    "PayloadEncodingError",
    "SendMail",
    "SendMailToAdmins",
    "UnknownCharsetError",
    "UnknownEncodingError",
    "check_email_valid",
    "check_headers_valid",
    "invalid_email_reason",
    "invalid_headers_reason",
    "is_ascii",
    "is_email_valid",
    "mail_message_to_mime_message",
    "send_mail",
    "send_mail_to_admins",
    "wrapping",
]

INCOMING_MAIL_URL_PATTERN = "/_ah/mail/.+"
BOUNCE_NOTIFICATION_URL_PATH = "/_ah/bounce"

ERROR_MAP = {
    2: BadRequestError,
    3: InvalidSenderError,
    4: InvalidAttachmentTypeError,
    5: InvalidHeaderNameError,
}
"""Errors by the numbers that App Engine's service had for them."""

CheckEmailValid = check_email_valid
InvalidEmailReason = invalid_email_reason
IsEmailValid = is_email_valid
MailMessageToMIMEMessage = mail_message_to_mime_message
SendMail = send_mail
SendMailToAdmins = send_mail_to_admins
wrapping = functools.wraps
