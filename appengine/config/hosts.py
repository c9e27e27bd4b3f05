"""Names of hosts: what stands in a Host header, and whether it means this machine."""

from ipaddress import ip_address

LOOPBACK_NAMES = frozenset({"localhost", "localhost."})


def host_name(host: str) -> str:
    """Returns a host without its port, in lower case: `[::1]:8080` is `[::1]`."""
    name, colon, port = host.rpartition(":")
    is_port = bool(colon) and (port.isdigit() or not port)
    return (name if is_port else host).lower()


def is_loopback(host: str) -> bool:
    """Returns whether a name or an address, with or without a port, always means this machine.

    Source: RFC 6761, section 6.3 (`localhost.`); RFC 5735 and RFC 4291 (addresses).
    """
    name = host_name(host)
    if name in LOOPBACK_NAMES or name.endswith(".localhost"):
        return True
    return is_loopback_address(name.strip("[]"))


def is_loopback_address(text: str) -> bool:
    """Returns whether a text is an address of the loopback interface, IPv4 or IPv6."""
    try:
        found = ip_address(text)
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return bool((mapped or found).is_loopback)


def is_local(host: str, peer: str) -> bool:
    """Returns whether a request stayed on this machine, by its Host header and its sender.

    Either alone could be made to look so: a stranger writes any Host, and a proxy on this machine,
    or a name that leads to it, makes every sender look local. "" is the peer of a unix socket.
    """
    return is_loopback(host) and (not peer or is_loopback_address(peer))
