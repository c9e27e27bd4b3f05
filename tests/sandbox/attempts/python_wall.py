"""Attempts that first go around the Python wall: none of safety rests on it."""

import gc
import importlib
import os
import socket
import sys

from tests.sandbox.attempts.attempt import (
    ARGUMENTS,
    KERNEL,
    ROOT,
    World,
    attempt,
    new_file,
    report_child,
)
from tests.sandbox.attempts.sockets import message
from tests.sandbox.attempts.writing import write_by_open


@attempt("openat", "new file", ROOT, "file")
def write_from_other_interpreter(world: World) -> bool:
    """A sub-interpreter has no audit hooks."""
    name = "_interpreters" if sys.version_info >= (3, 13) else "_xxsubinterpreters"
    interpreters = importlib.import_module(name)
    number = interpreters.create()
    interpreters.run_string(number, f"open({new_file(world)!r}, 'w').close()")
    return True


@attempt("openat", "file", ROOT, "file")
def write_with_hook_replaced(world: World) -> bool:
    """Finds the hook among all objects and gives it the code of another function."""
    for thing in gc.get_objects():
        if type(thing).__name__ == "function" and thing.__name__ == "hear":
            thing.__code__ = (lambda self, event, arguments: None).__code__
    return write_by_open(world)


@attempt("openat", "new file", ROOT, "file")
def write_with_sentences_removed(world: World) -> bool:
    wall = sys.modules["appengine.sandbox.cage.python_wall"]
    wall.SENTENCES.clear()
    wall.WRITING = 0
    return write_by_open(world)


@attempt("socket", "TCP", KERNEL, "message")
def connect_with_original_class(world: World) -> int:
    made = importlib.import_module("_socket").socket(socket.AF_INET, socket.SOCK_STREAM)
    made.connect(("127.0.0.1", world["tcp"]))
    return made.send(message(world))


@attempt("clone", "new process", ARGUMENTS)
def fork_with_permission(world: World) -> bool:
    for thing in gc.get_objects():
        if type(thing).__name__ == "PythonWall":
            with thing.permit_fork():
                return report_child(os.fork())
    return report_child(os.fork())
