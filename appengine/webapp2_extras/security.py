"""Random texts and hashed passwords.

A hashed password is `hash$method$salt`, in classic applications with the method `sha1`; new ones
are made with `pbkdf2:sha256:600000` where no method is named.

Source: webapp2, "Security"; OWASP, "Password Storage Cheat Sheet" (the number of rounds).
"""

import hashlib
import hmac
import math
import secrets
import string

__all__ = [
    "ALL_PRINTABLE",
    "ALPHA",
    "ALPHANUMERIC",
    "ASCII_PRINTABLE",
    "DIGITS",
    "HEXADECIMAL_DIGITS",
    "LOWERCASE_ALPHA",
    "LOWERCASE_ALPHANUMERIC",
    "PUNCTUATION",
    "UPPERCASE_ALPHA",
    "UPPERCASE_ALPHANUMERIC",
    "check_password_hash",
    "compare_hashes",
    "create_password_hash",
    "create_token",
    "generate_password_hash",
    "generate_random_string",
    "hash_password",
]

DIGITS = string.digits
LOWERCASE_ALPHA = string.ascii_lowercase
UPPERCASE_ALPHA = string.ascii_uppercase
ALPHA = LOWERCASE_ALPHA + UPPERCASE_ALPHA
LOWERCASE_ALPHANUMERIC = LOWERCASE_ALPHA + DIGITS
UPPERCASE_ALPHANUMERIC = UPPERCASE_ALPHA + DIGITS
ALPHANUMERIC = ALPHA + DIGITS
HEXADECIMAL_DIGITS = DIGITS + "abcdef"
PUNCTUATION = string.punctuation
ASCII_PRINTABLE = ALPHA + DIGITS + PUNCTUATION
ALL_PRINTABLE = string.printable

ROUNDS = 600_000
DEFAULT_METHOD = f"pbkdf2:sha256:{ROUNDS}"
PLAIN = "plain"


def generate_random_string(
    length: int | None = None, entropy: int | None = None, pool: str = ALPHANUMERIC
) -> str:
    """Returns random text from the system's source of randomness.

    Args:
        length: characters.
        entropy: bits; the text has as many characters as hold them.
        pool: the characters to choose from.

    Raises:
        ValueError: none or both of `length` and `entropy` are given, or one is below 1, or the pool
            has less than two different characters.
    """
    different = sorted(set(pool))
    if len(different) < 2:  # noqa: PLR2004  # one character is not random
        raise ValueError(f"pool {pool!r}: at least two different characters")
    if length and entropy:
        raise ValueError(f"length={length!r} and entropy={entropy!r}: one of them is enough")
    if entropy:
        length = math.ceil(entropy / math.log2(len(different)))
    if not length or length < 1:
        raise ValueError(f"length={length!r}, entropy={entropy!r}: at least 1")
    return "".join(secrets.choice(pool) for _ in range(length))


def create_token(
    length: int | None = None, entropy: int | None = None, pool: str = ALPHANUMERIC
) -> str:
    """See `generate_random_string`: the name of earlier versions."""
    return generate_random_string(length, entropy, pool)


def generate_password_hash(
    password: str, method: str = DEFAULT_METHOD, length: int = 22, pepper: str | None = None
) -> str:
    """Returns a password as it is stored: hash, method and salt.

    Args:
        password: what the user types.
        method: `pbkdf2:NAME:ROUNDS`, or a hash's name alone, such as `sha1`, which is guessed fast;
            `plain` stores the password itself.
        length: the salt's characters.
        pepper: a secret of the application that is not stored with the hash.

    Raises:
        TypeError: there is no such method.
    """
    salt = "" if method == PLAIN else generate_random_string(length)
    hashed = hash_password(password, method, salt, pepper)
    if hashed is None:
        raise TypeError(f"Invalid method: {method!r}")
    return f"{hashed}${method}${salt}"


def create_password_hash(
    password: str, method: str = DEFAULT_METHOD, length: int = 22, pepper: str | None = None
) -> str:
    """See `generate_password_hash`: the name of earlier versions."""
    return generate_password_hash(password, method, length, pepper)


def check_password_hash(password: str, pwhash: str, pepper: str | None = None) -> bool:
    """Returns whether a password is the one of a stored hash; also of a classic application's."""
    parts = pwhash.rsplit("$", 2)
    if len(parts) != 3:  # noqa: PLR2004  # hash, method, salt
        return False
    hashed, method, salt = parts
    made = hash_password(password, method, salt, pepper)
    return made is not None and compare_hashes(made, hashed)


def hash_password(
    password: str, method: str, salt: str | None = None, pepper: str | None = None
) -> str | None:
    """Returns the hash of a password as hexadecimal digits; None where there is no such method.

    Args:
        password: what the user types.
        method: see `generate_password_hash`.
        salt: what makes equal passwords' hashes differ.
        pepper: what whoever steals the hashes does not have.
    """
    if method == PLAIN:
        return password
    kind, _, rest = method.partition(":")
    name, _, rounds = rest.partition(":")
    if kind == "pbkdf2":
        if name not in hashlib.algorithms_available or not (rounds or "1").isdecimal():
            return None
        count = int(rounds or ROUNDS)
        data = password.encode()
        hashed = (
            hashlib.pbkdf2_hmac(name, data, (salt or "").encode(), count).hex() if count else ""
        )
        return _peppered(hashed, pepper, name) if hashed else None
    if rest or method not in hashlib.algorithms_available or method.startswith("shake"):
        return None
    if salt:
        hashed = hmac.new(salt.encode(), password.encode(), method).hexdigest()
    else:
        hashed = hashlib.new(method, password.encode()).hexdigest()
    return _peppered(hashed, pepper, method)


def compare_hashes(a: str, b: str) -> bool:
    """Returns whether two texts are equal, in a time that does not tell where they differ."""
    return hmac.compare_digest(a.encode(), b.encode())


def _peppered(hashed: str, pepper: str | None, method: str) -> str:
    if not pepper:
        return hashed
    return hmac.new(pepper.encode(), hashed.encode(), method).hexdigest()
