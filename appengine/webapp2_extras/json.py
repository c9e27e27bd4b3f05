"""JSON that may stand in a page: no text of it ends a script element.

Source: webapp2, "JSON".
"""

import base64
import json
from urllib.parse import quote as quote_url
from urllib.parse import unquote as unquote_url

__all__ = ["b64decode", "b64encode", "decode", "encode", "quote", "unquote"]


def encode(value: object, *args: object, **kwargs: object) -> str:
    r"""Returns a value as JSON with `</` written `<\/`; further arguments: see `json.dumps`."""
    kwargs.setdefault("separators", (",", ":"))
    text = json.dumps(value, *args, **kwargs)  # type: ignore[arg-type]  # its own
    return text.replace("</", "<\\/")


def decode(value: str | bytes, *args: object, **kwargs: object) -> object:
    """Returns the value of JSON text; further arguments are `json.loads`'s.

    Raises:
        ValueError: it is no JSON.
    """
    value_of: object = json.loads(value, *args, **kwargs)  # type: ignore[arg-type]  # its own
    return value_of


def b64encode(value: object, *args: object, **kwargs: object) -> str:
    """Returns a value as JSON in base64."""
    return base64.b64encode(encode(value, *args, **kwargs).encode()).decode("ascii")


def b64decode(value: str | bytes, *args: object, **kwargs: object) -> object:
    """Returns the value of JSON in base64."""
    return decode(base64.b64decode(value), *args, **kwargs)


def quote(value: object, *args: object, **kwargs: object) -> str:
    """Returns a value as JSON, percent-encoded for a URL."""
    return quote_url(encode(value, *args, **kwargs))


def unquote(value: str, *args: object, **kwargs: object) -> object:
    """Returns the value of JSON that was percent-encoded."""
    return decode(unquote_url(value), *args, **kwargs)
