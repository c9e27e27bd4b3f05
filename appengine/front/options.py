"""What the supervisor tells the front and the console when it starts them."""

import msgspec

from appengine.config.settings import Settings


class RunOptions(msgspec.Struct, frozen=True, kw_only=True):
    """A run of the server, as one of the two serves it.

    Attributes:
        runtime: the run's directory: routes, table, control socket.
        storage: the directory of data.
        memory: a directory in memory, of the run, for what may be lost with it.
        descriptors: inherited listening sockets.
        workers: processes; threads: of each.
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
