"""Attempts to talk to somebody."""

import errno
import os
import socket
import struct

from appengine.sandbox.cage.system import syscall
from tests.sandbox import machine_code
from tests.sandbox.attempts.attempt import ARGUMENTS, KERNEL, ROOT, World, attempt


def message(world: World) -> bytes:
    return world["name"].encode()


@attempt("socket", "TCP", KERNEL, "message")
def connect_by_python(world: World) -> int:
    connection = socket.create_connection(("127.0.0.1", world["tcp"]))
    connection.sendall(message(world))
    connection.shutdown(socket.SHUT_WR)
    return len(connection.recv(1))  # behind the Python wall it is read as HTTP, and then refused


def raw_socket(family: int, kind: int) -> socket.socket:
    return socket.socket(fileno=syscall("socket", family, kind, 0))


@attempt("socket", "TCP", KERNEL, "message")
def connect_by_call(world: World) -> int:
    made = raw_socket(socket.AF_INET, socket.SOCK_STREAM)
    address = struct.pack("=H", 2) + struct.pack("!H4B", world["tcp"], 127, 0, 0, 1) + bytes(8)
    syscall("connect", made.fileno(), address, 16)
    return made.send(message(world))


@attempt("socket", "TCP", KERNEL, "message")
def connect_by_machine_code(world: World) -> int:
    descriptor = machine_code.call("socket", socket.AF_INET, socket.SOCK_STREAM)
    address = struct.pack("=H", 2) + struct.pack("!H4B", world["tcp"], 127, 0, 0, 1) + bytes(8)
    machine_code.call("connect", descriptor, machine_code.address_of(address), 16)
    return os.write(descriptor, message(world))


@attempt("socket", "UDP", KERNEL, "message")
def send_datagram(world: World) -> int:
    made = raw_socket(socket.AF_INET, socket.SOCK_DGRAM)
    return made.sendto(message(world), ("127.0.0.1", world["udp"]))


@attempt("socket", "unix socket", KERNEL, "message")
def connect_by_path(world: World) -> int:
    made = raw_socket(socket.AF_UNIX, socket.SOCK_STREAM)
    made.connect(os.path.join(world["outside"], "stream"))
    return made.send(message(world))


@attempt("socket", "unix", KERNEL, "message")
def connect_by_abstract_name(world: World) -> int:
    made = raw_socket(socket.AF_UNIX, socket.SOCK_STREAM)
    made.connect(f"\0{world['token']}s")
    return made.send(message(world))


def send_by_pair(world: World, place: str) -> int:
    ours, _ = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    address = struct.pack("=H", 1) + place.encode()
    data = message(world)
    return syscall("sendto", ours.fileno(), data, len(data), 0, address, len(address))


@attempt("sendto", "unix", ARGUMENTS, "message")
def send_by_pair_to_path(world: World) -> int:
    return send_by_pair(world, os.path.join(world["outside"], "datagram"))


@attempt("sendto", "unix", ARGUMENTS, "message")
def send_by_pair_to_abstract_name(world: World) -> int:
    return send_by_pair(world, f"\0{world['token']}d")


@attempt("sendmsg", "unix socket", KERNEL, "message")
def send_by_sendmsg(world: World) -> int:
    made = raw_socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    return made.sendmsg([message(world)], [], 0, f"\0{world['token']}d")


@attempt("sendmsg", "descriptor", KERNEL)
def pass_descriptor(world: World) -> bool:
    ours, other = socket.socketpair()
    socket.send_fds(ours, [b"x"], [0])
    return bool(socket.recv_fds(other, 1, 1)[1])


@attempt("socket", "TCP", KERNEL)
def listen_for_others(world: World) -> bool:
    made = raw_socket(socket.AF_INET, socket.SOCK_STREAM)
    made.bind(("127.0.0.1", 0))
    made.listen()
    return True


@attempt("sendto", "out-of-band data", ARGUMENTS)
def send_out_of_band(world: World) -> bool:
    ours, other = socket.socketpair()
    ours.send(b"x", socket.MSG_OOB)
    return other.recv(1, socket.MSG_OOB) == b"x"


@attempt("recvfrom", "out-of-band data", ARGUMENTS)
def receive_out_of_band(world: World) -> bool:
    ours, other = socket.socketpair()
    ours.send(b"x")
    try:
        other.recv(1, socket.MSG_OOB)
    except OSError as error:
        if error.errno != errno.EINVAL:  # the kernel's answer: there is none
            raise
    return True


@attempt("setsockopt", "kernel memory", KERNEL)
def set_option(world: World) -> bool:
    ours, _ = socket.socketpair()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2**20)
    return True


@attempt("socket", "netlink", KERNEL)
def ask_kernel(world: World) -> bool:
    return raw_socket(socket.AF_NETLINK, socket.SOCK_RAW).fileno() > 0


@attempt("socket", "packets", KERNEL)
def open_packet_socket(world: World) -> bool:
    return raw_socket(socket.AF_PACKET, socket.SOCK_RAW).fileno() > 0


@attempt("socket", "ciphers", KERNEL, control=False)
def open_algorithm_socket(world: World) -> bool:
    return raw_socket(socket.AF_ALG, socket.SOCK_SEQPACKET).fileno() > 0


@attempt("socket", "host of the VM", KERNEL, control=False)
def open_vm_socket(world: World) -> bool:
    return raw_socket(socket.AF_VSOCK, socket.SOCK_STREAM).fileno() > 0


@attempt("openat", "/etc/hosts", ROOT)
def resolve_name(world: World) -> bool:
    return bool(socket.getaddrinfo("localhost", 80))
