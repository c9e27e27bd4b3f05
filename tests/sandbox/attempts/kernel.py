"""Attempts to gain rights, or to reach parts of the kernel that applications need not know."""

import ctypes
import mmap
import os
import struct

from appengine.sandbox.cage.system import syscall
from tests.sandbox import machine_code
from tests.sandbox.attempts.attempt import (
    ARGUMENTS,
    AT_FDCWD,
    KERNEL,
    LIBC,
    World,
    attempt,
    check,
    new_file,
)


@attempt("unshare", "user namespace", KERNEL)
def new_user_namespace(world: World) -> bool:
    return syscall("unshare", 0x10000000) == 0


@attempt("unshare", "mounts", KERNEL)
def new_mount_namespace(world: World) -> bool:
    return syscall("unshare", 0x20000) == 0


@attempt("unshare", "network", KERNEL)
def new_network(world: World) -> bool:
    return syscall("unshare", 0x40000000) == 0


@attempt("mount", "mounts", KERNEL)
def mount_something(world: World) -> bool:
    target = os.path.join(world["outside"], "writable").encode()
    return syscall("mount", b"tmpfs", target, b"tmpfs", 1, 0) == 0 and (
        syscall("umount2", target, 2) == 0
    )


@attempt("mount", "mounts", KERNEL)
def mount_inside(world: World) -> bool:
    here = os.getcwd().encode()
    return syscall("mount", b"tmpfs", here, b"tmpfs", 1, 0) == 0 and (
        syscall("umount2", here, 2) == 0
    )


@attempt("mount", "mounts", KERNEL)
def remount_root(world: World) -> bool:
    return syscall("mount", b"", b"/", b"", 0x80000 | 16384, 0) == 0


@attempt("open_tree", "mounts", KERNEL)
def open_tree(world: World) -> bool:
    return syscall("open_tree", AT_FDCWD, b"/", 1) > 0


@attempt("fsopen", "mounts", KERNEL)
def open_filesystem(world: World) -> bool:
    return syscall("fsopen", b"tmpfs", 0) > 0


@attempt("setresuid", "user", "seccomp, privileges")
def become_root(world: World) -> bool:
    syscall("setresuid", 0, 0, 0)
    return os.getuid() == 0


@attempt("setgroups", "groups", KERNEL)
def change_groups(world: World) -> bool:
    return syscall("setgroups", 0, 0) == 0


@attempt("capset", "capabilities", KERNEL)
def gain_capabilities(world: World) -> bool:
    header = struct.pack("=Ii", 0x20080522, 0)
    return syscall("capset", header, struct.pack("=6I", 1, 1, 0, 0, 0, 0)) == 0


@attempt("bpf", "kernel", KERNEL)
def load_bpf(world: World) -> bool:
    attributes = struct.pack("=4I", 2, 4, 4, 1) + bytes(56)
    return syscall("bpf", 0, attributes, len(attributes)) > 0


@attempt("perf_event_open", "kernel", KERNEL)
def count_performance(world: World) -> bool:
    attributes = struct.pack("=IIQ", 1, 112, 0) + bytes(96)
    return syscall("perf_event_open", attributes, 0, -1, -1, 0) > 0


@attempt("userfaultfd", "kernel", KERNEL)
def handle_faults(world: World) -> bool:
    return syscall("userfaultfd", 1) > 0


@attempt("io_uring_setup", "kernel", KERNEL)
def queue_io(world: World) -> bool:
    return syscall("io_uring_setup", 4, ctypes.create_string_buffer(120)) > 0


@attempt("io_setup", "kernel", KERNEL)
def queue_old_io(world: World) -> bool:
    return syscall("io_setup", 4, ctypes.create_string_buffer(8)) == 0


@attempt("add_key", "keyring", KERNEL)
def keep_key(world: World) -> bool:
    return syscall("add_key", b"user", b"cage", b"x", 1, -2) > 0


@attempt("keyctl", "keyring", KERNEL)
def find_keyring(world: World) -> bool:
    return syscall("keyctl", 0, -2, 1) > 0


@attempt("shmget", "System V memory", KERNEL)
def share_memory(world: World) -> bool:
    number = syscall("shmget", 0, 4096, 0o1600)
    return syscall("shmctl", number, 0, 0) == 0


@attempt("semget", "System V semaphore", KERNEL)
def share_semaphore(world: World) -> bool:
    number = syscall("semget", 0, 1, 0o1600)
    return syscall("semctl", number, 0, 0, 0) == 0


@attempt("msgget", "System V queue", KERNEL)
def share_messages(world: World) -> bool:
    number = syscall("msgget", 0, 0o1600)
    return syscall("msgctl", number, 0, 0) == 0


@attempt("mq_open", "POSIX queue", KERNEL)
def open_message_queue(world: World) -> bool:
    name = world["name"].encode()
    os.close(syscall("mq_open", name, os.O_RDWR | os.O_CREAT, 0o600, 0))
    return syscall("mq_unlink", name) == 0


@attempt("memfd_create", "unlimited memory", KERNEL)
def make_memory_file(world: World) -> bool:
    return syscall("memfd_create", b"x", 0) > 0


@attempt("memfd_secret", "memory", KERNEL, control=False)
def make_secret_memory(world: World) -> bool:
    return syscall("memfd_secret", 0) > 0


@attempt("inotify_init1", "kernel memory", KERNEL)
def watch_files(world: World) -> bool:
    return syscall("inotify_init1", 0) > 0


@attempt("fanotify_init", "all files", KERNEL)
def watch_all_files(world: World) -> bool:
    return syscall("fanotify_init", 0, 0) > 0


@attempt("personality", "address layout", KERNEL)
def change_personality(world: World) -> bool:
    return syscall("personality", 0x0040000) >= 0


@attempt("timer_create", "kernel memory", KERNEL)
def make_timer(world: World) -> bool:
    return syscall("timer_create", 1, 0, ctypes.create_string_buffer(8)) == 0


@attempt("timerfd_create", "sleep of the machine", "privileges")
def wake_machine(world: World) -> bool:
    return syscall("timerfd_create", 9, 0) >= 0  # CLOCK_BOOTTIME_ALARM


@attempt("arch_prctl", "registers of its thread", KERNEL, control=False)
def read_thread_register(world: World) -> bool:
    return syscall("arch_prctl", 0x1003, ctypes.create_string_buffer(8)) == 0  # ARCH_GET_FS


@attempt("madvise", "others' equal pages", ARGUMENTS)
def merge_pages(world: World) -> bool:
    page = mmap.mmap(-1, mmap.PAGESIZE)
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    return syscall("madvise", address, mmap.PAGESIZE, 12) == 0


@attempt("futex", "priority of other threads", ARGUMENTS)
def lock_with_priority(world: World) -> bool:
    return syscall("futex", ctypes.create_string_buffer(4), 6 | 128, 0, 0, 0, 0) == 0


@attempt("pipe2", "news of the kernel", ARGUMENTS, control=False)
def open_notification_pipe(world: World) -> bool:
    return len(os.pipe2(os.O_EXCL)) == 2


@attempt("mlock", "memory", KERNEL)
def lock_memory(world: World) -> bool:
    page = mmap.mmap(-1, mmap.PAGESIZE)
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    return syscall("mlock", address, mmap.PAGESIZE) == 0


@attempt("mincore", "page cache", KERNEL)
def probe_page_cache(world: World) -> bool:
    page = mmap.mmap(-1, mmap.PAGESIZE)
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    return syscall("mincore", address, mmap.PAGESIZE, ctypes.create_string_buffer(1)) == 0


@attempt("syslog", "kernel log", KERNEL)
def read_kernel_log(world: World) -> bool:
    return syscall("syslog", 10, 0, 0) >= 0


@attempt("sethostname", "host name", KERNEL)
def name_host(world: World) -> bool:
    name = os.uname().nodename.encode()
    return syscall("sethostname", name, len(name)) == 0


@attempt("modify_ldt", "kernel", KERNEL)
def read_local_descriptors(world: World) -> bool:
    return machine_code.call("modify_ldt", 0, machine_code.address_of(bytes(16)), 16) >= 0


@attempt("ioperm", "hardware", KERNEL, control=False)
def reach_ports(world: World) -> bool:
    return machine_code.call("ioperm", 0x80, 1, 1) == 0


@attempt("sched_setscheduler", "scheduler", KERNEL)
def schedule_batch(world: World) -> bool:
    return syscall("sched_setscheduler", 0, 3, struct.pack("=i", 0)) == 0


@attempt("seccomp", "own filter", KERNEL)
def filter_calls(world: World) -> bool:
    """Puts a filter up that lets another process answer its calls."""
    program = struct.pack("=HBBI", 0x06, 0, 0, 0x7FFF0000)
    buffer = ctypes.create_string_buffer(program, len(program))
    LIBC.prctl(38, 1, 0, 0, 0)
    return syscall("seccomp", 1, 8, struct.pack("@HP", 1, ctypes.addressof(buffer))) > 0


@attempt("prctl", "own filter", ARGUMENTS)
def filter_by_prctl(world: World) -> bool:
    program = struct.pack("=HBBI", 0x06, 0, 0, 0x7FFF0000)
    buffer = ctypes.create_string_buffer(program, len(program))
    header = ctypes.create_string_buffer(struct.pack("@HP", 1, ctypes.addressof(buffer)))
    LIBC.prctl(38, 1, 0, 0, 0)
    return check(LIBC.prctl(22, 2, header)) == 0


@attempt("prctl", "dumpable", ARGUMENTS)
def show_memory(world: World) -> bool:
    return check(LIBC.prctl(4, 1, 0, 0, 0)) == 0


@attempt("prctl", "parent's end", ARGUMENTS)
def outlive_parent(world: World) -> bool:
    return check(LIBC.prctl(1, 0, 0, 0, 0)) == 0


@attempt("landlock_create_ruleset", "kernel", KERNEL)
def restrict_itself(world: World) -> bool:
    return syscall("landlock_create_ruleset", struct.pack("=Q", 1), 8, 0) > 0


@attempt("int 0x80", "other table", "seccomp (kill)", control=False)
def call_32_bit(world: World) -> bool:
    return machine_code.run(machine_code.INT_80, 20) == os.getpid()  # 20: getpid there


@attempt("int 0x80", "new file", "seccomp (kill)", "file", control=False)
def write_by_32_bit(world: World) -> bool:
    """Creates a file by int 0x80, whose number 8 (creat) is lseek's to a careless filter."""
    low = mmap.mmap(-1, mmap.PAGESIZE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x40)
    low.write(new_file(world).encode() + b"\0")
    address = ctypes.addressof(ctypes.c_char.from_buffer(low))
    return machine_code.run(machine_code.INT_80, 8, address, 0o644) >= 0


@attempt("x32 getpid", "other table", "seccomp (kill)", control=False)
def call_x32(world: World) -> bool:
    return machine_code.run(machine_code.SYSCALL, 0x40000000 | 39) == os.getpid()


@attempt("number 1023", "kernel", KERNEL, control=False)
def call_unknown(world: World) -> bool:
    """A number that no kernel has: only that it is answered at all would be news."""
    return machine_code.run(machine_code.SYSCALL, 1023) >= 0
