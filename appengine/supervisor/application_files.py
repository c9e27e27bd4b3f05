"""The copy of an application's files that one generation sees: nothing hidden, nothing moving.

A hidden file is not covered, it is not there. Everything belongs to the server and may be read by
the version's own user alone, whatever modes the originals have. An edit changes no running
generation. What has not changed since the generation before is a hard link to its copy.
"""

import errno
import os
import shutil
import stat
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from appengine.config.app_yaml import ApplicationConfig
from appengine.config.visible_files import VisibleFiles
from appengine.front.files import best_open

MAX_FILES = 100_000
"""Of one application, so that a wrong directory does not fill the disk. App Engine takes 10,000."""

MAX_DEPTH = 100
"""Directories in directories."""

SETTLED_NS = 2 * 10**9
"""A file changed so shortly before it was copied may change again without showing it.

Source: the coarsest file systems have stamps of 2 s.
"""

CHUNK_BYTES = 2**30
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NO_SUCH_COPY = frozenset(
    (errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM, errno.EBADF)
)
_OUTSIDE = frozenset((errno.EXDEV, errno.ELOOP, errno.ENOENT, errno.ENOTDIR, errno.EACCES))


class FilesError(Exception):
    """An application's files cannot be shown to it; one line says why."""


class CopiedFile(Struct, frozen=True):
    """What tells whether a copy is still like its original.

    Attributes:
        copied_ns: when it was made, in ns since 1970.
    """

    device: int
    inode: int
    size: int
    modified_ns: int
    changed_ns: int
    copied_ns: int

    def is_of(self, status: os.stat_result) -> bool:
        """Returns whether a file with this status has the content that was copied."""
        now = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
        then = (self.device, self.inode, self.size, self.modified_ns, self.changed_ns)
        return now == then and self.changed_ns + SETTLED_NS < self.copied_ns


class ShownFiles(Struct, frozen=True):
    """One finished copy.

    Attributes:
        files: by path below the directory.
        left_out: what could not be shown, a line each.
    """

    directory: Path
    files: dict[str, CopiedFile]
    left_out: list[str]


def show_files(
    config: ApplicationConfig,
    directory: Path,
    *,
    user: int | None = None,
    before: ShownFiles | None = None,
    with_skipped: bool = False,
) -> ShownFiles:
    """Makes a directory that holds what an application may see of its files.

    Args:
        config: of the version.
        directory: to be made.
        user: the number of the user and group that may read it, beside its owner.
        before: an older copy, for what is the same.
        with_skipped: shows what `skip_files` matches, too.

    Raises:
        FilesError: there are too many files, or no room for them.
    """
    rule = VisibleFiles(config, with_skipped=with_skipped)
    try:
        directory.mkdir(mode=0o700)
        root = os.open(config.directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            copying = _Copying(root, directory, rule, before)
            copying.copy_directory(root, "", ())
        finally:
            os.close(root)
        if user is not None:
            os.chown(directory, -1, user)
        directory.chmod(0o750)
    except (OSError, FilesError) as error:
        shutil.rmtree(directory, ignore_errors=True)
        raise FilesError(f"{config.directory}: its files cannot be shown: {error}") from error
    return ShownFiles(directory, copying.files, copying.left_out)


class _Copying:
    """One pass over the tree, by descriptors: no path is looked up twice."""

    def __init__(
        self, root: int, target: Path, rule: VisibleFiles, before: ShownFiles | None
    ) -> None:
        self.files: dict[str, CopiedFile] = {}
        self.left_out: list[str] = []
        self._root = root
        self._target = str(target)
        self._rule = rule
        self._before = before
        self._made = {""}
        self._open_beneath = best_open(root)

    def copy_directory(self, source: int, path: str, above: tuple[tuple[int, int], ...]) -> None:
        """Copies what is in an open directory, and below.

        Args:
            source: its descriptor.
            path: "", or with a slash at its end.
            above: device and inode of the directories on the way to it.
        """
        status = os.fstat(source)
        here = (status.st_dev, status.st_ino)
        if here in above:  # a link to a directory that it lies in
            self._leave_out(path.rstrip("/"), "it leads back to itself")
            return
        if len(above) >= MAX_DEPTH:
            raise FilesError(f"{path!r}: more than {MAX_DEPTH} directories deep")
        with os.scandir(source) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                name = path + entry.name
                if self._rule.has(name):
                    with suppress(FileNotFoundError):  # it has just been removed
                        self._copy_entry(source, entry, name, (*above, here))

    def _copy_entry(
        self, source: int, entry: os.DirEntry[str], path: str, above: tuple[tuple[int, int], ...]
    ) -> None:
        status = entry.stat(follow_symlinks=False)
        if stat.S_ISREG(status.st_mode) and self._is_known(path, status):
            return
        if (descriptor := self._open(source, entry, path, status.st_mode)) is None:
            return
        try:
            status = os.fstat(descriptor)
            if stat.S_ISDIR(status.st_mode):
                self.copy_directory(descriptor, path + "/", above)
            elif stat.S_ISREG(status.st_mode) and self._rule.is_readable(path):
                self._copy_file(descriptor, path, status)
        finally:
            os.close(descriptor)

    def _is_known(self, path: str, status: os.stat_result) -> bool:
        """Returns whether nothing is to be copied: the file is hidden, or its old copy is good."""
        if not self._rule.is_readable(path):
            return True
        old = self._before.files.get(path) if self._before is not None else None
        if self._before is None or old is None or not old.is_of(status):
            return False
        try:
            os.link(self._before.directory / path, self._place(path))
        except OSError:  # the old copy is being removed, or has too many links
            return False
        self._add(path, old)
        return True

    def _open(self, source: int, entry: os.DirEntry[str], path: str, mode: int) -> int | None:
        """Returns a descriptor, or None for what is not the application's to read."""
        try:
            if stat.S_ISLNK(mode):
                return self._open_beneath(self._root, path)
            if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
                return os.open(entry.name, _FLAGS, dir_fd=source)
        except FileNotFoundError:
            if stat.S_ISLNK(mode):
                self._leave_out(path, "a symbolic link to nothing")
        except OSError as error:
            if error.errno not in _OUTSIDE:
                raise
            is_link = stat.S_ISLNK(mode) and error.errno == errno.EXDEV
            self._leave_out(
                path,
                "a symbolic link that leads out of the application's directory"
                if is_link
                else os.strerror(error.errno or 0),
            )
        return None

    def _copy_file(self, source: int, path: str, status: os.stat_result) -> None:
        copied = time.time_ns()
        target = os.open(
            self._place(path), os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o400
        )
        try:
            _copy_bytes(source, target)
            os.fchmod(target, 0o444)
            os.utime(target, ns=(status.st_mtime_ns, status.st_mtime_ns))
        finally:
            os.close(target)
        self._add(
            path,
            CopiedFile(
                status.st_dev,
                status.st_ino,
                status.st_size,
                status.st_mtime_ns,
                status.st_ctime_ns,
                copied,
            ),
        )

    def _add(self, path: str, file: CopiedFile) -> None:
        self.files[path] = file
        if len(self.files) > MAX_FILES:
            raise FilesError(
                f"the application has more than {MAX_FILES} files;"
                " name in skip_files what is no part of it"
            )

    def _place(self, path: str) -> str:
        """Returns where a copy goes; its directory exists only if it holds something visible."""
        self._make_directory(path.rpartition("/")[0])
        return f"{self._target}/{path}"

    def _make_directory(self, path: str) -> None:
        if path in self._made:
            return
        self._make_directory(path.rpartition("/")[0])
        place = f"{self._target}/{path}"
        os.mkdir(place)
        os.chmod(place, 0o755)  # noqa: S103  # mkdir's mode is cut down by the umask
        self._made.add(path)

    def _leave_out(self, path: str, reason: str) -> None:
        self.left_out.append(f"{path!r} is not visible to the application: {reason}")


def _copy_bytes(source: int, target: int) -> None:
    """Copies a whole file: by reference where the file system can, else in the kernel."""
    copy: Callable[[int, int, int], int] | None = getattr(os, "copy_file_range", None)
    try:
        while copy is not None and copy(source, target, CHUNK_BYTES):
            continue
    except OSError as error:
        if error.errno not in _NO_SUCH_COPY:
            raise
        copy = None
    if copy is None:
        while piece := os.read(source, 2**20):
            while piece:
                piece = piece[os.write(target, piece) :]
