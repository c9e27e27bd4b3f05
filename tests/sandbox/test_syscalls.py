"""The tables of system call numbers."""

import pathlib
import re
import shutil

import pytest

from appengine.sandbox.cage.syscalls import AARCH64, ARCHITECTURES, X86_64
from tests.sandbox import generate_syscalls

HEADERS = {
    "x86_64": pathlib.Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": pathlib.Path("/usr/include/asm-generic/unistd.h"),
}


def need_headers(name):
    if not HEADERS[name].exists():
        pytest.skip(f"{HEADERS[name]} is not here (linux-libc-dev)")


@pytest.mark.parametrize("name", sorted(ARCHITECTURES))
def test_every_number_is_the_one_in_the_kernels_headers(name):
    need_headers(name)
    if not shutil.which("cc"):
        pytest.skip("no C preprocessor")
    numbers = generate_syscalls.read_headers(name)
    assert len(numbers) > 290
    known = ARCHITECTURES[name].numbers
    assert {call: known.get(call) for call in numbers} == numbers


def test_the_table_of_x86_64_is_read_alike_without_a_preprocessor():
    need_headers("x86_64")
    text = HEADERS["x86_64"].read_text()
    defined = re.findall(r"^#define __NR_(\w+) (\d+)$", text, re.MULTILINE)
    assert len(defined) > 350
    assert {name: X86_64.numbers[name] for name, _ in defined} == {
        name: int(number) for name, number in defined
    }


@pytest.mark.parametrize("name", sorted(ARCHITECTURES))
def test_the_generator_writes_the_tables_that_are_there(name):
    need_headers(name)
    if not shutil.which("cc"):
        pytest.skip("no C preprocessor")
    numbers = generate_syscalls.add_younger(name, generate_syscalls.read_headers(name))
    path = generate_syscalls.CAGE / f"syscalls_{name}.py"
    assert path.read_text() == generate_syscalls.write_table(name, numbers)


@pytest.mark.parametrize("name", sorted(ARCHITECTURES))
def test_no_two_calls_share_a_number(name):
    numbers = ARCHITECTURES[name].numbers
    assert len(set(numbers.values())) == len(numbers)


def test_calls_younger_than_the_split_have_one_number_on_all_architectures():
    younger = {name: number for name, number in AARCH64.numbers.items() if number >= 424}
    assert younger.items() <= X86_64.numbers.items()
    assert younger["file_setattr"] == 469
