"""A host to fetch from, on a port of this machine: its paths say what it does."""

import gzip
import json
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

BOMB = gzip.compress(bytes(64 * 2**20))
"""64 MiB of zeros in a few kB."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.requests.append(self)
        parts = urlsplit(self.path)
        name, *rest = parts.path.strip("/").split("/")
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        getattr(self, f"answer_{name or 'root'}")(*rest, **query)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = answer  # noqa: N815

    def send(self, body=b"", status=200, **headers):
        self.send_response(status)
        for name, value in headers.items():
            for each in value if isinstance(value, list) else [value]:
                self.send_header(name.replace("_", "-"), each)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def answer_root(self):
        self.send(b"hello", Content_Type="text/plain")

    def answer_echo(self, **query):
        seen = {
            "method": self.command,
            "path": self.path,
            "headers": self.headers.items(),
            "body": self.body.decode("latin-1"),
        }
        self.send(json.dumps(seen).encode())

    def answer_status(self, status):
        self.send(b"" if status == "304" else b"this status", int(status))

    def answer_headers(self):
        self.send(b"", X_Twice=["a", "b"], X_Text="grüß".encode().decode("latin-1"))

    def answer_redirect(self, count, status="302"):
        where = f"/redirect/{int(count) - 1}?status={status}" if int(count) else "/echo"
        self.send(b"", int(status), Location=where)

    def answer_to(self, status="302", url=""):
        self.send(b"", int(status), **({"Location": url} if url else {}))

    def answer_slow(self, seconds="1"):
        self.server.never.wait(float(seconds))
        self.send(b"late")

    def answer_trickle(self):
        try:
            for piece in b"HTTP/1.1 200 OK\r\nX: " + b"x" * 2000:
                self.wfile.write(bytes([piece]))
                self.server.never.wait(0.05)
        except OSError:
            self.close_connection = True

    def answer_bytes(self, count):
        self.send(bytes(int(count)))

    def answer_gzip(self):
        body = gzip.compress(b"packed " * 100)
        self.send(body, Content_Encoding="gzip")

    def answer_bomb(self):
        self.send(BOMB, Content_Encoding="gzip")

    def answer_notgzip(self):
        self.send(b"plain", Content_Encoding="gzip")

    def answer_halfgzip(self):
        self.send(gzip.compress(b"x" * 1000)[:-9], Content_Encoding="gzip")

    def answer_chunks(self):
        self.raw(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
        )

    def answer_junk(self):
        self.raw(b"220 ftp.example.com ready\r\n\r\n")

    def answer_strange(self):
        self.raw(b"HTTP/1.1 777 What\r\nContent-Length: 0\r\n\r\n")

    def answer_close(self):
        self.raw(b"")

    def answer_toomuch(self, status="304"):
        head = f"HTTP/1.1 {status} X\r\nContent-Length: 5\r\n\r\n".encode()
        self.wfile.write(head + b"wrong")
        self.wfile.flush()

    def answer_half(self):
        self.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")

    def raw(self, data):
        self.wfile.write(data)
        self.wfile.flush()
        self.close_connection = True

    def log_message(self, *arguments):
        pass


class Origin:
    """The server; `with` ends it."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.requests = []
        self.server.never = threading.Event()
        self.server.handle_error = lambda *each: None
        self.scheme = "https" if context else "http"
        if context:
            self.server.socket = context.wrap_socket(
                self.server.socket, server_side=True, do_handshake_on_connect=False
            )

    @property
    def port(self):
        return self.server.server_address[1]

    @property
    def requests(self):
        return self.server.requests

    def url(self, path="/", host="127.0.0.1"):
        return f"{self.scheme}://{host}:{self.port}{path}"

    def __enter__(self):
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *error):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
