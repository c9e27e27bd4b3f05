"""The keeper: begins a cage before it is known for whom, forks its zygote and waits for it.

It never runs application code. In its namespaces the zygote is process 1: when it dies, the
kernel kills every instance, and then the keeper ends with the zygote's status.
"""

import os
import signal
import socket
import sys
import traceback
from typing import NoReturn

from appengine.rpc.boot import (
    MAX_MESSAGE_BYTES,
    CageFailed,
    KeeperStarted,
    Prepare,
    decode,
    encode,
)
from appengine.sandbox import zygote
from appengine.sandbox.cage.limits import close_all_but, die_with_parent
from appengine.sandbox.cage.namespaces import enter_namespaces, open_sources
from appengine.sandbox.cage.system import name_process
from appengine.sandbox.view import View


def run(descriptors: list[int], view: View) -> NoReturn:
    """Runs in a fresh fork of the nursery: control socket, output and error output."""
    control_number, output, errors = descriptors
    control = socket.socket(fileno=control_number)
    try:
        os.setsid()
        die_with_parent()
        name_process("keeper")
        _redirect(output, errors)
        control.send(encode(KeeperStarted()))
        if data := control.recv(MAX_MESSAGE_BYTES):  # else it is not needed any more
            prepare: Prepare = decode(data, Prepare)
            _start(control, prepare, view)
    except BaseException as error:  # whatever it was, nothing may run on
        traceback.print_exc()
        control.send(encode(CageFailed(f"{type(error).__name__}: {error}")))
    os._exit(70)


def _redirect(output: int, errors: int) -> None:
    """Gives the version its own standard streams."""
    null = os.open(os.devnull, os.O_RDONLY)
    for number, target in ((null, 0), (output, 1), (errors, 2)):
        os.dup2(number, target)
        os.close(number)


def _start(control: socket.socket, prepare: Prepare, view: View) -> None:
    mounts = view.shared_mounts(prepare.isolated)
    held = []
    if prepare.isolated:
        enter_namespaces()
        held = open_sources(mounts)
    child = os.fork()
    if child == 0:
        zygote.run(control, mounts, held if prepare.isolated else None)
    close_all_but(())
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    sys.stderr.flush()
    if code < 0:
        signal.signal(-code, signal.SIG_DFL) if -code not in (9, 19) else None
        os.kill(os.getpid(), -code)
    os._exit(code & 255)
