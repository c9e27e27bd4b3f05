"""What URL handlers cost: routing among 200 beside 2, and a static file beside Werkzeug's own.

Run: `python -m benchmarks.handlers`. Every body is checked. The two servers are asked in turn, so
that a machine that is busy with other things is busy for both. Limits: 20 microseconds more for
200 handlers; 0.6 of the requests a second that Werkzeug serves under the same gunicorn.
"""

import itertools
import statistics
import sys
import tempfile
import threading
import time
import timeit
from collections.abc import Iterable
from pathlib import Path

from appengine.config.handlers import ScriptHandler
from appengine.front.urls import UrlMap
from benchmarks.client import Client
from benchmarks.serving import bare_gunicorn
from tests.e2e.serving import DevServer, write_files

SIZE = 4096
ROUNDS = 5
REQUESTS = 1500
CLIENTS = 4
PATHS = ("/page{last}/17", "/nowhere", "/en/page{last}/17", "/de/page0/" + "a" * 60)
"""With the number of the last handler: the same work but for finding it."""

WERKZEUG = """
from werkzeug.middleware.shared_data import SharedDataMiddleware
from werkzeug.wrappers import Response

app = SharedDataMiddleware(Response("no"), {"/static": "static"}, cache_timeout=0)
"""
YAML = """\
application: files
runtime: python27
api_version: 1
threadsafe: yes
handlers:
- url: /static
  static_dir: static
- url: /.*
  script: main.app
"""


def main() -> None:
    """Prints all figures."""
    route()
    with tempfile.TemporaryDirectory() as folder:
        serve(Path(folder))


def route() -> None:
    """Prints the time of finding a handler among 2 and among 200, and the difference."""
    for kind, make in (("told apart by their first segment", make_plain), ("not", make_alike)):
        print(f"handlers {kind}:")
        _route(make(2), make(200))


def _route(few: UrlMap, many: UrlMap) -> None:
    for path in PATHS:
        times = []
        for urls, count in ((few, 2), (many, 200)):
            exact = path.format(last=count - 1)
            fresh = (f"{exact}-{number}" for number in itertools.count())  # none is remembered
            runs = timeit.repeat(lambda u=urls, p=fresh: u.match(next(p)), number=2000, repeat=15)  # type: ignore[misc]  # defaults bind them
            times.append(min(runs) / 2000 * 1e6)
        shown = path if len(path) < 20 else f"{path[:17]}..."
        print(
            f"route {shown:20} among 2: {times[0]:6.2f} us, among 200: {times[1]:6.2f} us, "
            f"more: {times[1] - times[0]:6.2f} us"
        )


def make_plain(count: int) -> UrlMap:
    """Returns handlers whose first segments are all others."""
    return make_map(f"/page{number}/(.*)" for number in range(count))


def make_alike(count: int) -> UrlMap:
    """Returns handlers that only the whole expression tells apart."""
    return make_map(f"/(en|de)/page{number}/(.*)" for number in range(count))


def make_map(urls: Iterable[str]) -> UrlMap:
    """Returns the map of these expressions."""
    return UrlMap([ScriptHandler(url=url, script="main.app") for url in urls])


def serve(folder: Path) -> None:
    """Prints the requests a second for a file of 4 kB, ours and Werkzeug's."""
    content = b"x" * SIZE
    files = {"app.yaml": YAML, "main.py": WERKZEUG}
    app = write_files(folder / "app", files)
    (app / "static").mkdir()
    (app / "static" / "file.bin").write_bytes(content)
    with DevServer([app], "--log_level=error", "--dev_appserver_log_level=error") as server:
        with bare_gunicorn(app) as port:
            places = {"ours": server.address(), "werkzeug": ("127.0.0.1", port)}
            found: dict[str, list[float]] = {name: [] for name in places}
            for _ in range(ROUNDS):
                for name, (host, number) in places.items():
                    found[name].append(rate(host, number, content))
    ours, theirs = (statistics.median(found[name]) for name in ("ours", "werkzeug"))
    print(f"file of {SIZE} bytes, {CLIENTS} clients: ours {ours:.0f}/s, Werkzeug {theirs:.0f}/s, ")
    print(f"ratio {ours / theirs:.2f}; rounds {show(found['ours'])} and {show(found['werkzeug'])}")


def rate(host: str, port: int, content: bytes) -> float:
    """Returns the requests a second that clients on kept connections get answers to."""
    wrong: list[bytes] = []

    def ask() -> None:
        client = Client(host, port)
        for _ in range(REQUESTS // CLIENTS):
            if client.ask("GET", "/static/file.bin") != content:
                wrong.append(b"")
        client.close()

    threads = [threading.Thread(target=ask) for _ in range(CLIENTS)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if wrong:
        sys.exit(f"{len(wrong)} wrong bodies")
    return REQUESTS / (time.perf_counter() - started)


def show(rates: list[float]) -> str:
    """Returns rates in ascending order."""
    return " ".join(f"{each:.0f}" for each in sorted(rates))


if __name__ == "__main__":
    main()
