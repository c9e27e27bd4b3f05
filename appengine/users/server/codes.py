"""What shows that a login form is ours, and that who fills it in has seen the server's terminal."""

import hmac
import secrets as random
from ipaddress import ip_address

from appengine.storage.secrets import Secrets
from appengine.users.server.cookies import HOST_PREFIX, PLATFORM_PREFIX, host_name

ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""Letters and digits of which none looks like another."""

CODE_LENGTH = 10
"""Ten of 31 characters are 49 random bits: too many to try over a network."""

PURPOSE = "login form"
LOOPBACK_NAMES = frozenset({"localhost", "localhost."})


def make_code() -> str:
    """Returns a new code, which a server prints when others than its own machine can reach it."""
    return "".join(random.choice(ALPHABET) for _ in range(CODE_LENGTH))


def is_same_code(given: str, code: str) -> bool:
    """Returns whether a code is the printed one, in a time that tells nothing; none is never."""
    return bool(code) and hmac.compare_digest(given.strip().lower().encode(), code.encode())


def is_local(host: str, peer: str) -> bool:
    """Returns whether a request stayed on this machine, by its Host header and its sender.

    Either alone could be made to look so: a stranger writes any Host, and a proxy on this machine
    or a name that leads to it makes every sender look local.
    """
    name = host_name(host)
    named = name in LOOPBACK_NAMES or name.endswith(".localhost")
    sender_is_local = not peer or _is_loopback(peer)  # a unix socket's sender has no address
    return (named or _is_loopback(name.strip("[]"))) and sender_is_local


def make_seed() -> str:
    """Returns the random value that a browser keeps, in a cookie, while it shows the form."""
    return random.token_urlsafe(16)


def seed_name(*, is_secure: bool) -> str:
    """Returns the name of that cookie."""
    return f"{HOST_PREFIX if is_secure else ''}{PLATFORM_PREFIX}form"


def make_token(seed: str, application: str, host: str, secrets: Secrets) -> str:
    """Returns what the form of a browser with this seed must send."""
    return secrets.sign(PURPOSE, application, host, seed).hex()


def is_token(token: str, seed: str, application: str, host: str, secrets: Secrets) -> bool:
    """Returns whether a form was made for the browser that sends it, in this place."""
    expected = make_token(seed, application, host, secrets)
    return bool(seed) and hmac.compare_digest(token.encode(), expected.encode())


def _is_loopback(address: str) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return (mapped or found).is_loopback
