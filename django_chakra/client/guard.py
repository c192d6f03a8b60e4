"""Which URLs may be fetched when others chose them, checked on the address that is connected to.

A media URL comes out of a webhook or an answer. Followed blindly it could read what only this
machine can reach: the metadata of its cloud, a database's console, the neighbours' services.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Any

from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, NewConnectionError
from urllib3.util import Url, parse_url
from urllib3.util.connection import create_connection

from ..exceptions import UnsafeUrl
from .connections import Told

PORTS = {"https": 443, "http": 80}
#: Addresses that carry one of version 4 through a network of version 6.
NAT64 = IPv6Network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Guard:
    """What a URL may be: HTTPS, port 443, and public addresses. Tests allow their own server."""

    schemes: frozenset[str] = frozenset({"https"})
    ports: frozenset[int] = frozenset({443})
    #: Addresses that may be connected to though they are not public.
    addresses: frozenset[str] = frozenset()
    resolve: Callable[..., list[Any]] = socket.getaddrinfo

    def checked(self, url: str) -> Url:
        """The parts of a URL.

        Raises:
            UnsafeUrl: its scheme, port or form is none that may be fetched.
        """
        parts = parsed(url)
        port = parts.port or PORTS.get(parts.scheme or "")
        if parts.scheme not in self.schemes or port not in self.ports or parts.auth:
            wanted = f"{'/'.join(sorted(self.schemes))} on port {min(self.ports)}"
            raise UnsafeUrl(f"Only {wanted} is fetched", method="GET", path=place(parts))
        return parts

    def socket_to(self, connection: Any) -> socket.socket:
        """A socket for a connection of urllib3, to one of its host's addresses.

        The names are looked up once, for the check and the connection: a second look-up might
        find another address.

        Raises:
            UnsafeUrl: one of the addresses is not public.
        """
        host, port = connection._dns_host, connection.port
        found = self.resolve(host.strip("[]"), port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        if port not in self.ports or not addresses or not all(map(self._allows, addresses)):
            raise UnsafeUrl("The host has an address that is not public", method="GET", path=host)
        for address in addresses:
            try:
                return create_connection(
                    (address, port),
                    connection.timeout,
                    source_address=connection.source_address,
                    socket_options=connection.socket_options,
                )
            except OSError as error:
                failed = error
        raise NewConnectionError(connection, type(failed).__name__) from failed

    def _allows(self, address: str) -> bool:
        return address in self.addresses or is_public(address)


def is_public(address: str) -> bool:
    """Whether an address is anybody's on the internet, also where it holds another inside."""
    ip = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if ip in NAT64:
            inner = ip_address(ip.packed[-4:])  # type: ignore[assignment]  # four bytes: version 4
        if inner is not None:
            return is_public(str(inner))
        if ip.is_site_local:
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def parsed(url: str) -> Url:
    """The parts of a URL, by the parser of the library that connects: two may disagree.

    Raises:
        UnsafeUrl: it can't be read.
    """
    try:
        parts = parse_url(url)
    except (HTTPError, ValueError):
        parts = Url()
    if not parts.host:
        raise UnsafeUrl("The URL can't be read", method="GET")
    return parts


def origin(parts: Url) -> tuple[str, str, int]:
    """What decides whether two URLs are of one server."""
    scheme = (parts.scheme or "").lower()
    return scheme, (parts.host or "").lower().rstrip("."), parts.port or PORTS.get(scheme, 0)


def place(parts: Url) -> str:
    """A URL for exceptions and logs: without query, which may hold a signature."""
    return Url(parts.scheme, None, parts.host, parts.port, parts.path).url


def guarded(guard: Guard) -> PoolManager:
    """Connections that ask the guard. No proxies: behind one the address would not be ours."""

    class HTTP(Told, HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return guard.socket_to(self)

    class HTTPS(Told, HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return guard.socket_to(self)

    class HTTPPool(HTTPConnectionPool):
        ConnectionCls = HTTP

    class HTTPSPool(HTTPSConnectionPool):
        ConnectionCls = HTTPS

    pools = PoolManager(
        num_pools=4, maxsize=4, cert_reqs="CERT_REQUIRED", ca_certs=DEFAULT_CA_BUNDLE_PATH
    )
    pools.pool_classes_by_scheme = {"http": HTTPPool, "https": HTTPSPool}
    return pools
