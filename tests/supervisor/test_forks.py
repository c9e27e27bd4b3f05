"""Forks of a process: what they inherit and how they end."""

import os
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]


def run_alone(source: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Runs a program that forks, away from the threads of the tests."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(source)],
        cwd=CHECKOUT,
        env=os.environ | environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_fork_has_only_the_descriptors_and_variables_that_are_named():
    done = run_alone(
        """
        import os, socket, sys
        from appengine.supervisor.forks import fork

        kept, other = socket.socketpair()

        def is_open(number):
            try:
                return bool(os.fstat(number))
            except OSError:
                return False

        def serve():
            print(*map(is_open, (kept.fileno(), other.fileno())))
            print(os.fstat(0).st_rdev == os.stat(os.devnull).st_rdev, "SECRET" in os.environ)
            print(os.getsid(0) == os.getpid(), open("/proc/self/comm").read().strip())

        child = fork("appengine-test", serve, [kept.fileno()])
        print(child.wait(), file=sys.stderr)
        """,
        SECRET="of the operator",
    )
    assert done.stdout.split("\n") == ["True False", "True False", "True appengine-test", ""]
    assert done.stderr == "0\n"


def test_a_fork_that_fails_says_why_and_never_returns_into_its_parents_code():
    done = run_alone(
        """
        import sys
        from appengine.supervisor.forks import fork

        def fail():
            raise ValueError("no such thing")

        try:
            statuses = [fork("a", end, []).wait() for end in (fail, lambda: sys.exit(7),
                        lambda: sys.exit("in words"), lambda: sys.exit())]
        finally:
            print("the parent's own clean-up")
        print(statuses)
        """
    )
    assert done.stdout == "the parent's own clean-up\n[1, 7, 1, 0]\n"
    assert "ValueError: no such thing" in done.stderr


def test_a_fork_dies_with_its_parent():
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            parent = subprocess.Popen(
                [
                    sys.executable,
                    "-c",
                    "import os, signal, sys\n"
                    "from appengine.supervisor.forks import fork\n"
                    "number = int(sys.argv[1])\n"
                    "serve = lambda: (os.write(number, b'x'), signal.pause())\n"
                    "fork('a', serve, [number])\n"
                    "signal.pause()\n",
                    str(theirs.fileno()),
                ],
                cwd=CHECKOUT,
                pass_fds=[theirs.fileno()],
            )
        ours.settimeout(30)
        assert ours.recv(1) == b"x"
        parent.kill()
        parent.wait()
        assert ours.recv(1) == b""  # the last one that held the other end is gone


def test_the_end_of_a_fork_is_seen_once_and_remembered():
    done = run_alone(
        """
        import os, signal, time
        from appengine.supervisor.forks import fork

        child = fork("a", signal.pause, [])
        print(child.poll())
        child.terminate()
        print(child.wait() == -signal.SIGTERM, child.poll() == -signal.SIGTERM)
        child.kill()  # of nobody: the number may be another process's by now
        print(child.returncode == -signal.SIGTERM)
        """
    )
    assert done.stdout.split("\n") == ["None", "True True", "True", ""], done.stderr
