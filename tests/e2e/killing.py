"""Starts `dev_appserver.py` whose workers kill themselves: `killing.py FILE POINTS TIMES -- …`.

A line of the file is one kill that was; its number says at which point of a commit the next one
is, and in which commit. Only tests can do this: the product has no flag for it.
"""

import os
import random
import signal
import sys
from pathlib import Path

from appengine.cli.dev_appserver import main
from appengine.storage import engine

separator = sys.argv.index("--")
schedule, points, times = Path(sys.argv[1]), sys.argv[2].split(","), int(sys.argv[3])
passed = dict.fromkeys(points, 0)


def reach(point: str) -> None:
    """Ends the process if it is the turn of this point, and of this one of its commits."""
    if point not in passed:
        return
    passed[point] += 1
    kills = schedule.read_text().count("\n")
    is_next = kills < times and point == points[kills % len(points)]
    if is_next and passed[point] >= random.Random(kills).randint(1, 8):
        with schedule.open("a") as file:
            file.write(f"{point}\n")
        os.kill(os.getpid(), signal.SIGKILL)


original = engine.Storage.__init__


def open_storage(self: engine.Storage, path: Path, *arguments: object, **options: object) -> None:
    """Opens a file of data; the application's one has the schedule."""
    original(self, path, *arguments, **options)  # type: ignore[arg-type]  # passed on
    if path.name == "trial.db":
        self.reach = reach


engine.Storage.__init__ = open_storage  # type: ignore[method-assign,assignment]  # for the forks
raise SystemExit(main(sys.argv[separator + 1 :]))
