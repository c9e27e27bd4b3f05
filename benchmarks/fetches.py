"""Ten fetches of 200 ms that an application starts together, and what one fetch adds to a request.

Run as `python -m benchmarks.fetches`. The hosts are on this machine; the application is in its
cage, behind the development server, and measures itself. Figures are milliseconds.
"""

import json
import statistics
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.e2e.serving import DevServer, wsgi_application

SOURCE = """
import json, time
from urllib.parse import parse_qs
from google.appengine.api import urlfetch


def app(environ, start_response):
    query = parse_qs(environ["QUERY_STRING"])
    url, count = query["url"][0], int(query["count"][0])
    started = time.monotonic()
    rpcs = [urlfetch.create_rpc(deadline=30) for _ in range(count)]
    for rpc in rpcs:
        urlfetch.make_fetch_call(rpc, url)
    answers = {rpc.get_result().content for rpc in rpcs}
    seconds = time.monotonic() - started
    assert answers == {b"x" * 100}
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(seconds * 1000).encode()]
"""
ROUNDS = 20
TOGETHER = 10
DELAY_SECONDS = 0.2
GOAL_MILLISECONDS = 300.0


class Host(BaseHTTPRequestHandler):
    """Answers at once, or after 200 ms at `/slow`."""

    protocol_version = "HTTP/1.1"
    wbufsize = 2**16  # one packet: else Nagle's algorithm is measured

    def do_GET(self) -> None:
        """Answers 100 bytes."""
        if self.path == "/slow":
            threading.Event().wait(DELAY_SECONDS)
        self.send_response(200)
        self.send_header("Content-Length", "100")
        self.end_headers()
        self.wfile.write(b"x" * 100)

    def log_message(self, *arguments: object) -> None:
        """Says nothing."""


class ManyAtOnce(ThreadingHTTPServer):
    """A host whose backlog is not what is measured."""

    request_queue_size = 128


def main() -> int:
    """Prints the figures; returns 1 if the goal is missed."""
    host = ManyAtOnce(("127.0.0.1", 0), Host)
    threading.Thread(target=host.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{host.server_address[1]}"
    with tempfile.TemporaryDirectory() as folder:
        with DevServer([wsgi_application(Path(folder) / "app", SOURCE)]) as server:
            one = measure(server, f"{base}/quick", 1)
            ten = measure(server, f"{base}/slow", TOGETHER)
    host.shutdown()
    for name, found in (("one fetch, answered at once", one), ("ten of 200 ms, together", ten)):
        print(f"{name:30} median {statistics.median(found):6.1f}  best {min(found):6.1f}")
    return int(statistics.median(ten) > GOAL_MILLISECONDS)


def measure(server: DevServer, url: str, count: int) -> list[float]:
    """Returns what the application has measured, round by round; the first one is left out."""
    return [
        float(json.loads(server.get(f"/?url={url}&count={count}").body)) for _ in range(ROUNDS + 1)
    ][1:]


if __name__ == "__main__":
    sys.exit(main())
