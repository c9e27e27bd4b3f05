"""The platform's secret: one file of random bytes beside the data, from which every key comes."""

import hmac
import os
import secrets as random
import stat
from contextlib import suppress
from pathlib import Path

from appengine.storage.errors import StorageError

SECRET_BYTES = 32
"""Length of the secret: as long as SHA-256's result, so that no key is weaker than the hash."""

FILE_NAME = "secret"
PRIVATE = 0o600


class Secrets:
    """Signs for many purposes with one secret; a signature for one is none for another."""

    def __init__(self, root: bytes) -> None:
        self._root = root
        self._keys: dict[str, bytes] = {}

    def sign(self, purpose: str, *parts: str | bytes) -> bytes:
        """Returns the HMAC-SHA256 of `parts`, 32 bytes; where one part ends is signed too."""
        if (key := self._keys.get(purpose)) is None:
            key = self._keys[purpose] = hmac.digest(self._root, purpose.encode(), "sha256")
        return hmac.digest(key, b"".join(_framed(part) for part in parts), "sha256")

    def is_signed(self, signature: bytes, purpose: str, *parts: str | bytes) -> bool:
        """Returns whether `signature` is that of `parts`, in a time that tells nothing."""
        return hmac.compare_digest(signature, self.sign(purpose, *parts))


def open_secrets(directory: Path) -> Secrets:
    """Returns the secrets of a storage directory; the first one to ask makes them.

    Raises:
        StorageError: the file cannot be read or made, or others than its owner may read it.
    """
    path = directory / FILE_NAME
    try:
        if not path.exists():
            _create(path)
        return Secrets(_read(path))
    except OSError as error:
        raise StorageError(f"{path}: {error.strerror}") from error


def _create(path: Path) -> None:
    """Makes the file whole or not at all, and never over another process's."""
    draft = path.with_name(f"{FILE_NAME}.{random.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, PRIVATE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(random.token_bytes(SECRET_BYTES))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):  # another process was first: its secret stands
            os.link(draft, path)
    finally:
        draft.unlink()


def _read(path: Path) -> bytes:
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
        _check(path, os.fstat(file.fileno()))
        return file.read(SECRET_BYTES)


def _check(path: Path, found: os.stat_result) -> None:
    mode = stat.S_IMODE(found.st_mode)
    if not stat.S_ISREG(found.st_mode) or found.st_size != SECRET_BYTES:
        raise StorageError(f"{path} is no file of {SECRET_BYTES} bytes: remove it to get a new one")
    if mode & 0o077:
        raise StorageError(
            f"{path} has mode {mode:#o}: others may read it; it must be {PRIVATE:#o}"
        )
    if found.st_uid not in {os.geteuid(), 0}:
        raise StorageError(f"{path} belongs to user {found.st_uid}, not to {os.geteuid()}")


def _framed(part: str | bytes) -> bytes:
    data = part.encode() if isinstance(part, str) else part
    return len(data).to_bytes(8, "big") + data
