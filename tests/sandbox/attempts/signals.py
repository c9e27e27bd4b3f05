"""Attempts to signal, see, trace or read another process."""

import ctypes
import fcntl
import os
import resource
import signal
import socket
import struct

from appengine.sandbox.cage.system import syscall
from tests.sandbox import machine_code
from tests.sandbox.attempts.attempt import ARGUMENTS, KERNEL, ROOT, World, attempt

KEPT_IN_ZYGOTE = ctypes.create_string_buffer(b"kept", 4)
"""At the same address in the zygote and in each of its instances."""


@attempt("kill", "victim", ARGUMENTS, "signal", sign="signal 10")
def signal_by_kill(world: World) -> bool:
    os.kill(world["victim"], signal.SIGUSR1)
    return True


@attempt("kill", "victim", ARGUMENTS, "signal", sign="signal 12")
def signal_by_machine_code(world: World) -> bool:
    return machine_code.call("kill", world["victim"], signal.SIGUSR2) == 0


@attempt("tgkill", "victim", ARGUMENTS, "signal", sign="signal 23")
def signal_by_tgkill(world: World) -> bool:
    return syscall("tgkill", world["victim"], world["victim"], signal.SIGURG) == 0


@attempt("tkill", "victim", KERNEL, "signal", sign="signal 28")
def signal_by_tkill(world: World) -> bool:
    return syscall("tkill", world["victim"], signal.SIGWINCH) == 0


@attempt("kill", "victim", ARGUMENTS, "signal", sign="signal 1")
def signal_by_group(world: World) -> bool:
    os.killpg(world["victim"], signal.SIGHUP)
    return True


@attempt("rt_sigqueueinfo", "victim", KERNEL, "signal", sign="signal 15")
def signal_by_queue(world: World) -> bool:
    information = struct.pack("=4i", signal.SIGTERM, 0, -1, 0) + bytes(112)
    return syscall("rt_sigqueueinfo", world["victim"], signal.SIGTERM, information) == 0


@attempt("pidfd_send_signal", "victim", KERNEL, "signal", sign="signal 14")
def signal_by_pidfd(world: World) -> bool:
    descriptor = syscall("pidfd_open", world["victim"], 0)
    return syscall("pidfd_send_signal", descriptor, signal.SIGALRM, 0, 0) == 0


@attempt("fcntl", "victim", ARGUMENTS, "signal", sign="signal 26")
def signal_by_owner(world: World) -> bool:
    """Has the kernel signal whoever owns a descriptor when something arrives."""
    ours, other = socket.socketpair()
    fcntl.fcntl(ours, fcntl.F_SETOWN, world["victim"])
    fcntl.fcntl(ours, fcntl.F_SETSIG, signal.SIGVTALRM)
    fcntl.fcntl(ours, fcntl.F_SETFL, os.O_ASYNC)
    return other.send(b"x") == 1


@attempt("kill", "existence", ARGUMENTS)
def see_process(world: World) -> bool:
    os.kill(world["victim"], 0)
    return True


@attempt("getpgid", "existence", "namespaces (processes)")
def see_group(world: World) -> bool:
    return os.getpgid(world["victim"]) > 0


@attempt("sched_getscheduler", "existence", "namespaces (processes)")
def see_scheduler(world: World) -> bool:
    return os.sched_getscheduler(world["victim"]) >= 0


@attempt("ptrace", "victim", KERNEL)
def trace_by_attach(world: World) -> bool:
    attach = 0x4206  # PTRACE_SEIZE: the victim is not stopped
    return syscall("ptrace", attach, world["victim"], 0, 0) == 0


@attempt("ptrace", "itself", KERNEL)
def trace_itself(world: World) -> bool:
    return syscall("ptrace", 0, 0, 0, 0) == 0


@attempt("process_vm_readv", "victim", KERNEL, "secret")
def read_memory(world: World) -> bytes:
    buffer = ctypes.create_string_buffer(32)
    ours = struct.pack("=2Q", ctypes.addressof(buffer), 32)
    theirs = struct.pack("=2Q", world["address"], 32)
    syscall("process_vm_readv", world["victim"], ours, 1, theirs, 1, 0)
    return buffer.raw


@attempt("openat", "/proc/N/mem", ROOT, "secret")
def read_memory_by_proc(world: World) -> bytes:
    with open(f"/proc/{world['victim']}/mem", "rb", buffering=0) as memory:
        memory.seek(world["address"])
        return memory.read(32)


@attempt("pidfd_getfd", "victim", KERNEL)
def steal_descriptor(world: World) -> bool:
    descriptor = syscall("pidfd_open", world["victim"], 0)
    return syscall("pidfd_getfd", descriptor, 0, 0) > 0


@attempt("kcmp", "victim", KERNEL)
def compare_processes(world: World) -> bool:
    return syscall("kcmp", os.getpid(), world["victim"], 0, 0, 0) >= 0


@attempt("kill", "its zygote", ARGUMENTS)
def see_zygote(world: World) -> bool:
    os.kill(os.getppid() or 1, 0)
    return True


@attempt("ptrace", "its zygote", KERNEL)
def trace_zygote(world: World) -> bool:
    return syscall("ptrace", 0x4206, os.getppid() or 1, 0, 0) == 0


@attempt("process_vm_writev", "its zygote", KERNEL)
def write_memory_of_zygote(world: World) -> bool:
    buffer = ctypes.create_string_buffer(b"same", 4)
    here = struct.pack("=2Q", ctypes.addressof(buffer), 4)
    KEPT_IN_ZYGOTE.raw = b"then"
    there = struct.pack("=2Q", ctypes.addressof(KEPT_IN_ZYGOTE), 4)
    return syscall("process_vm_writev", os.getppid() or 1, here, 1, there, 1, 0) == 4


@attempt("setpriority", "victim", KERNEL)
def slow_down(world: World) -> bool:
    return syscall("setpriority", 0, world["victim"], 1) == 0


@attempt("sched_setaffinity", "victim", ARGUMENTS)
def bind_to_processor(world: World) -> bool:
    os.sched_setaffinity(world["victim"], {0})
    return True


@attempt("prlimit64", "victim", ARGUMENTS)
def limit_other(world: World) -> bool:
    resource.prlimit(world["victim"], resource.RLIMIT_CORE, (0, 0))
    return True
