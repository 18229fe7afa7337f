"""How a host is spelled, once and for all, and whether it stands on the operator's own ground.

Nothing is looked up: an answer from the network would be another one tomorrow, and a start that
needs it would fail with it.
"""

import ipaddress
import socket
from typing import Final
from urllib.parse import urlsplit

_PRIVATE: Final = tuple(
    ipaddress.ip_network(net)
    for net in (
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "fc00::/7", "fe80::/10",
    )
)  # fmt: skip
# Endings that are set aside for networks of one's own and never lead to the Internet.
_PRIVATE_ENDINGS: Final = (".internal", ".local", ".home.arpa")
_HIDDEN: Final = (
    "its host cannot be read; in a user name or password write @ as %40, / as %2F, ? as %3F and "
    "# as %23"
)


class UnreadableHostError(ValueError):
    """What should be a host is none; the text says so without showing it."""


def spelled(text: str) -> str:
    """The host in small letters, without brackets or a dot at the end.

    Raises UnreadableHostError: what is no host may be a part of a password.
    """
    host = text.strip().removeprefix("[").removesuffix("]").lower().removesuffix(".")
    try:
        # Other letters have dots of their own, which the network takes for dots.
        host = host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        raise UnreadableHostError(_HIDDEN) from None
    if not host or not all(letter.isalnum() or letter in "-._:%" for letter in host):
        raise UnreadableHostError(_HIDDEN)
    if ":" in host and _address(host) is None:
        raise UnreadableHostError(_HIDDEN)
    return host


def host_of(url: str) -> str:
    """The host of a URL; a missing scheme is no harm. Raises UnreadableHostError."""
    try:
        parts = urlsplit(url if "://" in url else f"//{url}")
    except ValueError:
        raise UnreadableHostError(_HIDDEN) from None
    if "@" in parts.path + parts.query + parts.fragment:
        # A part of the password would be taken for the host.
        raise UnreadableHostError(_HIDDEN)
    return spelled(parts.hostname or "")


def own_ground(host: str) -> str | None:
    """What makes a spelled host the operator's own: this machine or a private network."""
    address = _address(host)
    if address is None:
        if host == "localhost" or host.endswith(".localhost"):
            return "this machine"
        if "." not in host or host.endswith(_PRIVATE_ENDINGS):
            return "own network, by its name"
        return None
    # On Linux the unspecified address leads to the machine itself.
    if address.is_loopback or address.is_unspecified:
        return "this machine"
    if any(address in net for net in _PRIVATE if net.version == address.version):
        return "own network, by its address"
    return None


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return _old_spelling(host)
    mapped = getattr(found, "ipv4_mapped", None)
    return mapped or found


def _old_spelling(host: str) -> ipaddress.IPv4Address | None:
    # 2130706433, 0x7f.1 and 127.1 are addresses to the system, not names without a dot.
    if not host[:1].isdigit():
        return None
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except OSError:
        return None
