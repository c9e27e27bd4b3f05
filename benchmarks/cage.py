"""What the cage costs, beside the same without it in one run.

Run as root or not: `python -m benchmarks.cage`. The machine may be busy with other things: what is
compared is measured in turns.
"""

import os
import shutil
import signal
import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from benchmarks.client import Client
from benchmarks.processes import family, file_share_mb, memory_mb, private_mb
from benchmarks.serving import seconds_of
from tests.e2e.serving import CHECKOUT, DevServer, wait_until, wsgi_application

SOURCE = '''
import time
started = time.perf_counter()
import csv, difflib, html, json, os, statistics, sys, wave
from appengine.sandbox.cage import CageConfig, close_all_but, lock_instance

LAYERS = [{layers}]
ROUNDS = 60


def lock():
    close_all_but(())
    lock_instance(CageConfig(layers=LAYERS, mounts=[], uid=1, memory_bytes=2**28))


def measure_fork(work):
    """Returns the milliseconds until a child of this zygote has done some work and says so."""
    reader, writer = os.pipe()
    began = time.perf_counter()
    child = os.fork()
    if child == 0:
        os.set_inheritable(writer, True)
        os.dup2(writer, 1)
        work()
        os.write(1, b"x")
        os._exit(0)
    os.close(writer)
    told = os.read(reader, 1)
    took = (time.perf_counter() - began) * 1000
    os.close(reader)
    os.waitpid(child, 0)
    FORKS["ended"].append((time.perf_counter() - began) * 1000)
    return took if told == b"x" else float("nan")


def app(environ, start_response):
    path = environ["PATH_INFO"]
    while path == "/loop":
        try:
            while True:
                pass
        except BaseException:
            continue
    answers = {{
        "/forks": json.dumps(FORKS), "/import": str(IMPORT_MS), "/process": str(os.getpid())
    }}
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [answers.get(path, "x" * 1024).encode()]


IMPORT_MS = (time.perf_counter() - started) * 1000
FORKS = {{"bare": [], "locked": [], "ended": []}}
if {measure}:
    for _ in range(ROUNDS):
        FORKS["bare"].append(measure_fork(lambda: None))
        FORKS["ended"].pop()  # the locked one's counts
        FORKS["locked"].append(measure_fork(lock))
'''
KERNEL_LAYERS = ("namespaces", "privileges", "limits", "landlock", "seccomp")
WARM_UP, ROUNDS = 300, 3000
VERSION_SERVERS, VERSIONS = 3, 5  # so many are made at once; a loop of more would be slowed down
SETTLE_SECONDS = 0.5
DEADLINES = 8
DEADLINE_SECONDS = 0.5
MANY, CONCURRENT, MEMORY_REQUESTS = 5, 8, 300
WRITTEN_SECONDS = 3.0
"""The front has written by then what it counts, once a second: that takes it some memory."""

CLIENTS = 2, 4, 8
TURNS = 5
EDITS = 11
SHOWN = "template.render(PAGE, values)"
REQUEST_SECONDS = 1.5


class Figure(msgspec.Struct):
    """One result beside its goal."""

    what: str
    value: float
    goal: float
    unit: str
    detail: str

    def __str__(self) -> str:
        verdict = "reached" if self.value <= self.goal else "MISSED"
        return (
            f"{self.what}: {self.value:.2f} {self.unit}, goal {self.goal:g}: {verdict} "
            f"({self.detail})"
        )


def main() -> int:
    """Prints all figures; returns 1 where a goal is missed."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        figures = [
            compare_hop(place / "hop"),
            compare_forks(place / "forks"),
            measure_versions(place / "versions"),
            measure_memory(place / "memory"),
            compare_processes(place / "processes"),
            *measure_deadlines(place / "deadlines"),
            measure_edits(place / "edits"),
        ]
    print("\n".join(map(str, figures)))
    return int(any(figure.value > figure.goal for figure in figures))


def write_application(folder: Path, measure: bool = False) -> Path:
    """Writes the application; with `measure` it forks where it is imported."""
    layers = ", ".join(map(repr, KERNEL_LAYERS))
    return wsgi_application(folder, SOURCE.format(layers=layers, measure=measure))


def start_without(app: Path, *layers: str) -> DevServer:
    """Returns a server that leaves layers of the sandbox out."""
    start = (str(CHECKOUT / "tests/e2e/without_layers.py"), *layers, "--")
    return DevServer([app], start=start, environ={"PYTHONPATH": str(CHECKOUT)})


def compare_hop(folder: Path) -> Figure:
    """Returns what all layers together add to a request."""
    app = write_application(folder)
    times: dict[str, list[float]] = {"caged": [], "bare": []}
    with DevServer([app]) as caged, start_without(app, *KERNEL_LAYERS, "python") as bare:
        clients = {"caged": Client(*caged.address()), "bare": Client(*bare.address())}
        for number in range(WARM_UP + ROUNDS):
            for name, client in clients.items():
                seconds = seconds_of(lambda c=client: c.ask("GET", "/"))  # type: ignore[misc]  # a default binds it
                if number >= WARM_UP:
                    times[name].append(seconds * 1e6)
        for client in clients.values():
            client.close()
    with_cage, without = (statistics.median(times[name]) for name in ("caged", "bare"))
    detail = f"median of {ROUNDS}: {with_cage:.0f} and {without:.0f}, {with_cage / without:.3f} x"
    return Figure("a request, added by the cage", with_cage - without, 100, "microseconds", detail)


def compare_forks(folder: Path) -> Figure:
    """Returns how much longer an instance takes than a bare fork of the same zygote."""
    app = write_application(folder, measure=True)
    with start_without(app, "python") as server:
        forks = msgspec.json.decode(server.get("/forks").body, type=dict[str, list[float]])
    bare, locked = (statistics.median(forks[name]) for name in ("bare", "locked"))
    detail = f"median of {len(forks['bare'])}: {locked:.2f} ms locked, {bare:.2f} ms bare"
    return Figure("one more instance", locked / bare, 2, "of a bare fork", detail)


def measure_versions(folder: Path) -> Figure:
    """Returns what a zygote and its first answer cost beside the application's own import.

    The zygote is killed, so that a new one is made from the nursery.
    """
    times: list[float] = []
    imports: list[float] = []
    app = write_application(folder)
    for _ in range(VERSION_SERVERS):
        with DevServer([app]) as server:
            replace_versions(server, times, imports)
    added = [took - imported for took, imported in zip(times, imports, strict=True)]
    detail = (
        f"median of {len(added)}; least {min(added):.1f}; its own import "
        f"{statistics.median(imports):.1f} ms; to the first answer"
    )
    value = statistics.median(added)
    return Figure("a new version from the nursery, above its import", value, 20, "ms", detail)


def replace_versions(server: DevServer, times: list[float], imports: list[float]) -> None:
    """Has a server make versions anew; adds their milliseconds, and those of their imports."""
    nursery = nursery_of(server.pid)
    for _ in range(VERSIONS):
        wait_until(lambda: len(zygotes_of(nursery)) > 1)  # one in reserve, as always
        time.sleep(SETTLE_SECONDS)
        zygote = zygote_of(nursery)
        os.kill(zygote, signal.SIGKILL)
        wait_until(lambda z=zygote: not Path(f"/proc/{z}").exists())  # type: ignore[misc]  # a default binds it
        started = time.perf_counter()
        reply = server.get("/import")
        times.append((time.perf_counter() - started) * 1000)
        imports.append(float(reply.text))


def measure_memory(folder: Path) -> Figure:
    """Returns what a further instance adds to the memory of all processes of the server.

    That is the difference between two servers with five instances and with one, which have served
    the same requests: of the whole family's proportional memory, as the kernel tells it, without
    files' pages. Those are shared with everything else on the machine that runs the same Python,
    so their share is told beside it: what others do changes it.
    """
    one, five = (serve_with_instances(folder / str(n), n) for n in (1, MANY))
    added = (five.memory_mb - one.memory_mb) / (MANY - 1)
    files = (five.files_mb - one.files_mb) / (MANY - 1)
    detail = (
        f"{MANY} instances {five.memory_mb:.1f} MB, one {one.memory_mb:.1f} MB; share of files "
        f"{files:+.2f} MB; each one's own {min(five.own):.2f} to {max(five.own):.2f} MB"
    )
    return Figure("a further instance, PSS", added, 3, "MB", detail)


class Family(msgspec.Struct):
    """The memory of a server's processes, in MB.

    `memory_mb` and `files_mb` are proportional shares, without files and of files; `own` is what
    each instance has alone.
    """

    memory_mb: float
    files_mb: float
    own: list[float]


def serve_with_instances(folder: Path, count: int) -> Family:
    """Serves requests, several at a time, with so many instances; returns what all take then."""
    app = write_application(folder)
    scaling = f"automatic_scaling:\n  min_instances: {count}\n  max_instances: {count}\n"
    (app / "app.yaml").write_text((app / "app.yaml").read_text() + scaling)
    with DevServer([app]) as server, ThreadPoolExecutor(CONCURRENT) as pool:
        nursery = nursery_of(server.pid)
        wait_until(lambda: len(children_of(zygote_of(nursery))) == count)
        wait_until(lambda: len(zygotes_of(nursery)) > 1)  # one in reserve, as always
        list(pool.map(lambda _: server.get("/"), range(MEMORY_REQUESTS)))
        time.sleep(WRITTEN_SECONDS)
        members = family(server.pid)
        files = sum(map(file_share_mb, members))
        own = [private_mb(pid) for pid in children_of(zygote_of(nursery))]
        return Family(sum(map(memory_mb, members)) - files, files, own)


def compare_processes(folder: Path) -> Figure:
    """Returns how many requests, each in a process of its own, are served beside a bare loop.

    The loop forks the same zygote, locks the child and waits for its end, one after the other. The
    server does so behind HTTP, for several clients at once; each answer names another process. Both
    take turns; of the numbers of clients, the worst counts.
    """
    looping = write_application(folder, measure=True)
    app = write_application(folder / "requests")
    yaml = (app / "app.yaml").read_text() + "platform:\n  isolation: request\n"
    (app / "app.yaml").write_text(yaml)
    shares: dict[int, list[float]] = {clients: [] for clients in CLIENTS}
    with DevServer([app]) as server:
        count_processes(server, CLIENTS[-1], 1.0)
        for _ in range(TURNS):
            alone = loop_rate(looping)
            for clients, found in shares.items():
                rate = count_processes(server, clients, REQUEST_SECONDS) / REQUEST_SECONDS
                found.append(rate / alone)
    medians = {clients: statistics.median(found) for clients, found in shares.items()}
    told = ", ".join(f"{share:.2f} with {clients} clients" for clients, share in medians.items())
    detail = f"of the loop's rate: {told}; medians of {TURNS}; the loop {alone:.0f} a second"
    what = "requests in processes of their own, a bare loop's rate beside theirs"
    return Figure(what, 1 / min(medians.values()), 1 / 0.8, "x", detail)


def loop_rate(app: Path) -> float:
    """Returns how many processes a second a bare loop forks, locks and waits for."""
    with start_without(app, "python") as server:
        forks = msgspec.json.decode(server.get("/forks").body, type=dict[str, list[float]])
    return 1000 / statistics.mean(forks["ended"])


def count_processes(server: DevServer, clients: int, seconds: float) -> int:
    """Returns how many requests were served, each by another process."""
    with ThreadPoolExecutor(clients) as pool:
        answers = list(pool.map(lambda _: ask_for(server, seconds), range(clients)))
    served = [process for each in answers for process in each]
    if len(set(served)) < 0.99 * len(served):  # a number may come again, in time
        raise AssertionError("processes have served several requests")
    return len(served)


def ask_for(server: DevServer, seconds: float) -> list[bytes]:
    """Asks again and again over one connection; returns the processes that have answered."""
    client = Client(*server.address())
    end = time.perf_counter() + seconds
    found = []
    while time.perf_counter() < end:
        found.append(client.ask("GET", "/process"))
    client.close()
    return found


def measure_edits(folder: Path) -> Figure:
    """Returns the time from the end of an edit of the guestbook to the first answer with it."""
    app = folder / "guestbook"
    shutil.copytree(CHECKOUT / "examples" / "guestbook", app)
    for place in (folder, folder.parent):
        place.chmod(0o755)  # an instance's user reads the application there
    source = (app / "main.py").read_text()
    times = []
    with DevServer([app]) as server:
        for number in range(EDITS):
            wait_until(lambda: len(zygotes_of(nursery_of(server.pid))) > 1)  # one is in reserve
            time.sleep(SETTLE_SECONDS)
            text = f"edit {number}"
            (app / "main.py").write_text(source.replace(SHOWN, f"{SHOWN} + {text!r}"))
            started = time.perf_counter()
            wait_until(lambda t=text: t in server.get("/").text)  # type: ignore[misc]  # a default binds it
            times.append((time.perf_counter() - started) * 1000)
    detail = f"median of {EDITS}; {min(times):.0f} to {max(times):.0f}"
    return Figure("edit to served, guestbook", statistics.median(times), 150, "ms", detail)


def measure_deadlines(folder: Path) -> list[Figure]:
    """Returns how late after a deadline its answer comes, and how long the next request takes."""
    late, after = [], []
    app = write_application(folder)
    with DevServer([app], f"--request_deadline={DEADLINE_SECONDS}") as server:
        for _ in range(DEADLINES):
            late.append((seconds_of(lambda: server.get("/loop")) - DEADLINE_SECONDS) * 1000)
            after.append(seconds_of(lambda: server.get("/")) * 1000)
    return [
        Figure(what, statistics.median(times), goal, "ms", f"most {max(times):.1f} of {DEADLINES}")
        for what, times, goal in (
            ("answer after a deadline", late, 100),
            ("the next request's answer", after, 10),
        )
    ]


def nursery_of(supervisor: int) -> int:
    """Returns the process number of a server's nursery."""
    return next(
        pid
        for pid in children_of(supervisor)
        if b"appengine.sandbox.nursery" in Path(f"/proc/{pid}/cmdline").read_bytes()
    )


def zygotes_of(nursery: int) -> list[int]:
    """Returns the zygotes, also the one in reserve."""
    return [zygote for keeper in children_of(nursery) for zygote in children_of(keeper)]


def zygote_of(nursery: int) -> int:
    """Returns the zygote that has instances, as soon as there is one."""
    wait_until(lambda: any(map(children_of, zygotes_of(nursery))))
    return next(zygote for zygote in zygotes_of(nursery) if children_of(zygote))


def children_of(pid: int) -> list[int]:
    """Returns the process numbers of a process's children; none where it has ended."""
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


if __name__ == "__main__":
    sys.exit(main())
