"""HTTPS on the ports that speak HTTP: what begins with a handshake is answered in TLS.

Source: App Engine, dev_appserver.py, `--ssl_certificate_path`; RFC 8446, section 5.1; Python,
`ssl`, "Notes on non-blocking sockets".
"""

import socket
import ssl
from contextlib import suppress

from appengine.config.errors import ConfigurationError

HANDSHAKE = b"\x16"
"""The first byte of TLS: no request begins with it."""

CERTIFICATE, KEY = "--ssl_certificate_path", "--ssl_certificate_key_path"

MAX_FILE_BYTES = 2**20
"""Of a file that is looked at; more is no certificate."""


def load_certificate(certificate: str | None, key: str | None) -> ssl.SSLContext | None:
    """Returns what answers handshakes; None where no certificate is named.

    Args:
        certificate: the path of a chain in PEM form.
        key: the path of its private key, without a password.

    Raises:
        ConfigurationError: one is named without the other, or they cannot be read or used.
    """
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        given, missing = (CERTIFICATE, KEY) if certificate else (KEY, CERTIFICATE)
        raise ConfigurationError(f"{given}: it needs {missing}, too")
    _read(CERTIFICATE, certificate)
    is_locked = b"ENCRYPTED" in _read(KEY, key)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(certificate, key, password=lambda: "")
    except (ssl.SSLError, ValueError, OSError) as error:
        reason = "the key is another certificate's" if "MISMATCH" in str(error) else "no PEM files"
        if is_locked:
            reason = "the key has a password; write one without"
        raise ConfigurationError(f"{CERTIFICATE}: {certificate!r} and {key!r}: {reason}") from error
    return context


def _read(flag: str, path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(MAX_FILE_BYTES)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigurationError(f"{flag}: {path!r}: {reason}") from error


class Secured:
    """A connection in TLS that never blocks, as a socket: `BlockingIOError` says "not now"."""

    def __init__(self, client: socket.socket, context: ssl.SSLContext) -> None:
        """Takes the socket over; the handshake goes on as bytes arrive."""
        self._client = context.wrap_socket(
            client, server_side=True, do_handshake_on_connect=False, suppress_ragged_eofs=True
        )

    def fileno(self) -> int:
        """Returns the socket's descriptor."""
        return self._client.fileno()

    def recv(self, limit: int, /) -> bytes:
        """Receives what is there: one record of at most 16 KiB, more than which is not kept back.

        Raises:
            OSError: it is no TLS, or the client has gone.
        """
        try:
            return self._client.recv(limit)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise BlockingIOError from None

    def send(self, data: bytes | memoryview, /) -> int:
        """Sends what the socket takes; what it did not take is to be sent again."""
        try:
            return self._client.send(data)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise BlockingIOError from None

    def getsockname(self) -> tuple[str, int] | str:
        """Returns the address at which the client has reached us."""
        address: tuple[str, int] | str = self._client.getsockname()
        return address

    def shutdown(self, how: int, /) -> None:
        """Says that nothing follows, then ends one direction."""
        self._say_goodbye()
        self._client.shutdown(how)

    def close(self) -> None:
        """Closes the connection."""
        self._say_goodbye()
        self._client.close()

    def _say_goodbye(self) -> None:
        with suppress(OSError, ValueError):  # the client need not answer, or has gone
            self._client.unwrap()
