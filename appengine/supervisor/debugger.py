"""The debugger: `breakpoint()` of instances on the server's own terminal, one at a time."""

import asyncio
import os
import socket
import sys
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from appengine.rpc.boot import DEBUGGER_BEGINS, DEBUGGER_ENDS
from appengine.supervisor.logs import printable

PIECE_BYTES = 2**16
END_OF_INPUT = b"EOF\n"
"""What the debugger is told when the terminal is closed: to give up."""


class Session:
    """The terminal of one instance.

    Attributes:
        paused: seconds for which it has waited for the developer, before it waits now.
        since: since when it waits; None: it does not.
    """

    def __init__(self, ours: socket.socket) -> None:
        self.socket = ours
        self.paused = 0.0
        self.since: float | None = None

    def paused_seconds(self) -> float:
        """Returns how long it has waited for the developer in all."""
        now = time.monotonic()
        return self.paused + (now - self.since if self.since is not None else 0.0)


class Debugger:
    """Gives the terminal to whichever instance has stopped first."""

    def __init__(self, terminal: int, write: Callable[[str], None] | None = None) -> None:
        """Takes the descriptor on which the developer types."""
        self._terminal = terminal
        self._write = write or _to_terminal
        self._sessions: dict[str, Session] = {}
        self._active: Session | None = None
        self._waiting: deque[Session] = deque()
        self._is_over = False

    def open(self) -> None:
        """Listens to the terminal from now on; one that cannot be waited for is at its end."""
        try:
            asyncio.get_running_loop().add_reader(self._terminal, self._take_typed)
        except (OSError, ValueError):
            self._is_over = True

    def attach(self, instance_id: str) -> socket.socket:
        """Returns an instance's end of its terminal, to be given to it and closed."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        session = self._sessions[instance_id] = Session(ours)
        asyncio.get_running_loop().add_reader(ours, self._hear, instance_id, session)
        return theirs

    def paused_seconds(self, instance_id: str) -> tuple[float, bool]:
        """Returns how long an instance has waited in all, and whether it does so now."""
        if (session := self._sessions.get(instance_id)) is None:
            return 0.0, False
        return session.paused_seconds(), session.since is not None

    def _hear(self, instance_id: str, session: Session) -> None:
        """Takes what an instance's debugger says; who stops while another one is asked waits."""
        try:
            data = session.socket.recv(PIECE_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._end(session)
            asyncio.get_running_loop().remove_reader(session.socket)
            session.socket.close()
            self._sessions.pop(instance_id, None)
            return
        while data:
            text, mark, data = _split(data)
            if text and session is self._active:
                self._write(printable(text.decode("utf-8", "replace")))
            if mark == DEBUGGER_BEGINS:
                self._begin(session)
            elif mark == DEBUGGER_ENDS:
                self._end(session)
            if session in self._waiting and data:  # shown when its turn has come
                data = b""

    def _begin(self, session: Session) -> None:
        session.since = time.monotonic()
        if self._active is None:
            self._activate(session)
        else:
            self._waiting.append(session)

    def _activate(self, session: Session) -> None:
        self._active = session
        if self._is_over:
            self._send(session, END_OF_INPUT)

    def _end(self, session: Session) -> None:
        session.paused, session.since = session.paused_seconds(), None
        if session in self._waiting:
            self._waiting.remove(session)
        if session is self._active:
            self._active = None
            if self._waiting:
                following = self._waiting.popleft()
                self._activate(following)
                self._send(following, b"where\n")  # what it has said before was not shown

    def _take_typed(self) -> None:
        try:
            data = os.read(self._terminal, PIECE_BYTES)
        except OSError:  # the terminal is gone
            data = b""
        if not data:
            self._is_over = True
            asyncio.get_running_loop().remove_reader(self._terminal)
        if self._active is not None:
            self._send(self._active, data or END_OF_INPUT)

    def _send(self, session: Session, data: bytes) -> None:
        with suppress(OSError):  # it has died, or reads nothing
            session.socket.send(data)


def _split(data: bytes) -> tuple[bytes, bytes, bytes]:
    """Returns the text before the first mark, the mark, and what follows."""
    places = [place for mark in (DEBUGGER_BEGINS, DEBUGGER_ENDS) if (place := data.find(mark)) >= 0]
    if not places:
        return data, b"", b""
    first = min(places)
    return data[:first], data[first : first + 1], data[first + 1 :]


def _to_terminal(text: str) -> None:
    with suppress(OSError):
        sys.stderr.write(text)
        sys.stderr.flush()
