"""The nursery: a clean process that holds the SDK, and forks a keeper for each version.

It is exec'd, so nothing of the supervisor is in its memory, and it never reads a version's
configuration: the forked child does, from a socket of its own. It stays single-threaded.
"""

import importlib
import itertools
import os
import signal
import socket
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from appengine.rpc.boot import NurseryReady, encode
from appengine.rpc.rooms import find_services, room_of
from appengine.sandbox import environment, keeper
from appengine.sandbox.cage.limits import die_with_parent
from appengine.sandbox.cage.probe import probe
from appengine.sandbox.cage.seccomp import make_zygote_filter
from appengine.sandbox.cage.syscalls import this_architecture
from appengine.sandbox.cage.system import name_process
from appengine.sandbox.packing import settle_memory
from appengine.sandbox.rehearsal import rehearse
from appengine.sandbox.view import View

WARM = """
_multiprocessing _posixshmem _strptime abc argparse array ast asyncio base64 bisect calendar codecs
collections
concurrent.futures contextlib copy csv ctypes dataclasses datetime decimal difflib email.message
email.mime.multipart email.mime.text email.parser encodings.idna encodings.latin_1 encodings.utf_8
enum fractions functools getpass hashlib heapq hmac html html.parser http.client http.cookies
inspect io itertools json logging logging.handlers math mimetypes numbers operator pathlib pickle
pprint queue random re secrets select shutil socket sqlite3 ssl statistics string struct subprocess
tempfile textwrap threading time traceback types typing unicodedata urllib.parse urllib.request
uuid warnings weakref wsgiref.handlers wsgiref.simple_server xml.etree.ElementTree zipfile zlib
zoneinfo jinja2 jinja2.sandbox msgspec
""".split()
"""What applications use, imported once for all of them."""


def warm() -> None:
    """Imports the inside of the SDK and what applications use of the standard library."""
    for name in WARM:
        importlib.import_module(name)
    for service in find_services().values():
        importlib.import_module(room_of(service))
        for module in service.modules.values():
            importlib.import_module(f"{room_of(service)}.{module}")
    for name in ("appengine.webapp", "appengine.webapp.util", "appengine.webapp.template"):
        importlib.import_module(name)
    with suppress(OSError):  # no table for this machine: the layer is missing
        for null, shared in itertools.product((True, False), repeat=2):
            make_zygote_filter(this_architecture(), may_write_null=null, shares_memory=shared)


def main(descriptor: str, directory: str) -> NoReturn:
    """Serves one supervisor, and ends with it.

    Args:
        descriptor: of the control socket (SOCK_SEQPACKET).
        directory: an empty directory for the view.
    """
    die_with_parent()
    name_process("nursery")
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the supervisor's to handle
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps keepers
    control = socket.socket(fileno=int(descriptor))
    layers = probe()
    environment.inherit_context()
    environment.install({})
    warm()
    view = View(Path(directory))
    view.build()
    rehearse()
    settle_memory()
    control.send(encode(NurseryReady(layers)))
    while True:
        data, descriptors, _, _ = socket.recv_fds(control, 64, 3)
        if not data:
            os._exit(0)
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            control.close()
            keeper.run(descriptors, view)
        for number in descriptors:
            os.close(number)
