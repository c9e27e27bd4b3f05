"""System calls without the C library: bytes of machine code, made executable and called."""

import ctypes
import mmap

from appengine.sandbox.cage.syscalls import this_architecture

SYSCALL = bytes.fromhex(
    "4889f8"  # mov rax, rdi     the number
    "4889f7"  # mov rdi, rsi     and its arguments, one to the left each
    "4889d6"  # mov rsi, rdx
    "4889ca"  # mov rdx, rcx
    "4d89c2"  # mov r10, r8
    "4d89c8"  # mov r8, r9
    "4c8b4c2408"  # mov r9, [rsp+8]
    "0f05"  # syscall
    "c3"  # ret
)
INT_80 = bytes.fromhex(
    "53"  # push rbx
    "89f8"  # mov eax, edi     the number, in the table of 32-bit x86
    "89f3"  # mov ebx, esi
    "89d1"  # mov ecx, edx
    "cd80"  # int 0x80
    "5b"  # pop rbx
    "c3"  # ret
)


def run(code: bytes, *words: int) -> int:
    """Returns what the code returns; negative numbers are the kernel's errors."""
    memory = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    memory.write(code)
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    function = ctypes.CFUNCTYPE(ctypes.c_long, *[ctypes.c_long] * 7)(address)
    return function(*(*words, 0, 0, 0, 0, 0, 0, 0)[:7])


def call(name: str, *words: int) -> int:
    """Returns the answer of a system call; raises OSError as the kernel says."""
    if this_architecture().name != "x86_64":
        raise OSError("machine code for x86-64 only")
    result = run(SYSCALL, this_architecture().numbers[name], *words)
    if result < 0:
        raise OSError(-result, name)
    return result


def address_of(text: str | bytes) -> int:
    """Returns the address of a string that stays where it is."""
    buffer = ctypes.create_string_buffer(text.encode() if isinstance(text, str) else text)
    KEPT.append(buffer)
    return ctypes.addressof(buffer)


KEPT: list[ctypes.Array] = []
