"""What may stand in the fields of a message, as applications ask for it beforehand.

Source: App Engine, `google.appengine.api.mail`, the functions of the same names.
"""

from collections.abc import Mapping

from appengine.mail.service import InvalidEmailError
from appengine.mail.service.rules import HEADER_WHITELIST
from appengine.users.service import User


def invalid_email_reason(email_address: object, field: str) -> str | None:
    """Returns why something is no e-mail address for a field, or None: it is one.

    Only that something is there is checked: what a mail server takes, it knows alone.
    """
    if email_address is None:
        return f"None email address for {field}."
    if isinstance(email_address, User):
        email_address = email_address.email()
    if not isinstance(email_address, str):
        return f"Invalid email address type for {field}: {email_address!r}."
    if not email_address.strip():
        return f"Empty email address for {field}."
    return None


def is_email_valid(email_address: object) -> bool:
    """Returns whether something can stand in a field of addresses."""
    return invalid_email_reason(email_address, "") is None


def check_email_valid(email_address: object, field: str) -> None:
    """Refuses what cannot stand in a field of addresses.

    Raises:
        InvalidEmailError: it cannot.
    """
    if (reason := invalid_email_reason(email_address, field)) is not None:
        raise InvalidEmailError(reason)


def is_ascii(string: str) -> bool:
    """Returns whether a text is ASCII."""
    return string.isascii()


def invalid_headers_reason(headers: object) -> str | None:
    """Returns why a dictionary of headers may not be sent, or None: it may."""
    if headers is None:
        return "Headers dictionary was None."
    if not isinstance(headers, Mapping):
        return f"Invalid type for headers: {headers!r}. Should be a dictionary."
    reasons = (_header_reason(name, value) for name, value in headers.items())
    return next(filter(None, reasons), None)


def _header_reason(name: object, value: object) -> str:
    if not isinstance(name, str):
        return f"Header names should be strings, not {name!r}."
    if not isinstance(value, str):
        return f"Header values should be strings, not {value!r}."
    if not name.isascii():
        return f"Header name {name!r} should be an ASCII string."
    allowed = name.strip() in HEADER_WHITELIST
    return "" if allowed else f'Header "{name.strip()}" is not allowed.'


def check_headers_valid(headers: object) -> None:
    """Refuses headers that an application may not state.

    Raises:
        InvalidEmailError: one of them is such a header.
    """
    if (reason := invalid_headers_reason(headers)) is not None:
        raise InvalidEmailError(reason)
