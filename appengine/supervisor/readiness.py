"""What a new zygote says of itself, or why there will be no instances."""

import msgspec

from appengine.rpc.boot import CageFailed, FromKeeper, KeeperStarted, ZygoteReady, decode


class GenerationError(Exception):
    """There will be no instances: the cage or the loading of the application failed."""


class ZygoteGoneError(GenerationError):
    """The zygote has ended; whoever owns the generation is told of that by itself."""


def read_ready(label: str, data: bytes) -> ZygoteReady:
    """Returns what a zygote has sent when its application was loaded.

    Raises:
        GenerationError: it is something else; `label` is whose.
    """
    try:
        message: KeeperStarted | ZygoteReady | CageFailed = decode(data, FromKeeper)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:  # the application may write too
        raise GenerationError(f"{label}: what it sent is no message: {error}") from error
    if isinstance(message, CageFailed):
        raise GenerationError(f"{label}: the sandbox cannot be put up: {message.reason}")
    if not isinstance(message, ZygoteReady):
        raise GenerationError(f"{label}: unexpected {type(message).__name__}")
    return message
