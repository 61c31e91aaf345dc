"""Addresses as keyed hashes: who has no key cannot tell whose they are, and within a quarter they can be compared.

Pseudonyms, not anonymity: whoever has a key finds an IPv4 address in minutes.
"""

import hmac
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import NamedTuple

Address = IPv4Address | IPv6Address
_HASH_BYTES = 8
_SIGN = 1 << 63
_WHOLE, _V6_HALF, _V4_BLOCK, _V6_BLOCK = 4, 8, 3, 6


class HashedAddress(NamedTuple):
    """An address (IPv4, or the /64 of IPv6) and its block (/24, or /48), as signed 64-bit numbers."""

    address: int
    block: int


@lru_cache(maxsize=4096)
def parse_address(text: str) -> Address | None:
    """Return the address that a log names, None for a text that is none; ``::ffff:a.b.c.d`` is a.b.c.d [PTM 5.5.4]."""
    try:
        address = ip_address(text.strip("[]").partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def hash_address(address: Address, key: bytes) -> HashedAddress:
    """Return what stands for an address under the key of a quarter."""
    packed = address.packed
    whole, block = (_WHOLE, _V4_BLOCK) if len(packed) == _WHOLE else (_V6_HALF, _V6_BLOCK)
    return HashedAddress(_keyed(packed[:whole], key), _keyed(packed[:block], key))


def _keyed(packed: bytes, key: bytes) -> int:
    """Return the hash; parts of addresses differ in length, so no two kinds share one."""
    under_key = _begun(key).copy()
    under_key.update(packed)
    digest = under_key.digest()
    return int.from_bytes(digest[:_HASH_BYTES], "big") - _SIGN


@lru_cache(maxsize=64)
def _begun(key: bytes) -> hmac.HMAC:
    """Return an HMAC under a key that nothing was put into; a copy of it costs a third of making one."""
    return hmac.new(key, digestmod="sha256")
