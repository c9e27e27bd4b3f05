"""An application that dies again and again: its pace, what its clients see, and its mending."""

import re
import time

from appengine.supervisor.replacements import BURST, INTERVAL_SECONDS
from appengine.supervisor.versions import REVIVAL_SECONDS, REVIVALS
from tests.e2e.serving import DevServer, wait_until, write_files, wsgi_application

FINE = """
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"mended"]
"""
DIES_OF_EACH_REQUEST = "import os\n\ndef app(environ, start_response):\n    os._exit(3)\n"
DIES_AT_A_START = """
import os

def app(environ, start_response):
    if environ["PATH_INFO"] == "/_ah/start" and os.environ["INSTANCE_ID"]:
        os._exit(4)
"""
ITS_ZYGOTE_DIES = f"""
import os, signal

signal.signal(signal.SIGALRM, lambda *_: os._exit(5))
os.register_at_fork(after_in_parent=lambda: signal.setitimer(signal.ITIMER_REAL, 0.7))
{FINE}
"""
SPARES = 2
"""Instances that are there when it begins."""

EARLIER = 2
"""The clocks of the test and of the server are read at different moments."""


def is_mended(server) -> bool:
    reply = server.get("/")
    return (reply.status, reply.text) == (200, "mended")


def test_deaths_of_each_request_are_slowed_and_each_is_told_with_a_reference(tmp_path):
    app = wsgi_application(tmp_path / "app", DIES_OF_EACH_REQUEST)
    with DevServer([app]) as server:
        replies = []
        wanted = SPARES + BURST + 12
        began = time.monotonic()
        while server.log.count("ended: exited with status 3\n") < wanted:
            replies.append(server.get("/"))
        took = time.monotonic() - began
        for reply in replies:
            assert reply.status == 500
            assert re.search(r"ended: exited with status 3\. Reference: \w{32}", reply.text)
        assert len({reply.text for reply in replies}) == len(replies)
        most = SPARES + BURST + took / INTERVAL_SECONDS + EARLIER
        assert wanted <= most, f"{wanted} deaths in {took} s"


def test_who_asks_while_a_loop_is_mended_waits_for_no_instance_that_never_comes(tmp_path):
    app = wsgi_application(tmp_path / "app", DIES_OF_EACH_REQUEST)
    with DevServer([app]) as server:
        for _ in range(SPARES + BURST + 2):
            assert server.get("/").status == 500
        write_files(app, {"main.py": FINE})
        seen = []
        wait_until(lambda: seen.append(server.get("/")) or seen[-1].status == 200, 30)
        assert {reply.status for reply in seen} <= {200, 500}, "none was told to come again"
        assert is_mended(server)


def test_a_death_while_it_is_loaded_is_told_once_with_its_cause(tmp_path):
    app = wsgi_application(tmp_path / "app", f"import os\nos._exit(7)\n{FINE}")
    with DevServer([app]) as server:
        told = "trial: its first process died while it started: exited with status 7"
        for _ in range(20):
            reply = server.get("/")
            assert reply.status == 500
            assert re.fullmatch(rf"{told}\n\nReference: \w{{32}}\.\n", reply.text)
        assert server.log.count(told) == 1, "other files are what it waits for"
        write_files(app, {"main.py": f"import ctypes\nctypes.string_at(0)\n{FINE}"})
        wait_until(lambda: "killed by SIGSEGV" in server.get("/").text, 20)
        write_files(app, {"main.py": FINE})
        wait_until(lambda: is_mended(server), 20)


def test_a_death_at_each_start_is_slowed_and_told(tmp_path):
    app = wsgi_application(tmp_path / "app", FINE)
    manual = (app / "app.yaml").read_text() + "manual_scaling:\n  instances: 1\n"
    write_files(app, {"app.yaml": manual, "main.py": DIES_AT_A_START})
    with DevServer([app]) as server:
        reply = server.get("/")
        assert reply.status == 500
        assert "its start request was answered with status 500" in reply.text
        assert re.search(r"Reference: \w{32}", reply.text)
        write_files(app, {"main.py": FINE})
        wait_until(lambda: is_mended(server), 20)


def test_a_zygote_that_dies_again_and_again_is_slowed_and_its_mending_does_not_wait(tmp_path):
    app = wsgi_application(tmp_path / "app", FINE)
    with DevServer([app]) as server:
        began = time.monotonic()
        write_files(app, {"main.py": ITS_ZYGOTE_DIES})

        def ends() -> int:
            return server.log.count("its zygote ended: exited with status 5")

        wait_until(lambda: ends() == REVIVALS + 2, 60)
        took = time.monotonic() - began
        assert took >= REVIVAL_SECONDS - 1, "it was not slowed"
        write_files(app, {"main.py": FINE + "# mended\n"})
        mending = time.monotonic()
        wait_until(lambda: is_mended(server), 30)
        wait_until(lambda: ends() == REVIVALS + 2 and is_mended(server), 1)
        assert time.monotonic() - mending < REVIVAL_SECONDS - 1, "it waited for the next revival"
