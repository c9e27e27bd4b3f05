"""What can go wrong with a storage; each text is one sentence for the operator."""

import errno


class StorageError(Exception):
    """Base: the storage could not do it; nothing of the transaction was done."""


class StorageBusyError(StorageError):
    """Other writers did not let this one through in time."""


class StorageLateError(StorageError):
    """The call's deadline came before all was read."""


class StorageFullError(StorageError):
    """The disk or the quota of the file system is full; reading goes on."""


class StorageReadOnlyError(StorageError):
    """The file or its directory may not be written."""


class StorageCorruptError(StorageError):
    """The file is no database, or a damaged one."""


class StorageVersionError(StorageError):
    """The file was written in a newer format."""


class StorageLockedError(StorageError):
    """Another server uses the directory."""


OS_ERRORS: dict[int, type[StorageError]] = {
    errno.ENOSPC: StorageFullError,
    errno.EDQUOT: StorageFullError,
    errno.EROFS: StorageReadOnlyError,
    errno.EACCES: StorageReadOnlyError,
    errno.EPERM: StorageReadOnlyError,
}
"""What it means where the file by which processes take turns cannot be written."""
