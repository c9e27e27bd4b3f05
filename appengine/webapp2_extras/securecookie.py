"""Cookies that say who made them: a value, the time and a signature.

A cookie is `BASE64|TIMESTAMP|SIGNATURE`: JSON in base64, seconds since 1970, and the HMAC of the
cookie's name, the value and the time. It can be read by everybody, and changed by nobody.

Source: webapp2, "Secure cookies".
"""

import hashlib
import hmac
import logging
import time
from collections.abc import Sequence

from appengine.webapp2_extras import json
from appengine.webapp2_extras.security import compare_hashes

__all__ = ["SecureCookieSerializer"]

PARTS = 3
FUTURE_SECONDS = 31 * 24 * 60 * 60
"""A cookie from further ahead than any wrong clock was put together from another's digits."""


class SecureCookieSerializer:
    """Signs values with a secret key and reads what it has signed.

    With several keys the first one signs and each may have signed what is read: so a key can be
    replaced while cookies of the old one are still about.
    """

    def __init__(self, secret_key: str | Sequence[str]) -> None:
        keys = [secret_key] if isinstance(secret_key, str) else list(secret_key)
        if not keys or not all(keys):
            raise ValueError("a secret key has at least one character")
        self.secret_key = keys[0]
        self._keys = [key.encode() for key in keys]

    def serialize(self, name: str, value: object) -> str:
        """Returns the text of a cookie: `value` is what JSON can hold."""
        timestamp = str(self._get_timestamp())
        encoded = json.b64encode(value)
        return "|".join([encoded, timestamp, _sign(self._keys[0], name, encoded, timestamp)])

    def deserialize(self, name: str, value: str | None, max_age: int | None = None) -> object:
        """Returns the value of a cookie; None where it is none of ours or too old.

        Args:
            name: the cookie's, which the signature covers.
            value: its text.
            max_age: seconds for which it counts; None: for ever.
        """
        parts = (value or "").split("|")
        if len(parts) != PARTS:
            return None
        encoded, timestamp, signature = parts
        if not any(
            compare_hashes(signature, _sign(key, name, encoded, timestamp)) for key in self._keys
        ):
            logging.warning("Invalid cookie signature: %s", name)
            return None
        age = self._get_timestamp() - int(timestamp)
        if (max_age is not None and age > max_age) or age < -FUTURE_SECONDS:
            logging.warning("Expired cookie: %s", name)
            return None
        try:
            return json.b64decode(encoded)
        except ValueError:
            logging.warning("Cookie of no JSON: %s", name)
            return None

    def _get_timestamp(self) -> int:
        return int(time.time())


def _sign(key: bytes, *parts: str) -> str:
    return hmac.new(key, "|".join(parts).encode(), hashlib.sha256).hexdigest()
