"""TLS of asyncio in the sandbox: what is written passes as it is, for the platform speaks TLS."""

import ssl
from typing import TYPE_CHECKING

from appengine.urlfetch.client.relay import Secure

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class FetchTLS:
    """Stands in the place of `ssl.SSLObject` for a client over a `FetchSocket`."""

    server_side = False
    server_hostname: str | None = None
    session = None

    def __init__(
        self, context: ssl.SSLContext, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO
    ) -> None:
        """Takes where bytes come from and go to."""
        self.context = context
        self._incoming = incoming
        self._outgoing = outgoing
        self._is_open = False

    def do_handshake(self) -> None:
        """Tells the far end that the request is one over TLS."""
        if not self._is_open:
            self._is_open = True
            is_careful = self.context.verify_mode != ssl.CERT_NONE
            self._outgoing.write(Secure(is_careful).preamble())

    def write(self, data: "ReadableBuffer") -> int:
        """Passes bytes on."""
        return self._outgoing.write(data)

    def read(self, length: int = 1024, buffer: bytearray | None = None) -> bytes | int:
        """Returns what has come, or how much was put into `buffer`.

        Raises:
            ssl.SSLWantReadError: nothing is there yet.
        """
        data = self._incoming.read(length)
        if not data and not self._incoming.eof:
            raise ssl.SSLWantReadError
        if buffer is None:
            return data
        buffer[: len(data)] = data
        return len(data)

    def unwrap(self) -> None:
        """Does nothing: the connection is closed as it is."""

    def pending(self) -> int:
        """Returns how many bytes wait to be read."""
        return self._incoming.pending

    def version(self) -> str:
        """Returns TLS's version as `ssl.SSLObject` does."""
        return "TLSv1.3"

    def getpeercert(self, binary_form: bool = False) -> dict[str, str] | bytes:
        """Returns nothing: the platform has judged the certificate."""
        return b"" if binary_form else {}

    def cipher(self) -> tuple[str, str, int] | None:
        """Returns None: the cipher is the platform's."""
        return None

    def compression(self) -> str | None:
        """Returns None."""
        return None

    def shared_ciphers(self) -> list[tuple[str, str, int]] | None:
        """Returns None."""
        return None

    def get_channel_binding(self, cb_type: str = "tls-unique") -> bytes | None:
        """Returns None: the connection is the platform's."""
        return None

    def selected_alpn_protocol(self) -> str | None:
        """Returns None: HTTP/1.1 is spoken."""
        return None

    def selected_npn_protocol(self) -> str | None:
        """Returns None."""
        return None
