"""The Merkle tree of RFC 9162, section 2.1, with SHA-256: heads, and proofs of inclusion and of consistency.

A proof is made of hashes of ranges of leaves. `Hashes` answers the hash of a complete subtree, wherever that is kept;
the hash of a range that is not complete, at the right edge of the tree, is worked out from those.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TypeAlias

HASH_BYTES = 32
EMPTY = hashlib.sha256().digest()
"""The head of a tree without leaves."""


class Subtree(NamedTuple):
    """The complete subtree of 2**height leaves that begins with leaf number * 2**height."""

    height: int
    number: int


Hashes: TypeAlias = Callable[[Subtree], bytes]
Range: TypeAlias = tuple[int, int]
"""Leaves from the first number on, up to but not including the second."""


class ProofInvalid(ValueError):
    """A proof that does not prove what it is said to."""


def leaf_hash(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def complete_subtrees(leaves: Range) -> list[Subtree]:
    """The largest complete subtrees that make up a range, from left to right. The range must be one of a tree's own:
    its start is a multiple of the smallest power of two that is not below its length.
    """
    start, end = leaves
    found = []
    while start < end:
        height = (end - start).bit_length() - 1
        found.append(Subtree(height, start >> height))
        start += 1 << height
    return found


def folded(hashes: Sequence[bytes]) -> bytes:
    """The hash of a range, of the hashes of its complete subtrees."""
    if not hashes:
        return EMPTY
    *others, folded_hash = hashes
    for other in reversed(others):
        folded_hash = node_hash(other, folded_hash)
    return folded_hash


def complete_root(hashes: Sequence[bytes]) -> bytes:
    """The root over a power of two of hashes of equal height."""
    while len(hashes) > 1:
        hashes = [node_hash(left, right) for left, right in zip(hashes[::2], hashes[1::2], strict=True)]
    return hashes[0]


def range_hash(hashes: Hashes, leaves: Range) -> bytes:
    return folded([hashes(subtree) for subtree in complete_subtrees(leaves)])


def head(hashes: Hashes, size: int) -> bytes:
    """The head of the tree of the first `size` leaves."""
    return range_hash(hashes, (0, size))


def inclusion_ranges(index: int, size: int) -> list[Range]:
    """The ranges whose hashes prove that leaf `index` is in the tree of `size` leaves (section 2.1.3.1)."""
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} leaves has no leaf {index}")
    start, end = 0, size
    ranges: list[Range] = []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    return ranges[::-1]


def consistency_ranges(old: int, size: int) -> list[Range]:
    """The ranges whose hashes prove that the tree of `old` leaves is the beginning of that of `size` (2.1.4.1); none
    for a tree without leaves, which is the beginning of every tree.
    """
    if not 0 <= old <= size:
        raise ValueError(f"a tree of {old} leaves is not the beginning of one of {size}")
    if old in (0, size):
        return []
    start, end = 0, size
    ranges: list[Range] = []
    while end != old:
        middle = start + _split(end - start)
        if old <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    if start:
        ranges.append((start, end))
    return ranges[::-1]


def proof(hashes: Hashes, ranges: Sequence[Range]) -> list[bytes]:
    """The hashes of those ranges."""
    return [range_hash(hashes, leaves) for leaves in ranges]


def verify_inclusion(*, index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> None:
    """Raise ProofInvalid unless the leaf with this hash is leaf `index` of the tree with this head (2.1.3.2)."""
    if not 0 <= index < size:
        raise ProofInvalid(f"a tree of {size} leaves has no leaf {index}")
    _verify_hashes([leaf, root, *proof])
    node = leaf
    for sibling, on_left in _climb(index, size - 1, proof):
        node = node_hash(sibling, node) if on_left else node_hash(node, sibling)
    if node != root:
        raise ProofInvalid("the leaf and the proof do not lead to the head of the tree")


def verify_consistency(*, old: int, size: int, old_root: bytes, root: bytes, proof: Sequence[bytes]) -> None:
    """Raise ProofInvalid unless the tree with the first head is the beginning of that with the second (2.1.4.2). Of a
    tree without leaves nothing can be proved: it is refused.
    """
    if not 0 < old <= size:
        raise ProofInvalid(f"no proof leads from a tree of {old} leaves to one of {size}")
    if old == size:
        if proof or old_root != root:
            raise ProofInvalid("two heads of the same size must be equal, with no hashes between them")
        return
    _verify_hashes([old_root, root, *proof])
    first, *others = [old_root, *proof] if old & (old - 1) == 0 else [*proof] or [b""]
    position, last = old - 1, size - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    old_node = new_node = first
    for sibling, on_left in _climb(position, last, others):
        if on_left:
            old_node, new_node = node_hash(sibling, old_node), node_hash(sibling, new_node)
        else:
            new_node = node_hash(new_node, sibling)
    if old_node != old_root or new_node != root:
        raise ProofInvalid("the proof does not lead from the one head to the other")


def _climb(position: int, last: int, siblings: Sequence[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Each hash of a proof, and whether it stands to the left, on the way from the node at `position` of a level, of
    which `last` is the last, to the root. Raises ProofInvalid if there are more or fewer than that takes.
    """
    for sibling in siblings:
        if last == 0:
            raise ProofInvalid("the proof has more hashes than the tree is high")
        on_left = bool(position & 1) or position == last
        yield sibling, on_left
        while on_left and not position & 1 and position:
            position, last = position >> 1, last >> 1
        position, last = position >> 1, last >> 1
    if last:
        raise ProofInvalid("the proof has fewer hashes than the tree is high")


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1


def _verify_hashes(hashes: Sequence[bytes]) -> None:
    for one in hashes:
        if len(one) != HASH_BYTES:
            raise ProofInvalid(f"a hash has {HASH_BYTES} bytes, not {len(one)}")
