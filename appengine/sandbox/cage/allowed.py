"""The system calls that an application may make, each with its reason; all others are refused.

Names are those of either architecture; one that an architecture lacks is left out there. The
kernel keeps a bitmap of the calls that are always allowed, so those cost nothing.
"""

import errno

from msgspec import Struct

from appengine.sandbox.cage import system
from appengine.sandbox.cage.bpf import LOW_WORD, Condition

PLAIN: dict[str, str] = {
    # open files, pipes and sockets
    "read": "files, pipes and the request's socket",
    "readv": "several buffers at once: os.readv, glibc",
    "pread64": "zip files and C extensions read at an offset",
    "preadv": "os.preadv",
    "preadv2": "os.preadv with flags",
    "write": "stdout, stderr, pipes and the request's socket",
    "writev": "several buffers at once: glibc's messages, os.writev",
    "pwrite64": "C libraries probe for it; no writable file is there",
    "close": "every open file",
    "close_range": "an instance closes what the zygote held",
    "lseek": "io's buffered readers",
    "dup": "os.dup, os.fdopen of a duplicate",
    "dup2": "redirection of stdout",
    "dup3": "redirection of stdout, without inheritance",
    "pipe": "self-pipes of threads",
    "poll": "waits for the request's socket",
    "ppoll": "waits for the request's socket",
    "select": "select.select, time.sleep of old C libraries",
    "pselect6": "select.select",
    "epoll_create1": "asyncio's selector",
    "epoll_ctl": "asyncio's selector",
    "epoll_wait": "asyncio's selector",
    "epoll_pwait": "asyncio's selector",
    "epoll_pwait2": "asyncio's selector in newer C libraries",
    "eventfd2": "wake-ups of event loops",
    "timerfd_create": "timers of event loops",
    "timerfd_settime": "timers of event loops",
    "timerfd_gettime": "timers of event loops",
    "fadvise64": "readers announce how they read; a hint",
    # looking at files; the tiny root and Landlock decide which there are
    "stat": "imports and os.stat",
    "lstat": "os.path.islink, os.lstat",
    "fstat": "every open()",
    "newfstatat": "imports and os.stat",
    "statx": "newer C libraries' stat",
    "access": "C libraries look for configuration",
    "faccessat": "os.access",
    "faccessat2": "os.access",
    "readlink": "os.path.realpath",
    "readlinkat": "os.path.realpath",
    "getdents": "old C libraries' readdir",
    "getdents64": "os.listdir, imports",
    "getcwd": "relative paths",
    "chdir": "os.chdir: relative paths",
    "fchdir": "os.fchdir",
    "statfs": "os.statvfs, shutil.disk_usage",
    "fstatfs": "os.fstatvfs",
    "umask": "os.umask; nothing can be created",
    # memory
    "munmap": "gives memory back",
    "mprotect": "relocation of shared libraries, libffi, stacks of threads",
    "mremap": "realloc of large blocks",
    "msync": "mmap.flush",
    "brk": "malloc of small blocks",
    # signals to itself
    "rt_sigaction": "signal.signal",
    "rt_sigprocmask": "signal masks; starts of threads",
    "rt_sigreturn": "the end of every signal handler",
    "rt_sigpending": "signal.sigpending",
    "rt_sigtimedwait": "signal.sigtimedwait",
    "rt_sigsuspend": "signal.pause of some C libraries",
    "sigaltstack": "faulthandler",
    "pause": "signal.pause of a thread",
    "alarm": "signal.alarm",
    "getitimer": "signal.getitimer",
    "setitimer": "signal.setitimer",
    "restart_syscall": "the kernel resumes a wait after a stop",
    # threads
    "futex_waitv": "locks of newer C libraries",
    "set_robust_list": "starts of threads and forks",
    "rseq": "starts of threads",
    "membarrier": "memory barriers of C libraries",
    "gettid": "threading.get_native_id",
    "sched_yield": "spinning locks; time.sleep(0)",
    "sched_getaffinity": "os.sched_getaffinity, os.cpu_count",
    "sched_getparam": "starts of threads",
    "sched_getscheduler": "starts of threads",
    "sched_get_priority_max": "starts of threads",
    "sched_get_priority_min": "starts of threads",
    "getcpu": "memory allocators",
    "exit": "ends of threads",
    "exit_group": "the process's own end",
    "wait4": "the zygote waits for its instances; inside there is none to wait for",
    "waitid": "the zygote waits for its instances; inside there is none to wait for",
    # what it is
    "getpid": "os.getpid",
    "getppid": "os.getppid",
    "getpgrp": "os.getpgrp",
    "getpgid": "os.getpgid; other processes are in no namespace of its own",
    "getsid": "os.getsid; other processes are in no namespace of its own",
    "getuid": "os.getuid",
    "geteuid": "os.geteuid; site asks at start",
    "getgid": "os.getgid",
    "getegid": "os.getegid; site asks at start",
    "getgroups": "os.getgroups",
    "getresuid": "os.getresuid",
    "getresgid": "os.getresgid",
    "capget": "libraries ask whether they are privileged",
    "getpriority": "os.getpriority",
    "getrlimit": "resource.getrlimit of old C libraries",
    "getrusage": "CPU times of the request",
    "times": "os.times",
    "uname": "platform and os.uname",
    "sysinfo": "libraries size their caches by the memory",
    # clocks and chance
    "nanosleep": "time.sleep of old C libraries",
    "clock_nanosleep": "time.sleep",
    "gettimeofday": "the clock, where the vDSO has none",
    "time": "the clock, where the vDSO has none",
    "clock_gettime": "the clock, where the vDSO has none",
    "clock_getres": "time.get_clock_info",
    "getrandom": "os.urandom, hash seeds, ssl",
    # its one socket
    "accept": "takes the next request",
    "accept4": "takes the next request",
    "shutdown": "ends a response",
    "getsockname": "socket.socket(fileno=...) asks for the family",
    "getpeername": "asyncio and ssl ask for the peer",
    "getsockopt": "socket.socket(fileno=...) asks for the type",
}
"""Allowed in the zygote and in instances, whatever the arguments."""

ZYGOTE_ONLY: dict[str, str] = {
    "recvmsg": "takes an instance's listening socket from the supervisor",
}
"""Allowed in the zygote alone."""

Alternatives = tuple[tuple[Condition, ...], ...]


class Filtered(Struct, frozen=True, kw_only=True):
    """A call that is allowed with some arguments only.

    Attributes:
        instance: alternatives; all conditions of one must hold.
        zygote: what the zygote may besides.
        refusal: the `errno` of all other arguments.
    """

    why: str
    instance: Alternatives = ()
    zygote: Alternatives = ()
    refusal: int = errno.EPERM


def is_one_of(argument: int, *values: int) -> Alternatives:
    """Returns alternatives: the argument (a C int) has one of the values."""
    return tuple((Condition(argument, value & LOW_WORD),) for value in values)


def has_bits(argument: int, mask: int, value: int) -> Condition:
    """Returns the condition that the argument's bits in `mask` are `value`."""
    return Condition(argument, value, mask)


def has_only(argument: int, mask: int) -> Condition:
    """Returns the condition that the argument has no bits but those in `mask`."""
    return Condition(argument, 0, ~mask & LOW_WORD)


def is_null(argument: int) -> tuple[Condition, ...]:
    """Returns the conditions of a null pointer."""
    return Condition(argument, 0), Condition(argument, 0, high=True)


CLONE_VM, CLONE_SIGHAND, CLONE_THREAD = 0x100, 0x800, 0x10000
CLONE_PIDFD, CLONE_PTRACE, CLONE_VFORK, CLONE_PARENT = 0x1000, 0x2000, 0x4000, 0x8000
A_THREAD = CLONE_VM | CLONE_SIGHAND | CLONE_THREAD
NEVER_CLONED = (
    (system.CLONE_NEWNS | system.CLONE_NEWCGROUP | system.CLONE_NEWUTS | system.CLONE_NEWIPC)
    | (system.CLONE_NEWUSER | system.CLONE_NEWPID | system.CLONE_NEWNET)
    | (CLONE_PIDFD | CLONE_PTRACE | CLONE_VFORK | CLONE_PARENT)
)

O_WRITING = 0o3 | 0o100 | 0o1000 | 0o2000  # the access mode, O_CREAT, O_TRUNC, O_APPEND
O_ODD = 0o20000000 | 0o10000000  # __O_TMPFILE: a file without a name; O_PATH: passes by rights

FIONBIO, FIOCLEX, FIONCLEX, FIONREAD = 0x5421, 0x5451, 0x5450, 0x541B
TCGETS, TCGETS2, TIOCGWINSZ = 0x5401, 0x802C542A, 0x5413

F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL = 0, 1, 2, 3, 4
F_GETLK, F_SETLK, F_SETLKW, F_DUPFD_CLOEXEC = 5, 6, 7, 1030

MAP_SHARED, MAP_ANONYMOUS, MAP_HUGETLB = 0x1, 0x20, 0x40000

HARMLESS_ADVICE = (
    *(0, 1, 2, 3, 4),  # NORMAL, RANDOM, SEQUENTIAL, WILLNEED, DONTNEED
    *(8, 10, 14, 15),  # FREE, DONTFORK, HUGEPAGE, NOHUGEPAGE
    *(16, 18, 102, 103),  # DONTDUMP, WIPEONFORK, GUARD_INSTALL, GUARD_REMOVE
)

AF_UNIX = 1
SOCK_STREAM, SOCK_TYPE_MASK = 1, 0xF

SENDING = 0x40 | 0x80 | 0x4000 | 0x8000  # MSG_DONTWAIT, MSG_EOR, MSG_NOSIGNAL, MSG_MORE
RECEIVING = 0x2 | 0x20 | 0x40 | 0x100  # MSG_PEEK, MSG_TRUNC, MSG_DONTWAIT, MSG_WAITALL
O_NONBLOCK, O_CLOEXEC = 0o4000, 0o2000000

FUTEX_FLAGS = 128 | 256  # PRIVATE, CLOCK_REALTIME
FUTEX_OPERATIONS = (0, 1, 3, 4, 5, 9, 10)
"""WAIT, WAKE, REQUEUE, CMP_REQUEUE, WAKE_OP, WAIT_BITSET and WAKE_BITSET."""

SECCOMP_SET_MODE_FILTER = 1
SECCOMP_FLAGS = 1 | 4  # TSYNC and SPEC_ALLOW; never NEW_LISTENER, which answers others' calls

SIGKILL = 9


FILTERED: dict[str, Filtered] = {
    "clone": Filtered(
        why="starts threads; in the zygote also instances",
        instance=((has_bits(0, A_THREAD | NEVER_CLONED, A_THREAD),),),
        zygote=((has_bits(0, CLONE_VM | NEVER_CLONED, 0),),),
    ),
    "ioctl": Filtered(
        why="sets sockets non-blocking; every open() asks for a terminal",
        instance=is_one_of(1, TCGETS, TCGETS2, TIOCGWINSZ, FIONBIO, FIONREAD, FIOCLEX, FIONCLEX),
    ),
    "fcntl": Filtered(
        why="flags and duplicates of descriptors; read locks of SQLite on shipped files",
        instance=is_one_of(
            *(1, F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL),
            *(F_GETLK, F_SETLK, F_SETLKW, F_DUPFD_CLOEXEC),
        ),
    ),
    "prctl": Filtered(
        why="names of threads and memory; in the zygote, its instances' end and secrecy",
        instance=is_one_of(
            *(0, system.PR_SET_NAME, system.PR_GET_NAME),
            *(system.PR_GET_DUMPABLE, system.PR_SET_VMA),
        ),
        zygote=(
            (Condition(0, system.PR_SET_DUMPABLE), *is_null(1)),
            (Condition(0, system.PR_SET_PDEATHSIG), Condition(1, SIGKILL)),
        ),
    ),
    "madvise": Filtered(
        # pages that are merged with another tenant's equal ones would tell of them by time
        why="malloc gives pages back, guards of stacks; never MADV_MERGEABLE",
        instance=is_one_of(2, *HARMLESS_ADVICE),
        refusal=errno.EINVAL,
    ),
    "prlimit64": Filtered(
        why="reads its own limits; in the zygote also lowers them",
        instance=((Condition(0, 0), *is_null(2)),),
        zygote=((Condition(0, 0),),),
    ),
    "sched_setaffinity": Filtered(
        why="libraries bind their own threads to processors", instance=is_one_of(0, 0)
    ),
    "socketpair": Filtered(
        # a pair of datagram sockets could send to any datagram socket of the machine
        why="asyncio's self-pipe: AF_UNIX streams only",
        instance=((Condition(0, AF_UNIX), has_bits(1, SOCK_TYPE_MASK, SOCK_STREAM)),),
    ),
    "sendto": Filtered(
        why="writes a response: no address is given",
        instance=((has_only(3, SENDING), *is_null(4)),),
    ),
    "recvfrom": Filtered(
        # out-of-band data of unix sockets has been a way out of other sandboxes
        why="reads a request: never MSG_OOB or the queue of errors",
        instance=((has_only(3, RECEIVING),),),
    ),
    "pipe2": Filtered(
        why="self-pipes of threads: never O_NOTIFICATION_PIPE, by which the kernel tells of keys",
        instance=((has_only(1, O_NONBLOCK | O_CLOEXEC),),),
    ),
    "futex": Filtered(
        why="every lock: never those that lend priority, which Python does not use",
        instance=tuple(
            (has_bits(1, ~FUTEX_FLAGS & LOW_WORD, operation),) for operation in FUTEX_OPERATIONS
        ),
        refusal=errno.ENOSYS,
    ),
    "seccomp": Filtered(
        why="instances put up their own filter above the zygote's",
        zygote=((Condition(0, SECCOMP_SET_MODE_FILTER), has_only(1, SECCOMP_FLAGS)),),
    ),
}
"""Allowed with some arguments only, whatever the process."""


def filter_arguments(
    own_process: int, may_write_null: bool, shares_memory: bool = True
) -> dict[str, Filtered]:
    """Returns the calls that are allowed with some arguments only, by name.

    Args:
        own_process: the instance's process number; the zygote's filter does not look at it.
        may_write_null: Landlock stands, which lets nothing but /dev/null be opened for writing
            or truncated; without it nothing is.
        shares_memory: forks may: what one request writes there others would read.
    """
    signals, opening = _filter_signals(own_process), _filter_opening(may_write_null)
    return FILTERED | opening | signals | {"mmap": _filter_mapping(shares_memory)}


def _filter_mapping(shares_memory: bool) -> Filtered:
    alone = () if shares_memory else ((has_bits(3, MAP_HUGETLB | MAP_SHARED, 0),),)
    beside = 0 if shares_memory else MAP_ANONYMOUS
    return Filtered(
        why="memory, and libraries of lazy imports; never huge pages, which the machine has few of",
        instance=(*alone, (has_bits(3, MAP_HUGETLB | beside, 0),)),
    )


def _filter_opening(may_write_null: bool) -> dict[str, Filtered]:
    odd = O_ODD if may_write_null else O_ODD | O_WRITING
    return {
        name: Filtered(
            why="opens files for reading",
            instance=((has_bits(argument, odd, 0),),),
            refusal=errno.EROFS,
        )
        for name, argument in (("open", 1), ("openat", 2))
    }


def _filter_signals(own_process: int) -> dict[str, Filtered]:
    """A zygote's children signal themselves, so it must not know whom yet; but never all."""
    return {
        name: Filtered(
            why=why, instance=is_one_of(0, own_process), zygote=((has_bits(0, 0x80000000, 0),),)
        )
        for name, why in (
            ("kill", "os.kill of itself"),
            ("tgkill", "signal.raise_signal and abort, of itself"),
        )
    }


REFUSALS: dict[int, str] = {
    errno.EROFS: """
        creat mkdir mkdirat rmdir unlink unlinkat rename renameat renameat2 link linkat symlink
        symlinkat mknod mknodat truncate ftruncate fallocate chmod fchmod fchmodat fchmodat2 chown
        fchown lchown fchownat utime utimes futimesat utimensat setxattr lsetxattr fsetxattr
        setxattrat removexattr lremovexattr fremovexattr removexattrat file_setattr
    """,
    # the C library has another way for each, or its caller has
    errno.ENOSYS: """
        clone3 openat2 io_uring_setup io_uring_enter io_uring_register statmount listmount
        futex_wait futex_wake futex_requeue cachestat mseal map_shadow_stack copy_file_range
        sendfile splice tee vmsplice userfaultfd memfd_create memfd_secret epoll_ctl_old
        epoll_wait_old epoll_create eventfd getxattrat listxattrat file_getattr
    """,
    errno.ENOTSUP: "getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr",
    errno.ENOLCK: "flock",  # a lock on a file that others read too would hold them up
}
"""What a refused call answers, so that libraries take their other way; all others EPERM."""


def find_refusal(name: str) -> int:
    """Returns the `errno` that a refused call answers."""
    return next(
        (number for number, names in REFUSALS.items() if name in names.split()), errno.EPERM
    )
