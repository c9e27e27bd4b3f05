"""The errors of mail, by their import path: `google.appengine.api.mail_errors`."""

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

__all__ = [
    "BadRequestError",
    "Error",
    "InvalidAttachmentTypeError",
    "InvalidEmailError",
    "InvalidHeaderNameError",
    "InvalidSenderError",
    "MissingBodyError",
    "MissingRecipientsError",
    "MissingSenderError",
    "MissingSubjectError",
    "PayloadEncodingError",
    "UnknownCharsetError",
    "UnknownEncodingError",
]
