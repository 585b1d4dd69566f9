"""Where calls may go: addresses of definitions, but never link-local or a cloud's metadata service."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from slo_service.act.ports import Refused

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
LOOKUPS_AT_ONCE = 4
LOOKUP_SECONDS = 2.0  # below the time-outs of those who call

# AWS answers on fd00:ec2::254 besides 169.254.169.254, Alibaba Cloud on 100.100.100.200, Oracle on 192.0.0.192
METADATA = frozenset(map(ipaddress.ip_address, ("fd00:ec2::254", "100.100.100.200", "192.0.0.192")))


def _ask_system(host: str, port: int) -> Sequence[str]:
    return [str(address[0]) for *_, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


class Resolver:
    """Addresses of a host, through the system's resolver in few threads of its own, so that a name that hangs holds up
    nobody else: addresses and localhost need no thread, and a name is looked up by one thread at most."""

    def __init__(self, ask: Callable[[str, int], Sequence[str]] = _ask_system, seconds: float = LOOKUP_SECONDS) -> None:
        self._ask, self._seconds = ask, seconds
        self._pool = ThreadPoolExecutor(LOOKUPS_AT_ONCE, thread_name_prefix="lookup")
        self._under_way: dict[tuple[str, int], Future[Sequence[str]]] = {}

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        """Raises OSError where there is no answer, or none in time."""
        if host == "localhost":
            return ["127.0.0.1", "::1"]
        if _is_address(host):
            return [host]
        key, loop = (host, port), asyncio.get_running_loop()
        lookup = self._under_way.get(key)
        if lookup is None or lookup.done():
            lookup = self._under_way[key] = self._pool.submit(self._ask, host, port)
        answered = asyncio.Event()

        def tell(_: Future[Sequence[str]]) -> None:
            with suppress(RuntimeError):  # the loop may have ended meanwhile
                loop.call_soon_threadsafe(answered.set)

        lookup.add_done_callback(tell)
        async with asyncio.timeout(self._seconds):
            await answered.wait()
        if self._under_way.get(key) is lookup:
            del self._under_way[key]
        return lookup.result()


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


RESOLVER = Resolver()


@dataclass(frozen=True, slots=True)
class Guard:
    """Checked before every call; callers follow no redirects, which would go round it."""

    resolve: Resolve = RESOLVER

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
