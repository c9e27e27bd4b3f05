"""The filter programs, judged by an interpreter: no kernel is asked, both architectures are."""

import errno

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appengine.sandbox.cage import bpf, seccomp
from appengine.sandbox.cage.allowed import PLAIN, ZYGOTE_ONLY, filter_arguments, find_refusal
from appengine.sandbox.cage.syscalls import AARCH64, ARCHITECTURES, X86_64
from tests.sandbox.bpf_interpreter import name_verdict, run

OWN = 4242
HIGH = 1 << 32

ZYGOTE = {
    (name, null): seccomp.make_zygote_filter(architecture, may_write_null=null)
    for name, architecture in ARCHITECTURES.items()
    for null in (False, True)
}
INSTANCE = {
    name: seccomp.make_instance_filter(architecture, OWN)
    for name, architecture in ARCHITECTURES.items()
}

architectures = pytest.mark.parametrize("architecture", [X86_64, AARCH64], ids=lambda a: a.name)


def judge_zygote(architecture, name, *arguments, null=True):
    number = architecture.numbers[name]
    program = ZYGOTE[architecture.name, null]
    return name_verdict(run(program, architecture.audit, number, arguments))


def judge(architecture, name, *arguments, null=True):
    """What an instance gets: the stricter verdict of both programs."""
    above = run(
        INSTANCE[architecture.name], architecture.audit, architecture.numbers[name], arguments
    )
    if name_verdict(above) != "allow":
        return name_verdict(above)
    return judge_zygote(architecture, name, *arguments, null=null)


def holds(alternatives, arguments):
    """The rules' meaning, without a program."""
    words = (*arguments, 0, 0, 0, 0, 0, 0)

    def meets(condition):
        word = words[condition.argument] >> (32 if condition.high else 0)
        return word & 0xFFFFFFFF & condition.mask == condition.value

    return any(all(meets(condition) for condition in one) for one in alternatives)


def expected(name, arguments, null, own, in_zygote):
    if name in PLAIN or (in_zygote and name in ZYGOTE_ONLY):
        return "allow"
    rule = filter_arguments(own, may_write_null=null).get(name)
    if rule is None:
        return find_refusal(name)
    alternatives = rule.instance + (rule.zygote if in_zygote else ())
    return "allow" if holds(alternatives, arguments) else rule.refusal


@architectures
@pytest.mark.parametrize("null", [False, True])
def test_every_number_of_the_table_gets_the_verdict_of_its_rule(architecture, null):
    for name in architecture.numbers:
        assert judge_zygote(architecture, name, null=null) == expected(name, (), null, 0, True)
        assert judge(architecture, name, null=null) == expected(name, (), null, OWN, False), name


interesting = st.sampled_from(
    [0, 1, 2, 3, 5, 9, OWN, OWN + HIGH, HIGH, 0x10000 | 0x900, 0x5421, 0o2000000, 0o10000000]
)
words = st.one_of(interesting, st.integers(0, 2**64 - 1), st.integers(0, 2**20))


@settings(max_examples=400, deadline=None)
@given(
    architecture=st.sampled_from([X86_64, AARCH64]),
    arguments=st.tuples(words, words, words, words, words, words),
    null=st.booleans(),
    data=st.data(),
)
def test_any_arguments_get_the_verdict_of_the_rules(architecture, arguments, null, data):
    filtered = [name for name in filter_arguments(OWN, null) if name in architecture.numbers]
    name = data.draw(st.sampled_from(filtered))
    in_zygote = expected(name, arguments, null, 0, True)
    assert judge_zygote(architecture, name, *arguments, null=null) == in_zygote
    wanted = expected(name, arguments, null, OWN, False)
    if wanted == "allow":  # an instance never has what its zygote lacks
        assert in_zygote == "allow"
    assert judge(architecture, name, *arguments, null=null) == wanted


@settings(max_examples=400, deadline=None)
@given(number=st.integers(0, 2**32 - 1), architecture=st.sampled_from([X86_64, AARCH64]))
def test_a_number_without_a_name_is_no_call(number, architecture):
    program = ZYGOTE[architecture.name, True]
    verdict = name_verdict(run(program, architecture.audit, number))
    if number in architecture.numbers.values():
        assert verdict in ("allow", errno.EPERM, errno.EROFS, errno.ENOSYS, 95, errno.ENOLCK)
    elif architecture.has_x32 and number >= 0x40000000:
        assert verdict == "kill"
    else:
        assert verdict == errno.ENOSYS


@architectures
@pytest.mark.parametrize("audit", [0x40000003, 0x40000028, 0xC000003E, 0xC00000B7, 0])
def test_another_architectures_calls_kill_the_process(architecture, audit):
    programs = (ZYGOTE[architecture.name, True], INSTANCE[architecture.name])
    wanted = "allow" if audit == architecture.audit else "kill"
    for program in programs:
        number = architecture.numbers["read"]
        assert name_verdict(run(program, audit, number)) == wanted


@pytest.mark.parametrize("number", [0, 39, 520, 0x3FFFFFFF])
def test_x32_calls_kill_the_process(number):
    for program in (ZYGOTE["x86_64", True], INSTANCE["x86_64"]):
        verdict = run(program, X86_64.audit, 0x40000000 | number)
        assert name_verdict(verdict) == "kill"


THREAD = 0x3D0F00  # what glibc's pthread_create gives
FORK = 0x1200011  # what glibc's fork gives
NEW_USER, NEW_NET, VFORK, PARENT = 0x10000000, 0x40000000, 0x4000, 0x8000


@architectures
def test_an_instance_starts_threads_and_only_its_zygote_forks(architecture):
    assert judge(architecture, "clone", THREAD) == "allow"
    assert judge(architecture, "clone", FORK) == errno.EPERM
    assert judge(architecture, "clone", 0x4111) == errno.EPERM  # vfork
    assert judge_zygote(architecture, "clone", FORK) == "allow"
    for flag in (NEW_USER, NEW_NET, VFORK, PARENT):
        assert judge(architecture, "clone", THREAD | flag) == errno.EPERM
        assert judge_zygote(architecture, "clone", FORK | flag) == errno.EPERM


@architectures
@pytest.mark.parametrize(
    ("name", "arguments", "verdict"),
    [
        ("kill", (OWN, 15), "allow"),
        ("kill", (OWN + 1, 9), errno.EPERM),
        ("kill", (-1, 9), errno.EPERM),
        ("kill", (0, 9), errno.EPERM),
        ("tgkill", (OWN, 7, 6), "allow"),
        ("tgkill", (1, 1, 9), errno.EPERM),
        ("prlimit64", (0, 7, 0, 1), "allow"),
        ("prlimit64", (0, 7, HIGH, 1), errno.EPERM),
        ("prlimit64", (1, 7, 0, 1), errno.EPERM),
        ("sendto", (3, 1, 1, 0, 0, 0), "allow"),
        ("sendto", (3, 1, 1, 0, HIGH, 16), errno.EPERM),
        ("socketpair", (1, 1 | 0o2000000, 0), "allow"),
        ("socketpair", (1, 2, 0), errno.EPERM),
        ("socketpair", (16, 1, 0), errno.EPERM),
        ("ioctl", (1, 0x5421), "allow"),
        ("ioctl", (1, 0x5412), errno.EPERM),  # TIOCSTI
        ("ioctl", (1, 0x541C), errno.EPERM),  # TIOCLINUX
        ("fcntl", (1, 8, 1), errno.EPERM),  # F_SETOWN
        ("fcntl", (1, 10, 9), errno.EPERM),  # F_SETSIG
        ("fcntl", (1, 1024, 0), errno.EPERM),  # F_SETLEASE
        ("fcntl", (1, 1031, 2**20), errno.EPERM),  # F_SETPIPE_SZ
        ("prctl", (15,), "allow"),
        ("prctl", (4, 1), errno.EPERM),  # dumpable again
        ("prctl", (1, 0), errno.EPERM),  # outlive the parent
        ("prctl", (22, 2), errno.EPERM),  # seccomp by its old door
        ("openat", (-100, 0, 0o2000000), "allow"),
        ("openat", (-100, 0, 0o20200002), errno.EROFS),  # O_TMPFILE
        ("openat", (-100, 0, 0o10000000), errno.EROFS),  # O_PATH
        ("seccomp", (1, 5), errno.EPERM),
        ("sched_setaffinity", (1, 8), errno.EPERM),
        ("sendto", (3, 1, 1, 0x4040, 0, 0), "allow"),
        ("sendto", (3, 1, 1, 1, 0, 0), errno.EPERM),  # MSG_OOB
        ("sendto", (3, 1, 1, 0x4000000, 0, 0), errno.EPERM),  # MSG_ZEROCOPY
        ("recvfrom", (3, 1, 1, 2), "allow"),
        ("recvfrom", (3, 1, 1, 1), errno.EPERM),  # MSG_OOB
        ("recvfrom", (3, 1, 1, 0x2000), errno.EPERM),  # MSG_ERRQUEUE
        ("pipe2", (1, 0o2004000), "allow"),
        ("pipe2", (1, 0o200), errno.EPERM),  # O_NOTIFICATION_PIPE
        ("futex", (1, 128, 1), "allow"),
        ("futex", (1, 9 | 128 | 256, 1), "allow"),
        ("futex", (1, 6 | 128), errno.ENOSYS),  # LOCK_PI
        ("futex", (1, 12 | 128), errno.ENOSYS),  # CMP_REQUEUE_PI
        ("madvise", (0, 4096, 4), "allow"),
        ("madvise", (0, 4096, 12), errno.EINVAL),  # MADV_MERGEABLE
        ("madvise", (0, 4096, 100), errno.EINVAL),  # MADV_HWPOISON
    ],
)
def test_an_instance_may_call_with_these_arguments_only(architecture, name, arguments, verdict):
    assert judge(architecture, name, *arguments) == verdict


@architectures
@pytest.mark.parametrize("flags", [1, 2, 0o100, 0o1000, 0o2000])
def test_without_landlock_nothing_is_opened_for_writing(architecture, flags):
    assert judge(architecture, "openat", -100, 0, flags, null=False) == errno.EROFS
    assert judge(architecture, "openat", -100, 0, flags, null=True) == "allow"


@architectures
def test_a_zygote_hides_its_children_but_never_shows_itself(architecture):
    assert judge_zygote(architecture, "prctl", 4, 0) == "allow"
    assert judge_zygote(architecture, "prctl", 4, 1) == errno.EPERM
    assert judge_zygote(architecture, "prctl", 1, 9) == "allow"
    assert judge_zygote(architecture, "prctl", 1, 0) == errno.EPERM
    assert judge_zygote(architecture, "seccomp", 1, 5) == "allow"
    assert judge_zygote(architecture, "seccomp", 1, 8) == errno.EPERM  # NEW_LISTENER
    assert judge_zygote(architecture, "prlimit64", 1, 7, 1) == errno.EPERM


def test_the_programs_are_short():
    assert max(len(program) for program in ZYGOTE.values()) // 8 <= 700
    assert max(len(program) for program in INSTANCE.values()) // 8 <= 80


def test_a_jump_over_many_instructions_goes_where_it_should():
    """Conditional jumps count to 255; a longer piece is jumped over by another instruction."""
    for length in (1, 254, 255, 256, 1000):
        filler = (bpf.Instruction(bpf.LOAD, 0),) * (length - 1)
        yes = (*filler, *bpf.finish(bpf.ALLOW))
        code = bpf.branch(bpf.IF_EQUAL, 7, yes, bpf.finish(bpf.refuse(1)))
        program = bpf.pack((bpf.Instruction(bpf.LOAD, 0), *code))
        assert name_verdict(run(program, 0, 7)) == "allow"
        assert name_verdict(run(program, 0, 8)) == 1


def test_a_program_that_is_too_long_is_not_given_to_the_kernel():
    with pytest.raises(ValueError, match="4097 instructions; at most 4096"):
        seccomp.install(bytes(8 * 4097))
