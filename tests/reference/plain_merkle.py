"""RFC 9162, section 2.1, word for word: recursive, over lists of leaves."""

import hashlib
from collections.abc import Sequence


def head(leaves: Sequence[bytes]) -> bytes:
    """MTH, section 2.1.1."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = _largest_power_of_two_below(len(leaves))
    return hashlib.sha256(b"\x01" + head(leaves[:k]) + head(leaves[k:])).digest()


def path(m: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PATH, section 2.1.3.1: proves that leaf `m` is included."""
    if len(leaves) == 1:
        return []
    k = _largest_power_of_two_below(len(leaves))
    if m < k:
        return [*path(m, leaves[:k]), head(leaves[k:])]
    return [*path(m - k, leaves[k:]), head(leaves[:k])]


def consistency(m: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PROOF, section 2.1.4.1: proves that the first `m` leaves are the beginning."""
    return _subproof(m, leaves, whole=True)


def _subproof(m: int, leaves: Sequence[bytes], *, whole: bool) -> list[bytes]:
    if m == len(leaves):
        return [] if whole else [head(leaves)]
    k = _largest_power_of_two_below(len(leaves))
    if m <= k:
        return [*_subproof(m, leaves[:k], whole=whole), head(leaves[k:])]
    return [*_subproof(m - k, leaves[k:], whole=False), head(leaves[:k])]


def _largest_power_of_two_below(n: int) -> int:
    k = 1
    while 2 * k < n:
        k *= 2
    return k
