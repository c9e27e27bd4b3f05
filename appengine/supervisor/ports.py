"""Listening sockets, opened before anything is started; a port in use is said by whom."""

import errno
import itertools
import os
import socket
from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path

from appengine.config.settings import Settings

BACKLOG = 1024
MAX_PORT = 2**16 - 1
MAX_COMM = 15
"""Bytes that the kernel keeps of a process's name."""

LISTEN = "0A"  # the kernel's state of a listening TCP socket


class PortError(Exception):
    """A socket cannot be opened; one line says which and why."""


def listen_for(settings: Settings, modules: Sequence[str]) -> list[socket.socket]:
    """Returns a listening socket for each module, then the console's.

    The modules whose ports the operator fixes are left out of the row of ports.

    Raises:
        PortError: one of them cannot be opened.
    """
    fixed, row = settings.module_ports, itertools.count(settings.port)
    listeners = []
    for module in modules:
        if module in fixed:
            port = fixed[module]
        else:
            port = next(row) if settings.port else 0
        listeners.append(listen(settings.host, port))
    listeners.append(listen(settings.admin_host, settings.admin_port))
    return listeners


def listen(host: str, port: int) -> socket.socket:
    """Returns a listening socket; port 0 takes a free one.

    Raises:
        PortError: the host is unknown, the port is in use, not allowed or none.
    """
    if port > MAX_PORT:
        raise PortError(f"port {port} on {host}: ports end at {MAX_PORT}")
    try:
        family, kind, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (socket.gaierror, UnicodeError) as error:
        raise PortError(f"--host {host!r}: {error}") from error
    listener = socket.socket(family, kind)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise PortError(_explain(error, host, port)) from error
    return listener


def listen_unix(path: Path) -> socket.socket:
    """Returns a listening unix socket that only processes of our own user can reach."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    path.chmod(0o600)
    listener.listen(BACKLOG)
    return listener


def port_of(listener: socket.socket) -> int:
    """Returns the port on which a socket listens."""
    port: int = listener.getsockname()[1]
    return port


def is_loopback(listener: socket.socket) -> bool:
    """Returns whether a socket can be reached from this machine only."""
    return ip_address(listener.getsockname()[0]).is_loopback


def _explain(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        owner = _owner(port)
        return f"port {port} on {host} is in use{f' by {owner}' if owner else ''}"
    if error.errno == errno.EACCES:
        return f"port {port} on {host}: only root may use ports below 1024"
    return f"port {port} on {host}: {error.strerror}"


def _owner(port: int) -> str:
    """Returns who listens on a TCP port, `python3 (process 4711)`, where that can be found out."""
    wanted = {f"socket:[{inode}]" for inode in _listening(port)}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if any(_link(entry) in wanted for entry in (process / "fd").iterdir()):
                return f"{_name(process)} (process {process.name})"
        except OSError:  # another user's process, or one that has just ended
            continue
    return ""


def _name(process: Path) -> str:
    """Returns the name of a process for people, from its directory in /proc."""
    if process.name == str(os.getpid()):
        return "this server itself"
    name = (process / "comm").read_text().strip()
    words = (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
    names = [word.rpartition("/")[2] for word in words] if len(name) == MAX_COMM else []
    return next((word for word in names if word.startswith(name)), name)


def _link(entry: Path) -> str:
    try:
        return os.readlink(entry)
    except OSError:  # closed meanwhile
        return ""


def _listening(port: int) -> list[str]:
    inodes = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            lines = Path(table).read_text().splitlines()[1:]
        except OSError:  # not Linux, or no such protocol
            continue
        for line in lines:
            fields = line.split()
            if fields[3] == LISTEN and int(fields[1].rpartition(":")[2], 16) == port:
                inodes.append(fields[9])
    return inodes
