"""A soak: clients ask while instances die at random; all are answered, and nothing leaks.

Run: `python -m benchmarks.soak --seconds 600`, and once more with `--isolation request`. The exit
status is 1 where something was wrong.
"""

import argparse
import collections
import http.client
import os
import random
import signal
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from benchmarks.processes import family, private_mb
from tests.e2e.serving import DevServer, wait_until, wsgi_application

SOURCE = """
import ctypes, os
from google.appengine.ext import db

class Note(db.Model):
    count = db.IntegerProperty(default=0)

def count(name):
    note = Note.get_by_key_name(name) or Note(key_name=name)
    note.count += 1
    note.put()
    return note.count

def app(environ, start_response):
    path = environ["PATH_INFO"]
    body = environ["wsgi.input"].read()
    if path == "/loop":
        while True:
            pass
    if path == "/crash":
        ctypes.string_at(0)
    if path == "/leave":
        os._exit(3)
    if path == "/raise":
        raise KeyError("raised")
    if path == "/memory":
        bytearray(2**40)
    answer = b"fine"
    if path == "/note":
        answer = b"%d" % db.run_in_transaction(count, environ["QUERY_STRING"])
    if path == "/large":
        answer = b"x" * 1_000_000
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [answer, body]
"""
WEIGHTS = {
    **{"/": 1000, "/note": 500, "/body": 300, "/large": 100, "/raise": 100, "/memory": 50},
    **{"/loop": 2, "/crash": 3, "/leave": 3},
}
"""How often each is asked for; the last three end their instance."""

DEADLY = ("/loop", "/crash", "/leave")
ANSWERS = (200, 500, 503)
CLIENTS = 6
KEPT_SHARE = 0.9
"""Of the requests that come on a connection that is kept open."""

KILL_SECONDS = 1.0
"""Mean time between two kills from outside."""

ZYGOTE_SHARE = 0.03
"""Of the kills that strike a zygote, and with it all its instances."""

SETTLE_SECONDS = 20.0
WARM_UP_SHARE = 0.25
MAX_INSTANCES = 4
FILES_OF_AN_INSTANCE = 3
"""That the supervisor holds: its pidfd, and the pipes of its output."""

SPARE_FILES = 4
GROWTH_MB = {"front's worker": 24.0}
"""What a role's private memory may grow by: the C library keeps room for bodies of all sizes."""

OTHERS_GROWTH_MB = 6.0

SERVERS = {"appengine-front": "front", "appengine-admin": "console"}
"""The supervisor's forks by name."""


class Answer(msgspec.Struct):
    """One answer: status 0 is none."""

    path: str
    status: int
    seconds: float
    problem: str = ""


class Picture(msgspec.Struct):
    """What there is at a quiet moment: processes by role, their open files and memory."""

    instances: int
    roles: dict[str, list[int]]
    files: dict[str, int]
    megabytes: dict[str, float]


class Result(msgspec.Struct):
    """What came of it."""

    seconds: float
    answers: list[Answer]
    kills: int
    before: Picture
    after: Picture
    problems: list[str]


class Client(threading.Thread):
    """Asks one request after the other, until it is told to stop."""

    def __init__(self, address: tuple[str, int], seed: int, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self._address, self._chance, self._stop_event = address, random.Random(seed), stop
        self._connection = self._connect()
        self.answers: list[Answer] = []

    def run(self) -> None:
        """Asks."""
        paths, weights = list(WEIGHTS), list(WEIGHTS.values())
        while not self._stop_event.is_set():
            self.answers.append(self._ask(self._chance.choices(paths, weights)[0]))
            if self.answers[-1].problem or self._chance.random() > KEPT_SHARE:
                self._connection.close()
                self._connection = self._connect()
        self._connection.close()

    def _connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(*self._address, timeout=60)

    def _ask(self, path: str) -> Answer:
        body = self._chance.randbytes(self._chance.randrange(200_000)) if path == "/body" else None
        target = f"{path}?{self._chance.randrange(100)}"
        started = time.monotonic()
        try:
            self._connection.request("POST" if body else "GET", target, body=body)
            response = self._connection.getresponse()
            received = response.read()
        except (OSError, http.client.HTTPException) as error:
            seconds = time.monotonic() - started
            return Answer(path, 0, seconds, f"{path}: {type(error).__name__}: {error}")
        problem = judge(path, response.status, body, received)
        return Answer(path, response.status, time.monotonic() - started, problem)


def judge(path: str, status: int, sent: bytes | None, received: bytes) -> str:
    """Returns what is wrong with an answer; "" if nothing is."""
    if status not in ANSWERS:
        return f"{path}: status {status}: {received[:200]!r}"
    if not received:
        return f"{path}: status {status} without a body"
    if status == http.client.OK and path == "/body" and received != b"fine" + (sent or b""):
        return f"{path}: {len(received)} bytes came back of {len(sent or b'')}"
    if status == http.client.OK and path in (*DEADLY, "/raise", "/memory"):
        return f"{path}: answered with 200"
    return ""


class Killer(threading.Thread):
    """Kills instances, and now and then a zygote, at random times."""

    def __init__(self, server: DevServer, seed: int, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self._server, self._chance, self._stop_event = server, random.Random(seed), stop
        self.kills = 0

    def run(self) -> None:
        """Kills."""
        while not self._stop_event.wait(self._chance.expovariate(1 / KILL_SECONDS)):
            roles = find_roles(self._server.pid)
            role = "zygote" if self._chance.random() < ZYGOTE_SHARE else "instance"
            victims = roles[role]
            if role == "instance":  # and what forks of them serve a request each
                victims = [each for pid in victims for each in (pid, *children_of(pid))]
            if victims:
                with suppress(ProcessLookupError):
                    os.kill(self._chance.choice(victims), signal.SIGKILL)
                    self.kills += 1


def find_roles(supervisor: int) -> dict[str, list[int]]:
    """Returns the server's processes by role; whatever fits in none is a "stray"."""
    roles: dict[str, list[int]] = collections.defaultdict(list, supervisor=[supervisor])
    for child in children_of(supervisor):
        if "appengine.sandbox.nursery" in _read(f"/proc/{child}/cmdline"):
            role = "nursery"
        else:
            role = SERVERS.get(_read(f"/proc/{child}/comm").strip(), "stray")
        roles[role].append(child)
        if role == "nursery":
            for keeper in children_of(child):
                roles["keeper"].append(keeper)
                for zygote in children_of(keeper):
                    instances = children_of(zygote)
                    roles["zygote" if instances else "zygote in reserve"].append(zygote)
                    roles["instance"] += instances
        else:
            roles[f"{role}'s worker"] += family(child)[1:]
    return roles


def children_of(pid: int) -> list[int]:
    """Returns the process numbers of a process's children."""
    found = []
    for thread in Path(f"/proc/{pid}/task").glob("*/children"):
        found += [int(word) for word in _read(thread).split()]
    return found


def _read(path: str | Path) -> str:
    try:
        return Path(path).read_text(errors="replace")
    except OSError:  # the process has ended
        return ""


def take_picture(server: DevServer) -> Picture:
    """Returns what there is now, when the instances that were due have come."""
    wait_until(lambda: is_settled(find_roles(server.pid)), SETTLE_SECONDS)
    roles = find_roles(server.pid)
    files, megabytes = {}, {}
    for role, pids in roles.items():
        if role not in ("instance", "keeper") and pids:
            files[role] = max(map(count_files, pids))
            megabytes[role] = max(private_mb(pid) for pid in pids)
    return Picture(len(roles["instance"]), dict(roles), files, megabytes)


def is_settled(roles: dict[str, list[int]]) -> bool:
    """Returns whether one zygote is there, with instances, and nothing is about to be reaped."""
    counts = {role: len(pids) for role, pids in roles.items()}
    dead = [pid for pids in roles.values() for pid in pids if is_dead(pid)]
    zygotes = counts.get("zygote"), counts.get("zygote in reserve")
    alone = (counts.get("keeper"), *zygotes) == (2, 1, 1)
    return alone and 2 <= counts.get("instance", 0) <= MAX_INSTANCES and not dead


def is_dead(pid: int) -> bool:
    """Returns whether a process has ended, reaped or not."""
    return _read(f"/proc/{pid}/stat").rpartition(")")[2].split()[:1] in ([], ["Z"])


def count_files(pid: int) -> int:
    """Returns the open files of a process but those of data, of which each reader takes two."""
    folder, count = Path(f"/proc/{pid}/fd"), 0
    for descriptor in list(folder.iterdir()):
        with suppress(OSError):  # closed meanwhile
            count += not os.readlink(descriptor).endswith((".db", ".db-wal"))
    return count


def find_leaks(before: Picture, after: Picture) -> Iterator[str]:
    """Yields what there is more of than before."""
    for role in before.roles.keys() | after.roles.keys():
        old, new = (len(picture.roles.get(role, [])) for picture in (before, after))
        if role != "instance" and old != new:
            yield f"{new} processes of role {role!r}; {old} before"
    for role, old in before.files.items():
        more = after.instances - before.instances if role == "supervisor" else 0
        allowed = old + SPARE_FILES + max(0, more) * FILES_OF_AN_INSTANCE
        if after.files.get(role, 0) > allowed:
            yield f"{role}: {after.files[role]} open files; {old} before"
    for role, size in before.megabytes.items():
        allowed_mb = size + GROWTH_MB.get(role, OTHERS_GROWTH_MB)
        if after.megabytes.get(role, 0) > allowed_mb:
            yield f"{role}: {after.megabytes[role]:.1f} MB; {size:.1f} before"


def soak(seconds: float, seed: int, isolation: str = "instance") -> Result:
    """Returns what came of asking for some seconds while instances died."""
    with tempfile.TemporaryDirectory() as folder:
        app = wsgi_application(Path(folder) / "app", SOURCE, name="soak")
        with (app / "app.yaml").open("a") as yaml:
            yaml.write(f"platform:\n  isolation: {isolation}\n")
        flags = ("--request_deadline=1", f"--max_module_instances={MAX_INSTANCES}")
        with DevServer([app], *flags) as server:
            warm_up, _ = disturb(server, seconds * WARM_UP_SHARE, seed)
            before = take_picture(server)
            answers, kills = disturb(server, seconds * (1 - WARM_UP_SHARE), seed + 1)
            after = take_picture(server)
    answers += warm_up
    problems = [answer.problem for answer in answers if answer.problem]
    problems += find_leaks(before, after)
    return Result(seconds, answers, kills, before, after, problems)


def disturb(server: DevServer, seconds: float, seed: int) -> tuple[list[Answer], int]:
    """Has clients ask and instances die for some seconds; returns answers and kills."""
    stop = threading.Event()
    clients = [Client(server.address(), seed * 100 + number, stop) for number in range(CLIENTS)]
    killer = Killer(server, seed, stop)
    for thread in (*clients, killer):
        thread.start()
    stop.wait(seconds)
    stop.set()
    for thread in (*clients, killer):
        thread.join()
    return [answer for client in clients for answer in client.answers], killer.kills


def report(result: Result) -> Iterator[str]:
    """Yields the lines for people."""
    statuses = collections.Counter(answer.status for answer in result.answers)
    times = sorted(answer.seconds * 1000 for answer in result.answers)
    yield f"{len(times)} requests in {result.seconds:g} s, by status: {dict(statuses)}"
    p99, median = times[int(len(times) * 0.99)], statistics.median(times)
    yield f"milliseconds: median {median:.1f}, p99 {p99:.0f}, longest {times[-1]:.0f}"
    deaths = sum(answer.path in DEADLY and answer.status != 503 for answer in result.answers)
    yield f"instances killed from outside: {result.kills}; that ended themselves: {deaths}"
    for role, files in result.after.files.items():
        old, new = result.before.megabytes[role], result.after.megabytes[role]
        yield f"{role}: {result.before.files[role]} -> {files} files, {old:.1f} -> {new:.1f} MB"
    problems = collections.Counter(result.problems)
    yield from (f"WRONG, {count} times: {problem}" for problem, count in problems.items())


def main() -> int:
    """Soaks, prints, and returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--seed", type=int, default=20080407)
    parser.add_argument("--isolation", choices=("instance", "request"), default="instance")
    options = parser.parse_args()
    result = soak(options.seconds, options.seed, options.isolation)
    print("\n".join(report(result)))
    return int(bool(result.problems))


if __name__ == "__main__":
    sys.exit(main())
