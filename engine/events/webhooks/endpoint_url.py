"""URLs of webhooks, and which addresses they may lead to: no address inside, unless a setting allows it.

Whoever may add a webhook could otherwise have the service send requests to whatever it can reach: metadata of the
cloud, databases, consoles (server side request forgery). So a name is resolved once, at each sending; every address it
leads to is checked as the number that it is, not as it is written; and the connection is made to the very address that
was checked.
"""

import ipaddress
import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import SplitResult, urlsplit

from engine.errors import InputInvalid, Mistake
from engine.events.settings import IpNetwork

IpAddress: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve: TypeAlias = Callable[..., Sequence[tuple[Any, ...]]]
"""As socket.getaddrinfo."""

MOST_LETTERS = 2_000
_VISIBLE = re.compile(r"[!-~]+", re.ASCII)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_LOCAL_NAT64, _COMPATIBLE = ipaddress.IPv6Network("64:ff9b:1::/48"), ipaddress.IPv6Network("::/96")
_LOW_32_BITS = 0xFFFF_FFFF


class AddressRefused(Exception):
    """Nothing is sent to this address; says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointUrl:
    """A URL that something may be sent to, in its parts."""

    scheme: str
    host: str
    port: int
    target: str
    """Path and query, as a request names them."""
    authority: str
    """As the header Host has it."""

    @property
    def is_encrypted(self) -> bool:
        return self.scheme == "https"


def parse_url(text: str, *, allowed: Sequence[IpNetwork]) -> EndpointUrl:
    """Raises InputInvalid if it is no URL for a webhook, or names an address outright that nothing is sent to. Without
    encryption only where private addresses are allowed.
    """
    try:
        parts = urlsplit(text) if len(text) <= MOST_LETTERS and _VISIBLE.fullmatch(text) else None
        port = None if parts is None else parts.port
    except ValueError:
        parts = port = None
    if parts is None or parts.scheme not in ("https", "http") or not parts.hostname:
        raise _mistake("this is no URL such as https://shop.example/pointsman")
    if parts.username is not None or parts.password is not None or parts.fragment or "\\" in text or port == 0:
        raise _mistake("leave out user, password, fragment, backslashes and port 0")
    if parts.scheme == "http" and not allowed:
        raise _mistake("it must be https://; http:// is for addresses that POINTSMAN_WEBHOOK_ALLOW names")
    url = _of_parts(parts, port)
    literal = _literal(url.host)
    if literal is not None:
        try:
            verify_address(literal, url, allowed=allowed)
        except AddressRefused as error:
            raise _mistake(str(error)) from None
    return url


def addresses_of(url: EndpointUrl, *, allowed: Sequence[IpNetwork], resolve: Resolve) -> list[IpAddress]:
    """Where to send it, in the order to be tried; asks for the name once. Raises AddressRefused if any of them is one
    that nothing is sent to, OSError if the name is not known.
    """
    answers = resolve(url.host, url.port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(ipaddress.ip_address(answer[4][0]) for answer in answers))
    for address in addresses:
        verify_address(address, url, allowed=allowed)
    return addresses


def verify_address(address: IpAddress, url: EndpointUrl, *, allowed: Sequence[IpNetwork]) -> None:
    """Raise AddressRefused unless it is allowed or public; and public ones only if encrypted."""
    inner = _inner(address)
    if any(_is_in(item, network) for item in (address, *inner) for network in allowed):
        return
    if not all(_is_public(item) for item in (address, *inner)):
        raise AddressRefused(
            f"'{url.host}' leads to {address}, which is not public; POINTSMAN_WEBHOOK_ALLOW can allow its network"
        )
    if not url.is_encrypted:
        raise AddressRefused(f"'{url.host}' leads to {address}, which is public: use https://")


def _of_parts(parts: SplitResult, port: int | None) -> EndpointUrl:
    host = (parts.hostname or "").rstrip(".")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    shown = f"[{host}]" if ":" in host else host
    return EndpointUrl(
        scheme=parts.scheme,
        host=host,
        port=port or (443 if parts.scheme == "https" else 80),
        target=target,
        authority=shown if port is None else f"{shown}:{port}",
    )


def _literal(host: str) -> IpAddress | None:
    """The address that a host names outright, in any form that resolvers take: 127.1 and 2130706433, too."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except OSError:
        return None


def _inner(address: IpAddress) -> tuple[ipaddress.IPv4Address, ...]:
    """The IPv4 addresses to which a gateway or the system would carry an IPv6 address."""
    if isinstance(address, ipaddress.IPv4Address):
        return ()
    found = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if any(address in network for network in (_NAT64, _LOCAL_NAT64, _COMPATIBLE)):
        found.append(ipaddress.IPv4Address(int(address) & _LOW_32_BITS))
    return tuple(item for item in found if item is not None)


def _is_public(address: IpAddress) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None or address in _NAT64:
            return True  # what counts is the address inside
        if address.is_site_local:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _is_in(address: IpAddress, network: IpNetwork) -> bool:
    return address.version == network.version and address in network


def _mistake(message: str) -> InputInvalid:
    return InputInvalid([Mistake(field="url", message=message)])
