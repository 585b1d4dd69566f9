"""Where calls may go: addresses of definitions, but never link-local or a cloud's metadata service."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from slo_service.act.ports import Refused

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

# AWS answers on fd00:ec2::254 besides 169.254.169.254, Alibaba Cloud on 100.100.100.200, Oracle on 192.0.0.192
METADATA = frozenset(map(ipaddress.ip_address, ("fd00:ec2::254", "100.100.100.200", "192.0.0.192")))


async def resolve(host: str, port: int) -> Sequence[str]:
    """Addresses of a host, through the system's resolver in a thread."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


@dataclass(frozen=True, slots=True)
class Guard:
    """Checked before every call; callers follow no redirects, which would go round it."""

    resolve: Resolve = resolve

    async def refusal(self, url: str) -> Refused | None:
        """None when the call may be made."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError:
            return Refused("the address is not a URL", retryable=False)
        if parts.scheme not in {"http", "https"} or not host:
            return Refused("the address is not one of http or https", retryable=False)
        try:
            addresses = await self.resolve(host, port)
        except OSError as error:
            return Refused(f"{host} could not be found ({error.strerror or type(error).__name__})", retryable=True)
        if any(forbidden(address) for address in addresses):
            return Refused(f"{host} is link-local or a metadata service, which is never called", retryable=False)
        return None


def forbidden(address: str) -> bool:
    """Link-local, unspecified, multicast and metadata addresses, also when written inside IPv6."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        ip = ip.ipv4_mapped or ip.sixtofour or ip
    return ip.is_link_local or ip.is_unspecified or ip.is_multicast or ip in METADATA
