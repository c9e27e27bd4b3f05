"""The Python wall: sentences, with the class and number of the kernel's own refusal."""

import asyncio
import concurrent.futures
import errno
import ftplib
import http.client
import io
import multiprocessing
import multiprocessing.shared_memory
import os
import shutil
import smtplib
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from appengine.sandbox.cage.python_wall import raise_python_wall
from tests.sandbox.forked import in_child, refusal

URLFETCH = "use appengine.urlfetch"
DATASTORE = "use appengine.datastore"
MAIL = "use appengine.mail"
TASKS = "appengine.taskqueue"


def behind_wall(act):
    """What `act` returns or raises in a child behind the wall."""

    def go():
        raise_python_wall()
        return act()

    return in_child(go)


def open_for_writing():
    open("/nowhere/file", "w")


def start_spawned():
    multiprocessing.get_context("spawn").Process(target=print).start()


def submit_to_processes():
    concurrent.futures.ProcessPoolExecutor().submit(print).result()


REFUSALS = [
    (socket.socket, "PermissionError", errno.EPERM, URLFETCH),
    (lambda: socket.create_connection(("127.0.0.1", 9)), "PermissionError", errno.EPERM, URLFETCH),
    (lambda: socket.create_server(("", 0)), "PermissionError", errno.EPERM, "sockets are not"),
    (
        http.client.HTTPConnection("127.0.0.1", 25).connect,
        *("PermissionError", errno.EPERM, URLFETCH),
    ),
    (lambda: ftplib.FTP("127.0.0.1"), "PermissionError", errno.EPERM, URLFETCH),
    (lambda: smtplib.SMTP("127.0.0.1"), "PermissionError", errno.EPERM, MAIL),
    (lambda: socket.gethostbyname("example.com"), "gaierror", socket.EAI_FAIL, URLFETCH),
    (lambda: socket.getaddrinfo("example.com", 80), "gaierror", socket.EAI_FAIL, URLFETCH),
    (open_for_writing, "OSError", errno.EROFS, DATASTORE),
    (lambda: os.mkdir("/nowhere"), "OSError", errno.EROFS, DATASTORE),
    (lambda: os.remove("/nowhere"), "OSError", errno.EROFS, DATASTORE),
    (lambda: os.chmod("/nowhere", 0o600), "OSError", errno.EROFS, DATASTORE),
    (lambda: os.rename("/nowhere", "/there"), "OSError", errno.EROFS, DATASTORE),
    (lambda: shutil.copyfile(__file__, "/nowhere"), "OSError", errno.EROFS, DATASTORE),
    (tempfile.mkstemp, "OSError", errno.EROFS, "tempfile.TemporaryFile"),
    (tempfile.mkdtemp, "OSError", errno.EROFS, "tempfile.TemporaryFile"),
    (tempfile.TemporaryDirectory, "OSError", errno.EROFS, "tempfile.TemporaryFile"),
    (os.fork, "PermissionError", errno.EPERM, TASKS),
    (lambda: os.system("true"), "PermissionError", errno.EPERM, TASKS),
    (lambda: os.popen("true"), "PermissionError", errno.EPERM, TASKS),
    (lambda: subprocess.run(["true"], check=True), "PermissionError", errno.EPERM, TASKS),
    (lambda: os.execv("/bin/true", ["true"]), "PermissionError", errno.EPERM, TASKS),
    (lambda: os.posix_spawn("/bin/true", ["x"], {}), "PermissionError", errno.EPERM, TASKS),
    (multiprocessing.Lock, "PermissionError", errno.EPERM, "use threads"),
    (multiprocessing.Queue, "PermissionError", errno.EPERM, "use threads"),
    (start_spawned, "PermissionError", errno.EPERM, "use threads"),
    (submit_to_processes, "PermissionError", errno.EPERM, "use threads"),
    (
        lambda: multiprocessing.shared_memory.SharedMemory(create=True, size=1),
        *("PermissionError", errno.EPERM, "use threads"),
    ),
    (lambda: os.kill(os.getppid(), 0), "PermissionError", errno.EPERM, "itself only"),
    (lambda: os.killpg(os.getpgrp(), 0), "PermissionError", errno.EPERM, "itself only"),
]


@pytest.mark.parametrize(("act", "kind", "number", "sentence"), REFUSALS)
def test_a_refusal_names_the_service_to_use(act, kind, number, sentence):
    seen_kind, seen_number, text = behind_wall(lambda: refusal(act))
    assert (seen_kind, seen_number) == (kind, number)
    assert sentence in text
    assert "\n" not in text


def test_a_refusal_names_the_file():
    _, _, text = behind_wall(lambda: refusal(open_for_writing))
    assert text.endswith("'/nowhere/file'")


def test_urllib_reports_the_sentence():
    def fetch():
        with pytest.raises(urllib.error.URLError) as caught:
            urllib.request.urlopen("http://127.0.0.1:9/")
        return str(caught.value)

    assert URLFETCH in behind_wall(fetch)


def test_reading_passes():
    def read():
        with open(__file__) as text:
            return text.readline()

    assert "The Python wall" in behind_wall(read)


def test_writing_to_the_null_device_passes():
    def write():
        with open(os.devnull, "w") as text, open(os.fsencode(os.devnull), "wb") as data:
            return [text.write("x"), data.write(b"x")]

    assert behind_wall(write) == [1, 1]


def test_an_open_descriptor_can_be_written():
    def write():
        receiver, sender = os.pipe()
        with open(sender, "w") as pipe:
            pipe.write("x")
        return os.read(receiver, 1).decode()

    assert behind_wall(write) == "x"


def test_pairs_and_accepted_sockets_pass():
    listener = socket.create_server(("127.0.0.1", 0))
    client = socket.create_connection(listener.getsockname())

    def use():
        ours, other = socket.socketpair()
        ours.sendall(b"pair")
        accepted, _ = listener.accept()
        duplicate = accepted.dup()
        duplicate.sendall(b"hello")
        return other.recv(4).decode()

    with listener, client:
        assert behind_wall(use) == "pair"
        assert client.recv(5) == b"hello"


def test_asyncio_and_executors_pass():
    async def work():
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(None, lambda: 5)

    assert behind_wall(lambda: asyncio.run(work())) == 5


def test_addresses_need_no_resolving():
    found = behind_wall(lambda: socket.getaddrinfo("127.0.0.1", 80, type=socket.SOCK_STREAM))
    assert found[0][-1] == ["127.0.0.1", 80]


def test_a_signal_to_itself_passes():
    assert behind_wall(lambda: os.kill(os.getpid(), 0)) is None


def test_the_zygote_forks_with_permission_and_only_then():
    def fork():
        wall = raise_python_wall()
        with wall.permit_fork():
            child = os.fork()
        if child == 0:
            os._exit(3)
        status = os.waitpid(child, 0)[1]
        return [os.waitstatus_to_exitcode(status), *refusal(os.fork)[:2]]

    assert in_child(fork) == [3, "PermissionError", errno.EPERM]


@pytest.mark.parametrize(
    ("mode", "kind"), [("w+b", io.BytesIO), ("rb+", io.BytesIO), ("w+", io.TextIOWrapper)]
)
def test_a_temporary_file_is_in_memory(mode, kind):
    def use():
        with tempfile.TemporaryFile(mode) as file:
            file.write("x" if "b" not in mode else b"x")
            file.seek(0)
            return [isinstance(file, kind), len(file.read())]

    assert behind_wall(use) == [True, 1]


def test_a_named_temporary_file_is_in_memory_and_its_name_leads_nowhere():
    def use():
        with tempfile.NamedTemporaryFile(suffix=".upload") as file:
            file.write(b"x" * 100_000)
            file.seek(0)
            size, name = len(file.read()), file.name
        return [size, file.closed, name.endswith(".upload"), os.path.exists(name)]

    assert behind_wall(use) == [100_000, True, True, False]


def test_a_named_temporary_file_takes_text_in_its_encoding():
    def use():
        with tempfile.NamedTemporaryFile("w+", encoding="utf-16", prefix="note-") as file:
            file.write("Ä")
            file.seek(0)
            return [file.read(), os.path.basename(file.name)[:5]]

    assert behind_wall(use) == ["Ä", "note-"]


def test_a_spooled_file_grows_in_memory():
    def use():
        with tempfile.SpooledTemporaryFile(max_size=1000) as file:
            file.write(b"x" * 100_000)
            file.seek(0)
            return len(file.read())

    assert behind_wall(use) == 100_000


def test_imports_and_warnings_pass(tmp_path):
    (tmp_path / "fresh_module.py").write_text("import warnings\nwarnings.warn('old')\n")

    def load():
        sys.path.insert(0, str(tmp_path))
        sys.dont_write_bytecode = False  # the attempt to write bytecode is given up silently
        with pytest.warns(UserWarning, match="old"):
            import fresh_module
        return fresh_module.__name__

    assert behind_wall(load) == "fresh_module"
    assert not (tmp_path / "__pycache__" / "fresh_module.cpython-311.pyc").exists()


def test_a_path_object_may_name_the_null_device():
    def write():
        os.close(os.open(Path(os.devnull), os.O_WRONLY))
        return refusal(lambda: os.open(Path("/nowhere"), os.O_WRONLY | os.O_CREAT))[1]

    assert behind_wall(write) == errno.EROFS
