"""The errors of mail. Source: App Engine, `google.appengine.api.mail_errors`."""

from appengine.rpc.service import ApplicationError


class Error(ApplicationError):
    """Base of the errors of mail."""


class BadRequestError(Error):
    """The message is none that can be sent."""


class InvalidSenderError(Error):
    """The sender may not send mail for this application."""


class InvalidEmailError(Error):
    """What stands in a field of addresses, or of headers, is none."""


class InvalidAttachmentTypeError(Error):
    """Files with such a name may not be attached."""


class InvalidHeaderNameError(Error):
    """An application may not state this header."""


class MissingRecipientsError(Error):
    """The message names no recipient."""


class MissingSenderError(Error):
    """The message names no sender."""


class MissingSubjectError(Error):
    """The message has no subject."""


class MissingBodyError(Error):
    """The message has neither text nor HTML."""


class PayloadEncodingError(Error):
    """A payload is not encoded as it is said to be."""


class UnknownEncodingError(PayloadEncodingError):
    """Nobody knows the encoding of a payload."""


class UnknownCharsetError(PayloadEncodingError):
    """Nobody knows the character set of a payload."""
