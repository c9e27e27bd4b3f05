"""The layers by themselves: limits, Landlock, privileges and namespaces, each in a child."""

import ctypes
import errno
import mmap
import os
import resource
import socket
import struct
import threading

import pytest

from appengine.sandbox.cage import (
    LAYERS,
    CageConfig,
    Mount,
    landlock,
    limits,
    lock,
    namespaces,
    seccomp,
    system,
)
from appengine.sandbox.cage.syscalls import this_architecture
from tests.sandbox.forked import in_child, refusal
from tests.sandbox.machine import needs


def make_config(**changes):
    return CageConfig(layers=frozenset(LAYERS), mounts=[], workdir="/", **changes)


# limits


def test_a_zygotes_limits_are_hard():
    def limit():
        limits.limit_zygote(make_config(memory_bytes=2**28, uid=1))
        kinds = ("NOFILE", "FSIZE", "CORE", "MEMLOCK", "NPROC", "DATA", "AS")
        return {kind: resource.getrlimit(getattr(resource, f"RLIMIT_{kind}")) for kind in kinds}

    assert in_child(limit) == {
        "NOFILE": [256, 256],
        "FSIZE": [0, 0],
        "CORE": [0, 0],
        "MEMLOCK": [0, 0],
        "NPROC": [200, 200],
        "DATA": [2**28, 2**28],
        "AS": [2**28 + 2**30] * 2,
    }


def test_an_instance_gets_fewer_files_and_its_time():
    def limit():
        limits.limit_instance(make_config(files=20, cpu_seconds=7))
        kinds = (resource.RLIMIT_NOFILE, resource.RLIMIT_CPU)
        return [resource.getrlimit(kind) for kind in kinds]

    assert in_child(limit) == [[20, 20], [7, 7]]


def test_a_limit_is_never_raised():
    def limit():
        resource.setrlimit(resource.RLIMIT_NOFILE, (10, 10))
        limits.limit_instance(make_config(files=20))
        return resource.getrlimit(resource.RLIMIT_NOFILE)

    assert in_child(limit) == [10, 10]


def test_an_owners_other_processes_are_not_counted():
    """Without a user of its own the limit would count its owner's browser."""

    def limit():
        layers = frozenset(LAYERS) - {"namespaces"}
        limits.limit_zygote(CageConfig(layers=layers, mounts=[], uid=None, processes=1))
        return resource.getrlimit(resource.RLIMIT_NPROC)

    assert in_child(limit) == list(resource.getrlimit(resource.RLIMIT_NPROC))


def test_more_memory_than_allowed_is_a_memory_error_and_life_goes_on():
    def take():
        limits.limit_zygote(make_config(memory_bytes=2**30))  # what the tests hold is in it
        with pytest.raises(MemoryError):
            bytearray(2**31)
        with pytest.raises(OSError, match="Cannot allocate memory"):
            mmap.mmap(-1, 2**33)
        return len(bytearray(2**25))

    assert in_child(take) == 2**25


def test_all_descriptors_but_the_named_ones_are_closed():
    def close():
        before = {int(name) for name in os.listdir("/proc/self/fd")}
        opened = [os.dup(0) for _ in range(20)]
        kept = {opened[3], opened[11]}
        limits.close_all_but([*kept, *(before - set(opened)), 1, *kept])
        alive = []
        for number in opened:
            try:
                os.fstat(number)
            except OSError:
                continue
            alive.append(number)
        return alive == sorted(kept)

    assert in_child(close)


def test_a_sealed_process_hides_its_memory_and_dies_with_its_parent():
    def seal():
        limits.seal_process()
        signal_number = ctypes.c_int()
        system._libc.prctl(2, ctypes.byref(signal_number), 0, 0, 0)  # PR_GET_PDEATHSIG
        return [system.prctl(system.PR_GET_DUMPABLE), signal_number.value]

    assert in_child(seal) == [0, 9]


def test_a_child_ends_when_its_parent_is_killed():
    receiver, sender = os.pipe()

    def start():
        if os.fork() == 0:
            limits.die_with_parent()
            os.write(sender, b"x")
            threading.Event().wait()
        os.read(receiver, 1)
        os.kill(os.getpid(), 9)

    with pytest.raises(AssertionError, match="the child ended with -9"):
        in_child(start)
    os.close(sender)
    with open(receiver, "rb") as pipe:
        assert pipe.read() == b""  # the grandchild's end of it is closed: it is dead


# Landlock


@needs("landlock")
def test_landlock_leaves_the_named_files(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "file").write_text("x")
    (tmp_path / "b").write_text("x")

    def restrict():
        limits.renounce_new_privileges()
        landlock.restrict_files([str(tmp_path / "a"), "/missing"], writable=[os.devnull])
        read = (tmp_path / "a" / "file").read_text()
        refused = [
            refusal((tmp_path / "b").read_text)[1],
            refusal(lambda: (tmp_path / "a" / "new").write_text("x"))[1],
            refusal(lambda: (tmp_path / "a" / "file").open("a"))[1],
            refusal(lambda: os.listdir(tmp_path))[1],
            refusal(lambda: os.unlink(tmp_path / "a" / "file"))[1],
        ]
        with open(os.devnull, "w") as null:
            null.write("x")
        return [read, *refused]

    assert in_child(restrict) == ["x", *[errno.EACCES] * 5]


@needs("landlock")
def test_landlock_ends_tcp_abstract_sockets_and_signals():
    version = landlock.find_version()
    if version < 6:
        pytest.skip(f"Landlock's interface is version {version}; 6 knows sockets and signals")
    listener = socket.create_server(("127.0.0.1", 0))
    abstract = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    abstract.bind(f"\0cage-{os.getpid()}")
    abstract.listen()

    def restrict():
        limits.renounce_new_privileges()
        landlock.restrict_files([])
        other = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        return [
            refusal(lambda: socket.create_connection(listener.getsockname()))[1],
            refusal(lambda: other.connect(abstract.getsockname()))[1],
            refusal(lambda: os.kill(os.getppid(), 0))[1],
        ]

    with listener, abstract:
        assert in_child(restrict) == [errno.EACCES, errno.EPERM, errno.EPERM]


@needs("landlock")
def test_landlock_without_no_new_privileges_is_refused_to_a_user():
    def restrict():
        if os.geteuid() == 0:
            namespaces.drop_privileges(65534)
        return refusal(lambda: landlock.restrict_files([]))[1:]

    number, text = in_child(restrict)
    assert number == errno.EPERM
    assert "landlock_restrict_self" in text


@pytest.mark.parametrize(("version", "words"), [(1, 1), (3, 1), (4, 2), (5, 2), (6, 3), (9, 3)])
def test_each_version_of_landlock_is_told_what_it_knows(version, words):
    attributes, size = landlock._describe(version, landlock.find_rights(version))
    assert size == len(attributes) == 8 * words
    rights = struct.unpack_from("=Q", attributes)[0].bit_length()
    assert rights == {1: 13, 3: 15, 4: 15}.get(version, 16)


# the locks


@needs("seccomp")
def test_a_filter_binds_threads_that_run_already():
    def install():
        done, asked = threading.Event(), threading.Event()
        answers = []

        def work():
            asked.wait()
            answers.append(refusal(socket.socket)[1])
            done.set()

        threading.Thread(target=work).start()
        limits.renounce_new_privileges()
        program = seccomp.make_zygote_filter(this_architecture(), may_write_null=False)
        seccomp.install(program)
        asked.set()
        done.wait()
        return answers

    assert in_child(install) == [errno.EPERM]


@needs("seccomp", "landlock")
@pytest.mark.parametrize("left_out", ["landlock", "seccomp", "limits"])
def test_a_layer_that_is_left_out_is_not_put_up(left_out):
    def go():
        layers = frozenset(LAYERS) - {left_out, "namespaces"}
        config = CageConfig(layers=layers, mounts=[Mount("/usr", "/usr")], workdir="/usr")
        lock.lock_zygote(config)
        lock.lock_instance(config)
        with open("/usr/bin/env", "rb") as readable:
            readable.read(1)
        up = {
            "landlock": refusal(lambda: os.listdir("/"))[1] == errno.EACCES
            if left_out != "landlock"
            else not os.listdir("/"),
            "seccomp": left_out != "seccomp" and refusal(socket.socket)[1] == errno.EPERM,
            "limits": resource.getrlimit(resource.RLIMIT_NOFILE) == (64, 64),
        }
        return sorted(name for name, is_up in up.items() if is_up)

    assert in_child(go) == sorted({"landlock", "seccomp", "limits"} - {left_out})


def test_no_number_is_given_to_a_system_that_is_not_linux(monkeypatch):
    monkeypatch.setattr("sys.platform", "darwin")
    with pytest.raises(OSError, match="close_range: darwin has none") as caught:
        system.syscall("close_range", 3, 3, 0)
    assert caught.value.errno == errno.ENOSYS


def test_a_refusal_of_the_kernel_names_the_call():
    with pytest.raises(OSError, match=r"unshare\(0x1\): Invalid argument"):
        system.unshare(1)
    with pytest.raises(OSError, match="openat: No such file"):
        system.syscall("openat", -100, b"/missing", 0)
    with pytest.raises(OSError, match=r"no_such_call: .* has none"):
        system.syscall("no_such_call")
    with pytest.raises(OSError, match=r"prctl\(-1\)"):
        system.prctl(-1)
    with pytest.raises(OSError, match="mount"):
        in_child(lambda: system.mount("/missing", "/missing"))
    with pytest.raises(OSError, match="umount2"):
        system.detach("/missing")


@needs("seccomp")
@pytest.mark.parametrize(("version", "verdict"), [(0, errno.EROFS), (2, errno.EROFS), (3, None)])
def test_a_landlock_that_knows_no_truncation_leaves_opening_to_seccomp(
    monkeypatch, version, verdict
):
    monkeypatch.setattr(landlock, "restrict_files", lambda *arguments, **options: version)

    def go():
        lock.lock_zygote(make_config())
        try:
            os.close(os.open(os.devnull, os.O_RDONLY | os.O_TRUNC))
        except OSError as error:
            return error.errno
        return None

    assert in_child(go) == verdict
