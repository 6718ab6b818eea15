"""An optional list of addresses that may send; `GET /v2/meta` names those of Buildkite."""

import ipaddress
from collections.abc import Iterable

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Senders:
    """Addresses that may send; replaced as a whole when Buildkite announces others.

    Args:
        networks: Addresses and networks, such as `100.24.182.113` or `35.172.45.249/32`.
    """

    def __init__(self, networks: Iterable[str] = ()) -> None:
        self._networks: tuple[_Network, ...] = ()
        self.replace(networks)

    def replace(self, networks: Iterable[str]) -> None:
        """Take another list; what is no network is left out."""
        self._networks = tuple(filter(None, map(_network, networks)))

    def may_send(self, address: str) -> bool:
        """Whether the list has an address."""
        try:
            host = ipaddress.ip_address(address)
        except ValueError:
            return False
        if isinstance(host, ipaddress.IPv6Address) and host.ipv4_mapped:
            host = host.ipv4_mapped
        return any(host in network for network in self._networks)


def _network(text: str) -> _Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
