"""Cgroups of version 2, tried for real: the tests of cgroups in a kernel that has no others.

A machine has its controllers in one version or the other. So the tests run once more in a kernel of
their own, User Mode Linux, on this machine's files: where version 2 is the machine's, that shows
nothing new, where version 1 is, it is the only proof. A whole server there takes a minute:
`APPENGINE_TEST_LONG_KERNEL=1`.

Source: Linux, Documentation/virt/uml/user_mode_linux_howto_v2.rst.
"""

import os
import shlex
import shutil
import subprocess
import sys

import pytest

from tests.e2e.ordinary_user import NOBODY
from tests.e2e.serving import CHECKOUT

KERNEL = shutil.which(os.environ.get("APPENGINE_TEST_LINUX", "linux.uml"))
BOOTED, STATUS = "the kernel has booted", "status of the tests: "
SECONDS = 300
PYTHON = shlex.quote(sys.executable)
SETTING_UP = f"""
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export HOME=/run TMPDIR=/run PYTHONDONTWRITEBYTECODE=1 NO_COLOR=1
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t tmpfs tmpfs /run
mkdir /dev/shm /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t devpts devpts /dev/pts
ln -s /proc/self/fd /dev/fd
mount -t cgroup2 cgroup2 /sys/fs/cgroup
ip link set lo up
cd {shlex.quote(str(CHECKOUT))}
echo {BOOTED}
"""
RUN = f"{PYTHON} -m pytest -p no:cacheprovider --basetemp=/run/pytest -rs"
ENDING = f"""
echo {STATUS}$?
sync
echo o > /proc/sysrq-trigger
sleep 60
"""
DELEGATED = f"""
cd /sys/fs/cgroup
echo +memory +pids +cpu > cgroup.subtree_control
mkdir user user/applications user/applications/shell
echo +memory +pids +cpu > user/cgroup.subtree_control
chown -R {NOBODY}:{NOBODY} user
echo $$ > user/applications/shell/cgroup.procs
cd -
"""
"""As systemd gives a session its own: its first directory gives on, its last holds the shell."""

pytestmark = pytest.mark.skipif(
    KERNEL is None or os.getuid() != 0,
    reason="needs root and linux.uml, which Debian has in its package user-mode-linux",
)


def boot(folder, script: str) -> str:
    """Returns what a kernel has printed that runs a script as its first process."""
    file = folder / "init"
    file.write_text(f"#!/bin/sh\n{SETTING_UP}{script}{ENDING}")
    file.chmod(0o755)
    command = [
        str(KERNEL),
        *("mem=1G", "root=/dev/root", "rootfstype=hostfs", "rootflags=/", "ro", "quiet"),
        *("con=null", "con0=fd:0,fd:1", f"init={file}"),
    ]
    output = folder / "output"
    with output.open("wb") as stream:
        kernel = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream, start_new_session=True
        )
        try:
            kernel.wait(SECONDS)
        finally:
            if kernel.poll() is None:
                os.killpg(kernel.pid, 9)
                kernel.wait()
    text = output.read_text(errors="replace")
    if BOOTED not in text:
        pytest.skip(f"{KERNEL} does not boot here: {text.strip().splitlines()[-1:]}")
    return text


@pytest.mark.parametrize("whose", ["the root directory", "a delegated directory"])
def test_memory_processes_and_processors_are_limited_by_version_2(tmp_path, whose):
    tests = "tests/supervisor/test_cgroups.py"
    if whose == "the root directory":
        script = f"{RUN} {tests}"
    else:
        user = f"setpriv --reuid={NOBODY} --regid={NOBODY} --clear-groups"
        reading = [*user.split(), "test", "-r", CHECKOUT / "pyproject.toml"]
        if subprocess.run(reading, check=False).returncode:
            pytest.skip(f"an ordinary user cannot read {CHECKOUT}")
        script = f"{DELEGATED}{user} {RUN} {tests}"
    text = boot(tmp_path, script)
    assert f"{STATUS}0" in text, text
    assert " skipped" not in text, text


@pytest.mark.skipif(
    "APPENGINE_TEST_LONG_KERNEL" not in os.environ,
    reason="takes a minute: set APPENGINE_TEST_LONG_KERNEL",
)
def test_an_instance_beyond_its_memory_is_ended_and_told_by_version_2(tmp_path):
    tests = "tests/e2e/test_memory_limits.py"
    text = boot(tmp_path, f"{RUN} {tests} -k 'cause and instance'")
    assert f"{STATUS}0" in text, text
    assert "1 passed" in text, text
