"""The abilities: what applications do all day, and what the cage must not break.

Each runs inside, in an instance of its own, with the Python wall and without.
"""

import asyncio
import concurrent.futures
import contextlib
import contextvars
import ctypes
import datetime
import decimal
import errno
import faulthandler
import hashlib
import importlib
import io
import linecache
import mmap
import os
import platform
import random
import secrets
import select
import signal
import socket
import tempfile
import threading
import time
import traceback
import uuid
import warnings
import zoneinfo
from collections.abc import Callable
from typing import Any

from msgspec import Struct

World = dict[str, Any]


class Ability(Struct, frozen=True):
    """One thing that works.

    Attributes:
        needs: the layer without which it does not work.
    """

    name: str
    act: Callable[[World], Any]
    needs: str = ""


def read_own_files(world: World) -> bool:
    with open("page.txt") as page:
        return page.read() == "page" and "page.txt" in os.listdir(".")


def read_standard_library(world: World) -> bool:
    return "def urlopen" in "".join(
        linecache.getlines(importlib.import_module("urllib.request").__file__)
    )


def import_lazily(world: World) -> bool:
    names = ("xml.dom.minidom", "csv", "sqlite3", "ssl", "lzma", "bz2", "curses.ascii", "_ctypes")
    return all(importlib.import_module(name) for name in names)


def write_to_null(world: World) -> bool:
    with open(os.devnull, "w") as null:
        return null.write("x") == 1


def start_threads(world: World) -> bool:
    seen: list[int] = []
    threads = [threading.Thread(target=seen.append, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(seen) == list(range(20))


def use_pool(world: World) -> bool:
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        return list(pool.map(abs, range(-5, 0))) == [5, 4, 3, 2, 1]


def use_asyncio(world: World) -> bool:
    async def work() -> int:
        await asyncio.sleep(0.001)
        return await asyncio.get_running_loop().run_in_executor(None, lambda: 5)

    return asyncio.run(work()) == 5


def use_context(world: World) -> bool:
    variable = contextvars.ContextVar("variable", default=1)
    return contextvars.copy_context().run(variable.get) == 1


def use_pair(world: World) -> bool:
    ours, other = socket.socketpair()
    ours.sendall(b"x" * 100)
    ours.setblocking(False)
    return len(other.recv(200)) == 100 and select.select([other], [ours], [], 0)[1] == [ours]


def use_poll(world: World) -> bool:
    receiver, sender = os.pipe()
    os.write(sender, b"x")
    epoll = select.epoll()
    epoll.register(receiver, select.EPOLLIN)
    poll = select.poll()
    poll.register(receiver, select.POLLIN)
    return len(epoll.poll(1)) == len(poll.poll(1)) == 1


def use_sqlite(world: World) -> bool:
    sqlite3 = importlib.import_module("sqlite3")
    with contextlib.closing(sqlite3.connect(":memory:")) as database:
        database.execute("create table t (x)")
        database.executemany("insert into t values (?)", [(1,), (2,)])
        return database.execute("select sum(x) from t").fetchone() == (3,)


def hash_and_choose(world: World) -> bool:
    digest = hashlib.sha256(secrets.token_bytes(8)).hexdigest()
    return len(digest) == 64 and 0 <= random.random() < 1 and bool(uuid.uuid4())


def make_time_uuid(world: World) -> bool:
    return uuid.uuid1().version == 1


def know_platform(world: World) -> bool:
    return platform.platform().startswith("Linux") and (os.cpu_count() or 0) >= 1


def know_times(world: World) -> bool:
    return time.time() > 0 and time.process_time() > 0 and os.times().user >= 0


def convert_times(world: World) -> bool:
    zone = zoneinfo.ZoneInfo("Europe/Berlin")
    noon = datetime.datetime(2008, 7, 1, 12, tzinfo=zone)
    parsed = datetime.datetime.strptime("2008-07-01", "%Y-%m-%d")
    return noon.utcoffset() == datetime.timedelta(hours=2) and parsed.year == 2008


def calculate(world: World) -> bool:
    return decimal.Decimal("0.1") * 3 == decimal.Decimal("0.3")


def call_back_from_c(world: World) -> bool:
    compare_type = ctypes.CFUNCTYPE(
        ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int)
    )
    numbers = (ctypes.c_int * 3)(3, 1, 2)
    compare = compare_type(lambda left, right: left[0] - right[0])
    ctypes.CDLL(None).qsort(numbers, 3, ctypes.sizeof(ctypes.c_int), compare)
    return list(numbers) == [1, 2, 3]


def warn(world: World) -> bool:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.warn("old", DeprecationWarning, stacklevel=1)
    return len(caught) == 1


def show_traceback(world: World) -> bool:
    try:
        raise KeyError("k")
    except KeyError:
        return "raise KeyError" in traceback.format_exc()


def dump_stacks(world: World) -> bool:
    faulthandler.enable()
    faulthandler.disable()
    return True


def signal_itself(world: World) -> bool:
    seen: list[int] = []
    signal.signal(signal.SIGUSR1, lambda number, frame: seen.append(number))
    os.kill(os.getpid(), signal.SIGUSR1)
    signal.raise_signal(signal.SIGUSR1)
    signal.setitimer(signal.ITIMER_REAL, 100)
    return seen == [signal.SIGUSR1] * 2


def map_memory(world: World) -> bool:
    with mmap.mmap(-1, 2**20) as memory:
        memory[:4] = b"abcd"
        return memory[:4] == b"abcd"


def take_some_memory(world: World) -> bool:
    return len(bytearray(100 * 2**20)) == 100 * 2**20


def take_memory_in_threads(world: World) -> bool:
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        return all(size == 2**20 for size in pool.map(lambda _: len(bytes(2**20)), range(16)))


def recover_from_too_much(world: World) -> bool:
    try:
        bytearray(2**40)
    except MemoryError:
        return len(bytearray(2**20)) == 2**20
    return False


def spool(world: World) -> bool:
    with tempfile.SpooledTemporaryFile(max_size=10) as spooled:
        spooled.write(b"12345678")
        spooled.seek(0)
        return spooled.read() == b"12345678"


def spool_much(world: World) -> bool:
    with tempfile.SpooledTemporaryFile(max_size=10, mode="w+") as spooled:
        spooled.write("ä" * 1000)
        spooled.seek(0)
        return spooled.read() == "ä" * 1000


def use_temporary_file(world: World) -> bool:
    with tempfile.TemporaryFile() as binary, tempfile.TemporaryFile("w+") as text:
        binary.write(b"x")
        text.write("line\n")
        text.seek(0)
        return binary.tell() == 1 and list(text) == ["line\n"]


def name_temporary_directory(world: World) -> bool:
    return tempfile.gettempdir() == "/tmp"


def read_attributes_softly(world: World) -> bool:
    """shutil.copystat and others take ENOTSUP for: this file system has none."""
    try:
        os.listxattr("page.txt")
    except OSError as error:
        return error.errno == errno.ENOTSUP
    return False


def print_something(world: World) -> bool:
    buffer = io.StringIO()
    with contextlib.redirect_stdout(buffer):
        print("hello")
    return buffer.getvalue() == "hello\n" and not os.isatty(1)


def render_template(world: World) -> bool:
    jinja2 = importlib.import_module("jinja2")
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader("."), autoescape=True)
    text = environment.from_string("{% for x in 'ab' %}{{ x }}<{{ y }}{% endfor %}").render(y="&")
    return text == "a<&amp;b<&amp;" and environment.get_template("page.txt").render() == "page"


def start_many_threads_at_once(world: World) -> bool:
    ready = threading.Barrier(33)
    threads = [threading.Thread(target=ready.wait) for _ in range(32)]
    for thread in threads:
        thread.start()
    ready.wait(timeout=5)
    for thread in threads:
        thread.join()
    return True


ABILITIES = [
    Ability("write_to_null", write_to_null, needs="landlock"),
    *(
        Ability(act.__name__, act)
        for act in (
            *(read_own_files, read_standard_library, import_lazily),
            *(start_threads, use_pool, use_asyncio, use_context, use_pair, use_poll),
            *(
                use_sqlite,
                render_template,
                start_many_threads_at_once,
                hash_and_choose,
                make_time_uuid,
                know_platform,
                know_times,
            ),
            *(convert_times, calculate, call_back_from_c, warn, show_traceback, dump_stacks),
            *(signal_itself, map_memory, take_some_memory, take_memory_in_threads),
            *(recover_from_too_much, spool, read_attributes_softly, print_something),
        )
    ),
    *(
        Ability(act.__name__, act, needs="python")
        for act in (spool_much, use_temporary_file, name_temporary_directory)
    ),
]
