"""Which addresses fetches may reach, so that none forges a request in the platform's place.

Judged is the address to which the connection is then made, after the name is resolved: a name
that leads elsewhere a moment later, or a redirection, leads nowhere new.

Source: OWASP, "Server-Side Request Forgery Prevention"; IANA's registries of special addresses.
"""

import ipaddress
from collections.abc import Sequence

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

NAMED: dict[str, tuple[str, ...]] = {
    "loopback": ("127.0.0.0/8", "::1/128"),
    "private": ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"),
}
"""Networks by the names that the operator's setting knows."""

METADATA = tuple(
    ipaddress.ip_network(network)
    for network in (
        "169.254.169.254/32",
        "169.254.170.2/32",
        "fd00:ec2::254/128",
        "100.100.100.200/32",
        "192.0.0.192/32",
        "168.63.129.16/32",
    )
)
"""Where clouds give a machine its own secrets: closed whatever the setting says."""

SITE_LOCAL = ipaddress.IPv6Network("fec0::/10")
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
COMPATIBLE = ipaddress.IPv6Network("::/96")


class AddressRules:
    """What the operator's setting lets through: public addresses, and further networks."""

    def __init__(self, networks: Sequence[str]) -> None:
        """Takes names of `NAMED`, and networks such as `10.1.0.0/16`.

        Raises:
            ValueError: one is neither.
        """
        texts = [text for each in networks for text in NAMED.get(each, (each,))]
        self._open = [ipaddress.ip_network(text, strict=False) for text in texts]

    def refusal(self, text: str) -> str:
        """Returns what kind of address is closed to fetches, or "": it is open."""
        address = ipaddress.ip_address(text.partition("%")[0])
        return next(filter(None, map(self._refuse, unfold(address))), "")

    def _refuse(self, address: Address) -> str:
        if any(address in network for network in METADATA):
            return "a metadata address"
        if any(address in network for network in self._open):
            return ""
        return describe_special(address)


def unfold(address: Address) -> list[Address]:
    """Returns an address, or the ones of IPv4 that stand in it and are reached through it."""
    if isinstance(address, ipaddress.IPv4Address):
        return [address]
    found: list[Address | None] = [address.ipv4_mapped, address.sixtofour]
    found += address.teredo or ()
    low = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if address in NAT64 or (address in COMPATIBLE and int(address) > 1):
        found.append(low)
    inner = [each for each in found if each is not None]
    if address.ipv4_mapped is not None:
        return inner
    return [address, *inner] if inner and address not in NAT64 else inner or [address]


def describe_special(address: Address) -> str:
    """Returns what an address is that is not a public one; "" for those that are."""
    if address.is_loopback:
        return "a loopback address"
    if address.is_link_local or address in SITE_LOCAL:
        return "a link-local address"
    if address.is_multicast:
        return "a multicast address"
    if address.is_unspecified:
        return "an unspecified address"
    if not address.is_global or address.is_reserved:
        return "a private address"
    return ""


def is_own_machine(text: str) -> bool:
    """Returns whether an address always means this machine."""
    address = ipaddress.ip_address(text.partition("%")[0])
    return any(each.is_loopback or each.is_unspecified for each in unfold(address))
