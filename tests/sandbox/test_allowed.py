"""The list of allowed system calls."""

import errno

import pytest

from appengine.sandbox.cage.allowed import (
    PLAIN,
    REFUSALS,
    ZYGOTE_ONLY,
    filter_arguments,
    find_refusal,
)
from appengine.sandbox.cage.syscalls import AARCH64, X86_64

FILTERED = filter_arguments(42, may_write_null=True)
EVERY = X86_64.numbers.keys() | AARCH64.numbers.keys()

DANGEROUS = """
    ptrace process_vm_readv process_vm_writev execve execveat fork vfork clone3 socket connect bind
    listen setsockopt sendmmsg recvmmsg mount umount2 pivot_root chroot unshare setns bpf
    perf_event_open userfaultfd keyctl add_key request_key io_uring_setup io_uring_enter
    io_uring_register memfd_create memfd_secret pidfd_open pidfd_getfd pidfd_send_signal tkill
    rt_sigqueueinfo rt_tgsigqueueinfo open_by_handle_at name_to_handle_at init_module finit_module
    kexec_load reboot personality modify_ldt ioperm iopl shmget msgget semget mq_open
    inotify_init1 fanotify_init mincore process_madvise splice vmsplice sendfile copy_file_range
    setuid setgid setresuid setgroups capset ptrace quotactl swapon acct syslog openat2 open_tree
    move_mount fsopen mount_setattr landlock_create_ruleset landlock_restrict_self kcmp
    get_robust_list migrate_pages move_pages mlock mlockall remap_file_pages uselib vhangup
    settimeofday clock_settime adjtimex sethostname lookup_dcookie signalfd4 timer_create
""".split()


def test_at_most_145_calls_are_allowed():
    assert len(PLAIN.keys() | ZYGOTE_ONLY.keys() | FILTERED.keys()) <= 145


@pytest.mark.parametrize("name", [*PLAIN, *ZYGOTE_ONLY, *FILTERED])
def test_every_allowed_call_has_a_reason_and_is_in_one_list(name):
    reasons = {
        **{name: why for name, why in (PLAIN | ZYGOTE_ONLY).items()},
        **{name: rule.why for name, rule in FILTERED.items()},
    }
    assert len(reasons[name]) >= 8  # characters
    assert name in EVERY
    assert [name in names for names in (PLAIN, ZYGOTE_ONLY, FILTERED)].count(True) == 1


def test_no_call_is_both_allowed_and_given_a_refusal():
    refused = {name for names in REFUSALS.values() for name in names.split()}
    assert refused <= EVERY
    assert not refused & (PLAIN.keys() | ZYGOTE_ONLY.keys() | FILTERED.keys())


@pytest.mark.parametrize("name", DANGEROUS)
def test_a_dangerous_call_is_in_no_list(name):
    assert name in EVERY
    assert name not in PLAIN.keys() | ZYGOTE_ONLY.keys() | FILTERED.keys()


def test_every_rule_of_a_filtered_call_leaves_something():
    assert all(rule.instance or rule.zygote for rule in FILTERED.values())


def test_a_refusal_answers_what_libraries_understand():
    assert find_refusal("mkdir") == errno.EROFS
    assert find_refusal("clone3") == errno.ENOSYS
    assert find_refusal("listxattr") == errno.ENOTSUP
    assert find_refusal("flock") == errno.ENOLCK
    assert find_refusal("ptrace") == errno.EPERM
