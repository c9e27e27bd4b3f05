"""Attempts to start a process or another program."""

import ctypes
import importlib
import os
import signal
import struct
import subprocess

from appengine.sandbox.cage.system import syscall
from tests.sandbox import machine_code
from tests.sandbox.attempts.attempt import (
    ARGUMENTS,
    AT_FDCWD,
    KERNEL,
    LIBC,
    World,
    attempt,
    check,
    new_file,
    report_child,
)
from tests.sandbox.attempts.writing import write_by_open


def touch_command(world: World) -> list[str]:
    return ["/bin/sh", "-c", f"exec >{new_file(world)}"]


@attempt("clone", "new process", KERNEL, "file")
def run_by_subprocess(world: World) -> bool:
    return subprocess.run(touch_command(world), check=True).returncode == 0


@attempt("clone", "new process", KERNEL, "file")
def run_by_system(world: World) -> bool:
    return os.system(touch_command(world)[2]) == 0


@attempt("clone", "new process", KERNEL, "file")
def run_by_c(world: World) -> bool:
    return LIBC.system(touch_command(world)[2].encode()) == 0


@attempt("clone", "new process", KERNEL, "file")
def run_by_spawn(world: World) -> bool:
    child = os.posix_spawn("/bin/sh", touch_command(world), {})
    return os.waitpid(child, 0)[1] == 0


@attempt("execve", "other program", KERNEL, "file")
def run_by_exec(world: World) -> bool:
    os.execv("/bin/sh", touch_command(world))
    return True


@attempt("execveat", "other program", KERNEL, "file")
def run_by_execveat(world: World) -> bool:
    words = [word.encode() for word in touch_command(world)]
    vector = (ctypes.c_char_p * 4)(*words, None)
    buffer = (ctypes.c_char * ctypes.sizeof(vector)).from_buffer(vector)
    syscall("execveat", AT_FDCWD, b"/bin/sh", buffer, 0, 0)
    return True


@attempt("memfd_create", "other program", KERNEL, "file")
def run_from_memory(world: World) -> bool:
    descriptor = syscall("memfd_create", b"x", 0)
    os.write(descriptor, f"#!/bin/sh\n{touch_command(world)[2]}\n".encode())
    os.execve(descriptor, ["x"], {})
    return True


@attempt("clone", "process", KERNEL, "file")
def run_by_multiprocessing(world: World) -> bool:
    multiprocessing = importlib.import_module("multiprocessing")
    context = multiprocessing.get_context("fork")
    process = context.Process(target=write_by_open, args=(world,))
    process.start()
    process.join()
    return process.exitcode == 0


@attempt("clone", "new process", ARGUMENTS)
def fork_by_python(world: World) -> bool:
    return report_child(os.fork())


@attempt("clone", "new process", ARGUMENTS)
def fork_by_c(world: World) -> bool:
    return report_child(check(LIBC.fork()))


@attempt("fork", "new process", KERNEL)
def fork_by_call(world: World) -> bool:
    return report_child(syscall("fork"))


@attempt("clone", "new process", ARGUMENTS)
def fork_by_clone(world: World) -> bool:
    return report_child(syscall("clone", signal.SIGCHLD, 0, 0, 0, 0))


@attempt("clone3", "new process", KERNEL)
def fork_by_clone3(world: World) -> bool:
    arguments = struct.pack("=11Q", 0, 0, 0, 0, signal.SIGCHLD, 0, 0, 0, 0, 0, 0)
    return report_child(syscall("clone3", arguments, len(arguments)))


@attempt("clone", "new process", ARGUMENTS)
def fork_by_machine_code(world: World) -> bool:
    return report_child(machine_code.call("clone", signal.SIGCHLD))


@attempt("clone", "user namespace", ARGUMENTS)
def fork_into_new_user(world: World) -> bool:
    return report_child(syscall("clone", 0x10000000 | signal.SIGCHLD, 0, 0, 0, 0))
