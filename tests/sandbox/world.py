"""What attempts reach for: files, sockets and a process outside of the cage, all made for it.

Everything would be open to the caged process by its mode: only the cage is in the way.
"""

import contextlib
import os
import secrets
import select
import socket
import subprocess
import sys
from pathlib import Path

PAGES = ("page.txt", "mode.txt", "open.txt", "time.txt", "size.txt")
"""The application's files; the last four are for one attempt each."""

VICTIM = """
import ctypes, os, signal, sys
if user := int(sys.argv[2]):
    os.setgroups([]); os.setresgid(user, user, user); os.setresuid(user, user, user)
    ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)
secret = ctypes.create_string_buffer(sys.argv[1].encode())
def record(number, frame): os.write(1, b"signal %d\\n" % number)
for number in range(1, 65):
    if number not in (9, 17, 19, 32, 33): signal.signal(number, record)
os.write(1, b"%d\\n" % ctypes.addressof(secret))
os.read(0, 1)
"""


class World:
    """The outside, for one run of all attempts."""

    def __init__(self, directory: Path, user: int, starter: int = 0) -> None:
        """Makes it; `user` is whom the attempts run as, `starter` who starts their cage."""
        self.token = secrets.token_hex(16)
        self.directory = directory
        self.outside = directory / "outside"
        self.application = directory / "application"
        self._make_files()
        if os.geteuid() == 0:
            os.chown(self.application / "locked.txt", starter, starter)
        self._sockets: dict[str, socket.socket] = {}
        self._make_sockets()
        self.victim = subprocess.Popen(
            [sys.executable, "-I", "-c", VICTIM, self.token, str(user)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        assert self.victim.stdout
        self.address = int(self.victim.stdout.readline())

    def _make_files(self) -> None:
        self.directory.chmod(0o755)
        for folder in (self.outside, self.outside / "writable", self.application):
            folder.mkdir()
            folder.chmod(0o777)
        for path in (self.outside / "secret.txt", self.outside / "changed.txt"):
            path.write_text(self.token)
            path.chmod(0o666)
        for name in PAGES:
            (self.application / name).write_text("page")
            (self.application / name).chmod(0o666)
        (self.application / "locked.txt").write_text(self.token)
        (self.application / "locked.txt").chmod(0)
        (self.application / "link").symlink_to(self.outside / "secret.txt")
        (self.application / "root").symlink_to("/")

    def _make_sockets(self) -> None:
        places = {
            "tcp": (socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0)),
            "udp": (socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0)),
            "stream": (socket.AF_UNIX, socket.SOCK_STREAM, str(self.outside / "stream")),
            "datagram": (socket.AF_UNIX, socket.SOCK_DGRAM, str(self.outside / "datagram")),
            "abstract_stream": (socket.AF_UNIX, socket.SOCK_STREAM, f"\0{self.token}s"),
            "abstract_datagram": (socket.AF_UNIX, socket.SOCK_DGRAM, f"\0{self.token}d"),
        }
        for name, (family, kind, place) in places.items():
            made = self._sockets[name] = socket.socket(family, kind)
            made.bind(place)
            made.setblocking(False)
            if kind == socket.SOCK_STREAM:
                made.listen(64)
        for name in ("stream", "datagram"):
            (self.outside / name).chmod(0o777)

    def describe(self) -> dict[str, object]:
        """Returns what an attempt knows; a real one would have to guess."""
        return {
            "token": self.token,
            "outside": str(self.outside),
            "victim": self.victim.pid,
            "address": self.address,
            "tcp": self._sockets["tcp"].getsockname()[1],
            "udp": self._sockets["udp"].getsockname()[1],
            "descriptor": 200,
        }

    def effects(self) -> set[str]:
        """Returns what really happened: names of attempts, and numbers of signals."""
        seen = {path.name for path in (self.outside / "writable").iterdir()}
        seen |= {path.name for path in self.application.iterdir()}
        for changed in (self.outside / "changed.txt", *map(self.application.joinpath, PAGES)):
            seen |= {f"mode {changed.stat().st_mode & 0o7777:o} of {changed.name}"}
            seen |= {f"time {int(changed.stat().st_mtime)} of {changed.name}"}
            seen |= {f"size {changed.stat().st_size} of {changed.name}"}
            seen |= set(changed.read_text().split())
        return seen | self._received() | self._signalled()

    def _received(self) -> set[str]:
        seen = set()
        for made in self._sockets.values():
            with contextlib.suppress(BlockingIOError):
                while True:
                    if made.type == socket.SOCK_STREAM:
                        with made.accept()[0] as connection:
                            connection.settimeout(1)
                            seen.add(connection.recv(100).decode())
                    else:
                        seen.add(made.recv(100).decode())
        return seen

    def _signalled(self) -> set[str]:
        assert self.victim.stdout
        seen = ""
        while select.select([self.victim.stdout], [], [], 0.05)[0]:
            piece = os.read(self.victim.stdout.fileno(), 4096).decode()
            if not piece:
                seen += f"victim died {self.victim.wait()}"
                break
            seen += piece
        return set(seen.splitlines())

    def close(self) -> None:
        """Ends the victim and closes the sockets."""
        self.victim.kill()
        self.victim.communicate()
        for made in self._sockets.values():
            made.close()
