"""Flask and Django in the sandbox, side by side with bare gunicorn and the same application.

Run: `python -m benchmarks.frameworks [STARTS]`. Each page is a template with a form's worth of
values; every body is checked. Both servers have one process with as many threads in front, and are
asked in turn. Milliseconds, and requests a second.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from appengine.supervisor.options import THREADS
from benchmarks.client import Client
from benchmarks.processes import cpu_seconds, family
from benchmarks.serving import accepts, free_port
from tests.e2e.serving import DevServer, fetch, wait_until, write_files
from tests.frameworks.libraries import provide

YAML = "application: trial\nruntime: python311\n"
PAGE = "<ul>{% for row in rows %}<li>{{ row }}</li>{% endfor %}</ul>"
FLASK = f"""
from flask import Flask, render_template_string

app = Flask(__name__)

@app.get("/")
def page():
    return render_template_string({PAGE!r}, rows=range(20))
"""
DJANGO = f"""
from django.conf import settings

settings.configure(
    SECRET_KEY="x",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF="main",
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
    ],
    SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
    TEMPLATES=[{{"BACKEND": "django.template.backends.django.DjangoTemplates"}}],
)

from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.template import engines
from django.urls import path

app = get_wsgi_application()
template = engines["django"].from_string({PAGE!r})

def page(request):
    return HttpResponse(template.render({{"rows": range(20)}}, request))

urlpatterns = [path("", page)]
"""
APPLICATIONS = {"Flask": (FLASK, "Flask~=3.1\n"), "Django": (DJANGO, "Django~=5.2\n")}
BODY = "<ul>" + "".join(f"<li>{number}</li>" for number in range(20)) + "</ul>"
ROUNDS, WARM_UP = 1000, 200
CLIENTS, SEGMENTS, REQUESTS = 8, 4, 150


def main() -> None:
    """Prints the figures of each framework."""
    starts = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    for name, (source, requirements) in APPLICATIONS.items():
        with tempfile.TemporaryDirectory() as made:
            folder = Path(made)
            folder.chmod(0o755)  # an instance's user reads the application there
            write_files(
                folder, {"app.yaml": YAML, "main.py": source, "requirements.txt": requirements}
            )
            libraries = provide(folder)
            assert libraries is not None
            print(name)
            compare_starts(folder, libraries, starts)
            quiet = "--dev_appserver_log_level=warning"
            with DevServer([folder], quiet) as server, bare(folder, libraries) as (port, pid):
                address = "127.0.0.1", port
                compare_requests(server.address(), address)
                ours = processor_time(server.pid, server.address())
                theirs = processor_time(pid, address)
                print(f"  processor time of a page: ours {ours:.2f} ms, gunicorn {theirs:.2f} ms")


def compare_starts(folder: Path, libraries: Path, starts: int) -> None:
    """Prints the time from the command to the first page, and from an edit to the new one."""
    ours, theirs, edits = [], [], []
    for _ in range(starts):
        begun = time.perf_counter()
        with DevServer([folder]) as server:
            assert server.get("/").text == BODY
            ours.append(milliseconds_since(begun))
            text = (folder / "main.py").read_text()
            changed = text.replace("<ul>", "<ul >")
            (folder / "main.py").write_text(changed)
            begun = time.perf_counter()
            wait_until(lambda running=server: "<ul >" in running.get("/").text)  # type: ignore[misc]  # a default binds it
            edits.append(milliseconds_since(begun))
            (folder / "main.py").write_text(text)
        begun = time.perf_counter()
        with bare(folder, libraries) as (port, _):
            assert fetch(f"http://127.0.0.1:{port}/").text == BODY
            theirs.append(milliseconds_since(begun))
    print(f"  command to first page: ours {median(ours):.0f} ms, gunicorn {median(theirs):.0f} ms")
    print(f"  edit to new page (import in a new sandbox): {median(edits):.0f} ms")


def compare_requests(ours: tuple[str, int], theirs: tuple[str, int]) -> None:
    """Prints the latency of one client, and the rate of several."""
    figures: dict[str, list[float]] = {"ours": [], "gunicorn": []}
    clients = {"ours": Client(*ours), "gunicorn": Client(*theirs)}
    for number in range(ROUNDS + WARM_UP):
        for key, client in clients.items():
            begun = time.perf_counter()
            assert client.ask("GET", "/").decode() == BODY
            if number >= WARM_UP:
                figures[key].append(milliseconds_since(begun))
    for key, found in figures.items():
        p99 = statistics.quantiles(found, n=100)[98]
        print(f"  page, {key}: median {median(found):.2f} ms, p99 {p99:.2f} ms")
    rates = {"ours": 0.0, "gunicorn": 0.0}
    for _ in range(SEGMENTS):
        for key, address in (("ours", ours), ("gunicorn", theirs)):
            rates[key] = max(rates[key], rate(address))
    print(f"  {CLIENTS} clients: ours {rates['ours']:.0f}/s, gunicorn {rates['gunicorn']:.0f}/s")


def processor_time(pid: int, address: tuple[str, int]) -> float:
    """Returns the processor time of all of a server's processes for a page, in milliseconds."""
    client, members = Client(*address), family(pid)
    before = sum(map(cpu_seconds, members))
    for _ in range(ROUNDS):
        client.ask("GET", "/")
    used = sum(map(cpu_seconds, members)) - before
    client.close()
    return used * 1000 / ROUNDS


def rate(address: tuple[str, int]) -> float:
    """Returns the requests a second that several clients get at once."""

    def ask_all(_: int) -> None:
        client = Client(*address)
        for _ in range(REQUESTS):
            client.ask("GET", "/")
        client.close()

    begun = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(ask_all, range(CLIENTS)))
    return CLIENTS * REQUESTS / (time.perf_counter() - begun)


@contextmanager
def bare(folder: Path, libraries: Path) -> Iterator[tuple[int, int]]:
    """Gives port and process of gunicorn with the application, outside of any sandbox."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "--chdir", str(folder), "--log-level=error"]
    command += [f"--bind=127.0.0.1:{port}", "--worker-class=gthread", f"--threads={THREADS}"]
    environ = os.environ | {"PYTHONPATH": str(libraries)}
    process = subprocess.Popen([*command, "main:app"], env=environ)
    try:
        wait_until(lambda: accepts(port))
        yield port, process.pid
    finally:
        process.terminate()
        process.wait()


def milliseconds_since(begun: float) -> float:
    """Returns the milliseconds since a moment of the performance counter."""
    return (time.perf_counter() - begun) * 1000


median: Callable[[list[float]], float] = statistics.median


if __name__ == "__main__":
    main()
