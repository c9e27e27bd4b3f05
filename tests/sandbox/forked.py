"""A child for one test: what it does to itself, for good, ends with it."""

import json
import os
from collections.abc import Callable
from typing import Any


def in_child(act: Callable[[], Any]) -> Any:
    """Returns what `act` returns in a forked child, as JSON carries it.

    Raises:
        OSError: the child raised one; its number and text.
        AssertionError: the child raised something else, or died.
    """
    receiver, sender = os.pipe()
    child = os.fork()
    if child == 0:
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
