"""An application that tries to get out is refused or killed, and the next request is answered."""

import sys
from pathlib import Path

import pytest

from tests.e2e import ordinary_user
from tests.e2e.serving import CHECKOUT, DevServer, wait_until, wsgi_application

ATTEMPTS = """
import ctypes, os, socket, subprocess, sys

libc = ctypes.CDLL(None, use_errno=True)

def call(name, *arguments):
    result = getattr(libc, name)(*arguments)
    if result == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result

def write_file():
    with open("/app/written", "w") as file:
        file.write("x")

ATTEMPTS = {
    "/read": lambda: open("/etc/passwd").read(),
    "/write": write_file,
    "/write-c": lambda: call("open", b"/app/written", os.O_WRONLY | os.O_CREAT, 0o600),
    "/socket": lambda: socket.socket(),
    "/socket-c": lambda: call("socket", 2, 1, 0),
    "/fork": lambda: os.fork(),
    "/fork-c": lambda: call("fork"),
    "/run": lambda: subprocess.run(["/bin/true"]),
    "/exec-c": lambda: call("execv", b"/bin/true", None),
    "/ptrace-c": lambda: call("ptrace", 16, os.getppid(), 0, 0),
    "/server": lambda: __import__("appengine.front.app"),
    "/sqlalchemy": lambda: __import__("sqlalchemy"),
}

def app(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/loop":
        while True:
            try:
                while True:
                    pass
            except BaseException:
                pass
    if path == "/crash":
        ctypes.string_at(0)
    if path == "/foreign":
        libc.syscall(0x40000000)  # of another architecture's numbers
    if path == "/leave":
        os._exit(3)
    if path == "/long-name":
        import msgspec
        from appengine.rpc.client import transport
        message = msgspec.msgpack.encode({"\x1b[31m\\nforged" + "A" * 5_000_000: 1})
        transport.get().start("datastore", "get", message)
        while True:
            pass
    answer = "fine"
    if path in ATTEMPTS:
        try:
            answer = f"done: {ATTEMPTS[path]()!r}"
        except BaseException as error:
            answer = f"refused: {type(error).__name__}: {error}"
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [answer.encode()]
"""

REFUSED = (
    "/read /write /write-c /socket /socket-c /fork /fork-c /run /exec-c /ptrace-c "
    "/server /sqlalchemy"
).split()
WITHOUT_PYTHON_WALL = (str(CHECKOUT / "tests/e2e/without_layers.py"), "python", "--")


def make_server(mode: str, folder: Path) -> DevServer:
    app = wsgi_application(folder / "app", ATTEMPTS)
    flags = ("--request_deadline=1", "--require_sandbox")
    if mode == "ordinary user":
        if reason := ordinary_user.missing():
            pytest.skip(reason)
        # the server's own command is wrapped: python and its flags come behind the prefix
        server = DevServer([app], *flags)
        server.command = ordinary_user.as_nobody(server.command, [CHECKOUT, app])
        return server
    if mode == "no Python wall":
        return DevServer(
            [app], *flags, start=WITHOUT_PYTHON_WALL, environ={"PYTHONPATH": str(CHECKOUT)}
        )
    return DevServer([app], *flags)


@pytest.fixture(scope="module", params=["everything on", "no Python wall", "ordinary user"])
def server(request, tmp_path_factory):
    if sys.platform != "linux":
        pytest.skip("the kernel wall is Linux's")
    with make_server(request.param, tmp_path_factory.mktemp("hostile")) as running:
        yield running


@pytest.mark.parametrize("path", REFUSED)
def test_an_attempt_is_refused_and_the_next_request_answered(server, path):
    reply = server.get(path)
    assert reply.status == 200
    assert reply.text.startswith("refused: "), reply.text
    assert server.get("/").text == "fine"


def test_a_loop_is_killed_at_the_deadline_and_the_next_request_answered(server):
    reply = server.get("/loop")
    assert reply.status == 500
    assert "longer than 1 s" in reply.text
    assert server.get("/").text == "fine"


@pytest.mark.parametrize(
    ("path", "cause"), [("/crash", "SIGSEGV"), ("/foreign", "SIGSYS"), ("/leave", "status 3")]
)
def test_an_instance_that_dies_costs_one_answer_that_names_the_cause(server, path, cause):
    reply = server.get(path)
    assert reply.status == 500
    assert cause in reply.text or "died" in reply.text, "older kernels do not tell"
    assert server.get("/").text == "fine"


def test_an_instance_that_sends_what_is_no_call_is_killed_whatever_it_says(server):
    reply = server.get("/long-name")
    assert reply.status == 502
    wait_until(lambda: "ended: malformed: datastore.get: " in server.log, 10)
    assert "\nforged" not in server.log
    assert "\x1b" not in server.log
    assert "A" * 1000 not in server.log
    assert server.get("/").text == "fine"


def test_nothing_was_written_into_the_application(server):
    server.get("/write")
    assert sorted(path.name for path in server.application.iterdir()) == [
        "app.yaml",
        "main.py",
        "static",
    ]
