"""What kind of network an address is in. The only user of iporigin, of its offline table alone."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import get_args

from pitchcast.analytics.addresses import Address
from pitchcast.analytics.requests import NetworkKind
from pitchcast.errors import ConfigError
from pitchcast.reading import FileKind, read_text

Network = IPv4Network | IPv6Network

_LIST = FileKind(
    what="a list of networks",
    at_most_bytes=50_000_000,
    error=ConfigError,
    hint="audience.networks is a CSV file with the columns network and kind.",
)
_KINDS: Mapping[str, NetworkKind] = {
    "hosting": "hosting",
    "bot": "hosting",  # a crawler's own network is a data centre
    "cdn": "cdn",
    "vpn": "vpn",
    "tor": "tor",
    "unknown": "home",  # in no list of data centres
    "reserved": "other",  # an office's or this computer's own: no data centre
}
_NAMED: Mapping[str, NetworkKind] = {kind: kind for kind in get_args(NetworkKind)}
_RELAY = "Apple Private Relay"
_V4 = 4
_PARTLY_RESERVED = frozenset({0, 10, 100, 127, 169, 172, 192, 198, 203, *range(224, 256)})
"""The first bytes of IPv4 networks that are reserved [IANA IPv4 Special-Purpose Address Registry], groups included."""


@dataclass(frozen=True, slots=True)
class _NetworkList:
    """Networks of one kind, by version and length of prefix: an address is looked up once a length."""

    kinds: Mapping[tuple[int, int, int], NetworkKind]
    lengths: Sequence[tuple[int, int]]

    def find(self, address: Address) -> NetworkKind | None:
        """Return the kind of the narrowest network that holds the address."""
        if not self.lengths:
            return None
        number, bits = int(address), address.max_prefixlen
        for version, length in self.lengths:
            if version == address.version:
                kind = self.kinds.get((version, length, number >> (bits - length)))
                if kind:
                    return kind
        return None


class Networks:
    """Kinds of networks: the company's own first, then lists that it keeps, then what is known of data centres."""

    def __init__(self, own: str = "", kept: str = "", file: Path | None = None) -> None:
        said: list[tuple[Network, NetworkKind]] = [(network, "kept") for network in parse_networks(kept)]
        said += [(network, "own") for network in parse_networks(own)]
        self._said = _listed(said)
        self._listed = _listed(read_networks(file) if file else [])

    def kind_of(self, address: Address) -> NetworkKind:
        """Return what kind of network an address is in."""
        return self._said.find(address) or self._listed.find(address) or _known(address)


def parse_networks(text: str) -> list[Network]:
    """Return the networks of a setting, which has been checked."""
    return [ip_network(name.strip(), strict=False) for name in text.split(",") if name.strip()]


def read_networks(path: Path) -> list[tuple[Network, NetworkKind]]:
    """Return the networks of a file with their kinds. Raises ConfigError naming the row."""
    rows = csv.DictReader(StringIO(read_text(path, _LIST)))
    found = []
    for number, row in enumerate(rows, start=2):
        kind = _NAMED.get((row.get("kind") or "").strip().lower())
        try:
            network = ip_network((row.get("network") or "").strip(), strict=False)
        except ValueError as error:
            raise ConfigError(f"{path}, row {number}: {error}", hint=_LIST.hint) from error
        if kind is None:
            said = row.get("kind")
            raise ConfigError(f"{path}, row {number}: the kind is {said!r}", hint=f"It is one of {', '.join(_NAMED)}.")
        found.append((network, kind))
    return found


def _listed(pairs: Iterable[tuple[Network, NetworkKind]]) -> _NetworkList:
    kinds: dict[tuple[int, int, int], NetworkKind] = {}
    for network, kind in pairs:
        shift = network.max_prefixlen - network.prefixlen
        kinds[network.version, network.prefixlen, int(network.network_address) >> shift] = kind
    lengths = sorted({(version, length) for version, length, _ in kinds}, reverse=True)
    return _NetworkList(kinds, lengths)


def _known(address: Address) -> NetworkKind:
    import iporigin

    if address.version == _V4 and int(address) >> 24 not in _PARTLY_RESERVED:
        address = _GlobalAddress(int(address))
    origin = iporigin.classify(address)  # type: ignore[no-untyped-call] # iporigin declares no types here
    return "relay" if origin.provider == _RELAY else _KINDS.get(origin.kind, "other")


class _GlobalAddress(IPv4Address):
    """An address of which it is known that no network which is reserved can hold it.

    To look for it in each of those takes longer than all the rest of what is asked of an address. What is found about
    it names it in text, which nobody reads here, so none is made.
    """

    @property
    def is_global(self) -> bool:
        """Say that anybody in the world can have it."""
        return True

    def __str__(self) -> str:
        """Return nothing."""
        return ""
