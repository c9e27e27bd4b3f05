"""What shows that a form is ours, and that who fills it in has seen the server's terminal.

A form's token is made from a seed, a random value that the browser keeps in a cookie: another site
can make a browser send a form, but it knows neither the seed nor the secret.
"""

import hmac
import secrets as random

from appengine.storage.secrets import Secrets

ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""Letters and digits of which none looks like another."""

CODE_LENGTH = 10
"""Ten of 31 characters are 49 random bits: too many to try over a network."""

SEED_BYTES = 16
PURPOSE = "form"


def make_code() -> str:
    """Returns a new code, which a server prints when others than its own machine can reach it."""
    return "".join(random.choice(ALPHABET) for _ in range(CODE_LENGTH))


def is_same_code(given: str, code: str) -> bool:
    """Returns whether a code is the printed one, in a time that tells nothing; "" never is."""
    return bool(code) and hmac.compare_digest(given.strip().lower().encode(), code.encode())


def make_seed() -> str:
    """Returns the random value that a browser keeps, in a cookie, while it shows a form."""
    return random.token_urlsafe(SEED_BYTES)


def make_token(secrets: Secrets, seed: str, *place: str) -> str:
    """Returns what a form has to send from a browser with this seed.

    Args:
        place: what the form is good for: the application, the host.
    """
    return secrets.sign(PURPOSE, seed, *place).hex()


def is_token(token: str, secrets: Secrets, seed: str, *place: str) -> bool:
    """Returns whether a form was made in this place for the browser that sends it."""
    expected = make_token(secrets, seed, *place)
    return bool(seed) and hmac.compare_digest(token.encode(), expected.encode())
