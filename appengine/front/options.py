"""What the supervisor tells the front and the console when it starts them."""

import msgspec

from appengine.config.settings import Settings


class FrontOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The front's.

    Attributes:
        runtime: the run's directory: routes, table, control socket.
        storage: the directory of data.
        memory: a directory in memory, of the run, for what may be lost with it.
        descriptors: inherited listening sockets.
        login_code: asked for when somebody signs in from another machine; "": none may.
        index_files: the index.yaml of each application.
        id_policies: the `auto_id_policy` of each application.
        console_port: where the Admin Console listens.
    """

    runtime: str
    storage: str
    memory: str
    descriptors: list[int]
    workers: int
    threads: int
    settings: Settings
    login_code: str
    index_files: dict[str, str]
    id_policies: dict[str, str]
    console_port: int = 0


class ConsoleOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The console's; the attributes are as in `FrontOptions`."""

    runtime: str
    storage: str
    memory: str
    descriptors: list[int]
    threads: int
    settings: Settings
    login_code: str
    index_files: dict[str, str]
    id_policies: dict[str, str]
    console_port: int = 0
