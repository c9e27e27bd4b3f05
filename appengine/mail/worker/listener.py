"""Takes mail by SMTP and gives it to applications before it says that it has it."""

import asyncio
import logging
import threading
from collections.abc import Callable
from typing import Protocol

from aiosmtpd.smtp import SMTP

from appengine.mail.server.incoming import deliver, find_taker, refusal
from appengine.mail.service import MAX_MESSAGE, MAX_RECIPIENTS
from appengine.mail.service.rules import bare_address
from appengine.rpc.server import Resources

MAX_CONNECTIONS = 50
IDLE_SECONDS = 120.0
"""A client that says nothing for so long is let go."""

LOOK_SECONDS = 0.5

TAKEN = "250 OK"
LATER = "451 {}"
NEVER = "554 {}"

log = logging.getLogger("appengine.mail")


class Envelope(Protocol):
    """What aiosmtpd knows of a message that arrives."""

    rcpt_tos: list[str]
    original_content: bytes | None


class Handler:
    """Answers the commands of SMTP that concern an application."""

    def __init__(self, resources: Resources) -> None:
        """Takes the applications that are served."""
        self._resources = resources

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's name
        self, server: SMTP, session: object, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Takes a recipient, or says why none is meant."""
        if len(envelope.rcpt_tos) >= MAX_RECIPIENTS:
            return f"452 at most {MAX_RECIPIENTS} recipients"
        if not bare_address(address):
            return f"553 {_one_line(address)} is no address"
        served = find_taker(self._resources.applications.served(), address)
        if served is None:
            return f"550 no application takes mail for {_one_line(address)}"
        if reason := refusal(served):
            return f"550 {reason}"
        envelope.rcpt_tos.append(address)
        return TAKEN

    async def handle_DATA(  # noqa: N802  # aiosmtpd's name
        self, server: SMTP, session: object, envelope: Envelope
    ) -> str:
        """Gives a message to each application; the client hears how the last attempt ended."""
        raw = envelope.original_content or b""
        reply = TAKEN
        for address in dict.fromkeys(envelope.rcpt_tos):
            taken = await asyncio.to_thread(deliver, self._resources, address, raw)
            log.info("mail for %s: %s", _one_line(address), taken.reason)
            if not taken.is_taken:
                reply = (NEVER if taken.is_final else LATER).format(_one_line(taken.reason))
        return reply


def listen(resources: Resources, stop: threading.Event) -> None:
    """Serves SMTP until `stop`, where the operator says where."""
    if (endpoint := resources.options.smtp_listen) is not None:
        logging.getLogger("mail.log").setLevel(logging.WARNING)  # aiosmtpd's: each command
        host, _, port = endpoint.rpartition(":")
        asyncio.run(_serve(host.strip("[]"), int(port), Handler(resources), stop))


async def _serve(host: str, port: int, handler: Handler, stop: threading.Event) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(make_protocols(handler), host, port)
    async with server:
        names = ", ".join(f"{name}:{number}" for name, number, *_ in map(_name, server.sockets))
        log.info("mail for applications is taken by SMTP at %s", names)
        while not stop.is_set():
            await asyncio.sleep(LOOK_SECONDS)


def make_protocols(handler: Handler) -> Callable[[], SMTP]:
    """Returns what makes the protocol of each connection; above the bound it is told to go."""
    open_connections: set[SMTP] = set()

    def make() -> SMTP:
        return Limited(
            open_connections,
            handler,
            data_size_limit=MAX_MESSAGE,
            enable_SMTPUTF8=True,
            hostname="localhost",
            ident="appengine",
            timeout=IDLE_SECONDS,
        )

    return make


class Limited(SMTP):
    """A connection that counts: of more than the bound, the client is to try again later."""

    def __init__(self, others: "set[SMTP]", *arguments: object, **options: object) -> None:
        """Takes the open connections, and aiosmtpd's arguments."""
        super().__init__(*arguments, **options)  # type: ignore[arg-type]  # passed on
        self._others = others

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begins, if there is room."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  # of a TCP connection
        if len(self._others) >= MAX_CONNECTIONS:
            transport.write(b"421 too many connections, try again later\r\n")
            transport.close()
            return
        self._others.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """Gives its place to the next one."""
        if self in self._others:
            self._others.discard(self)
            super().connection_lost(error)


def _name(listener: object) -> tuple[str, int]:
    name: tuple[str, int] = listener.getsockname()  # type: ignore[attr-defined]  # asyncio's socket
    return name


def _one_line(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text[:200])
