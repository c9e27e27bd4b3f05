"""What the values of options are: texts and numbers with their bounds, in words for help."""

from collections.abc import Iterable
from ipaddress import ip_network
from typing import Annotated, Literal

from msgspec import Meta

Variable = Annotated[
    str,
    Meta(pattern=r"^[^=\x00]+=[^\x00]*\Z", description="a variable such as 'NAME=VALUE'"),
]
Port = Annotated[int, Meta(ge=0, le=65535)]
ModuleCount = Annotated[
    str,
    Meta(
        pattern=r"^([a-z\d]([a-z\d-]{0,61}[a-z\d])?:)?([1-9]\d{0,2}|1000)\Z",
        description="an integer from 1 to 1000, for all modules or one: '3', 'backend:5'",
    ),
]
ModuleSwitch = Annotated[
    str,
    Meta(
        pattern=r"^([a-z\d]([a-z\d-]{0,61}[a-z\d])?:)?(?i:true|yes|on|false|no|off)\Z",
        description="yes or no, for all modules or one: 'no', 'backend:yes'",
    ),
]
ProxyNetwork = Annotated[
    str,
    Meta(
        pattern=r"^[0-9A-Fa-f.:]{2,45}(/\d{1,3})?\Z",
        description="an address or a network: '127.0.0.1', '10.0.0.0/8'",
    ),
]
ModulePort = Annotated[
    str,
    Meta(
        pattern=r"^[a-z\d]([a-z\d-]{0,61}[a-z\d])?:\d{1,5}\Z",
        description="a module and its port: 'backend:8085'",
    ),
]
Host = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9.:_%-]{1,255}\Z",
        description="a host name or an IP address",
    ),
]
MailSenders = Literal["any", "checked"]
Level = Literal["debug", "info", "warning", "error", "critical"]
Layer = Annotated[
    str,
    Meta(pattern=r"^[a-z][a-z0-9_]{0,39}\Z", description="the name of a layer: 'landlock'"),
]


Network = Annotated[
    str,
    Meta(
        pattern=r"^(loopback|private|[0-9A-Fa-f.:]{2,45}/[0-9]{1,3})\Z",
        description="loopback, private, or a network such as '10.1.0.0/16'",
    ),
]
Endpoint = Annotated[
    str,
    Meta(
        pattern=r"^([A-Za-z0-9.-]{1,255}|\[[0-9A-Fa-f:]+\]):[0-9]{1,5}\Z",
        description="a host and a port: 'localhost:2525'",
    ),
]
EmailAddress = Annotated[
    str,
    Meta(pattern=r"^[^\s@,<>]{1,64}@[^\s@,<>]{1,255}\Z", description="an e-mail address"),
]
Proxy = Annotated[
    str,
    Meta(
        pattern=r"^http://[!-.0-~]{1,255}\Z",
        description="the address of a proxy: 'http://proxy.example.com:3128'",
    ),
]

CacheServer = Annotated[
    str,
    Meta(
        pattern=r"^([A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?\Z",
        description="a memcached server: 'HOST:PORT'",
    ),
]


def check_networks(flag: str, networks: Iterable[str]) -> None:
    """Refuses networks that are none; those without a slash are names of several.

    Raises:
        ValueError: one of them is none; the text names the flag.
    """
    for network in networks:
        if "/" in network:
            try:
                ip_network(network, strict=False)
            except ValueError as error:
                raise ValueError(f"{flag}: {error}") from error
