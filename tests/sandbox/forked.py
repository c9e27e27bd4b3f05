"""A child for one test: what it does to itself, for good, ends with it."""

import json
import os
from collections.abc import Callable
from contextlib import suppress
from typing import Any

STANDARD = 2
FOREIGN: set[int] = set()
"""What other tests hold open: it would count against the limits of a test's child."""


def note_foreign() -> None:
    """Notes the descriptors that are open before a test, but for the standard ones."""
    FOREIGN.clear()
    for number in [int(name) for name in os.listdir("/proc/self/fd")]:
        with suppress(OSError):  # the look at the directory has had one of its own
            os.fstat(number)
            if number > STANDARD:
                FOREIGN.add(number)


def in_child(act: Callable[[], Any]) -> Any:
    """Returns what `act` returns in a forked child, as JSON carries it.

    Raises:
        OSError: the child raised one; its number and text.
        AssertionError: the child raised something else, or died.
    """
    receiver, sender = os.pipe()
    child = os.fork()
    if child == 0:
        for number in FOREIGN:
            with suppress(OSError):
                os.close(number)
        FOREIGN.clear()  # a child of this one may have the numbers for its own
        try:
            answer = {"value": act()}
        except OSError as error:
            answer = {"errno": error.errno, "text": str(error), "class": type(error).__name__}
        except BaseException as error:
            answer = {"failed": f"{type(error).__name__}: {error}"}
        os.write(sender, json.dumps(answer).encode())
        os._exit(0)
    os.close(sender)
    with open(receiver, "rb") as answers:
        data = answers.read()
    _, status = os.waitpid(child, 0)
    assert data, f"the child ended with {os.waitstatus_to_exitcode(status)}"
    answer = json.loads(data)
    assert "failed" not in answer, answer["failed"]
    if "errno" in answer:
        raise OSError(answer["errno"], answer["text"])
    return answer["value"]


def refusal(act: Callable[[], Any]) -> tuple[str, int, str]:
    """Returns the class, number and text of the OSError that `act` raises, here and now."""
    try:
        act()
    except OSError as error:
        return type(error).__name__, error.errno, str(error)
    raise AssertionError("it was not refused")
