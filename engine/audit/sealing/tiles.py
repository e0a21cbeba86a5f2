"""Tiles of the tree, as C2SP's tlog-tiles (https://c2sp.org/tlog-tiles) lays them out: 256 hashes of equal height each.

A tile of level L has hashes of complete subtrees of 256**L leaves. Only full tiles have a hash in the level above.
Beside the tiles there are bundles of entries, 256 leaves each. Tiles of level 0 are the hashes of what is in a bundle,
so they are made of it, and not stored.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Self

from engine.audit.sealing.leaf import LEAF_BYTES, Leaf, leaves_in
from engine.audit.sealing.merkle import (
    HASH_BYTES,
    Range,
    Subtree,
    complete_root,
    complete_subtrees,
    folded,
    leaf_hash,
)

WIDTH = 256
"""Hashes of a full tile, and leaves of a full bundle."""
HEIGHT = 8
_HIGHEST = 63
_PARTS = re.compile(r"((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?", re.ASCII)
_LEAF_PREFIX = LEAF_BYTES.to_bytes(2, "big")


class Tile(NamedTuple):
    """The tile `number` of a level, from 0."""

    level: int
    number: int


class TilePart(NamedTuple):
    """The first `width` hashes of a tile; of `level` None, the first leaves of a bundle."""

    level: int | None
    number: int
    width: int = WIDTH

    @classmethod
    def parse(cls, level: str, path: str) -> Self:
        """Of `<L>` and `<N>[.p/<W>]`, as they stand in a URL: x001/x234/067.p/8. Raises ValueError."""
        match = _PARTS.fullmatch(path)
        kept = level == "entries" or (level.isascii() and level.isdigit() and str(int(level)) == level)
        if match is None or not kept or (level != "entries" and int(level) > _HIGHEST):
            raise ValueError(f"'{level}/{path}' is no path of a tile, such as 0/x001/067.p/8 or entries/000")
        number, width = int(match[1].replace("x", "").replace("/", "")), int(match[2] or WIDTH)
        if (width >= WIDTH and match[2]) or path_of(number) != match[1]:
            raise ValueError(f"'{level}/{path}' is not written as the path of a tile is")
        return cls(None if level == "entries" else int(level), number, width)


def path_of(number: int) -> str:
    """The last part of a tile's path: 1234067 is x001/x234/067."""
    text = f"{number % 1_000:03}"
    while number := number // 1_000:
        text = f"x{number % 1_000:03}/{text}"
    return text


def width_at(level: int, number: int, size: int) -> int:
    """How many hashes the tile has in a tree of that size."""
    return int(max(0, min(WIDTH, size // WIDTH**level - number * WIDTH)))


def tiles_for(ranges: Sequence[Range]) -> set[Tile]:
    """The tiles that the hashes of these ranges are worked out from."""
    return {_place(subtree)[0] for leaves in ranges for subtree in complete_subtrees(leaves)}


def edge_tiles(size: int) -> list[Tile]:
    """The tiles at the right edge of a tree that are not full, without those that have nothing."""
    count, level, tiles = size, 0, []
    while count:
        if count % WIDTH:
            tiles.append(Tile(level, count // WIDTH))
        count, level = count // WIDTH, level + 1
    return tiles


class TileHashes:
    """Answers the hashes of complete subtrees, of tiles."""

    def __init__(self, tiles: Mapping[Tile, Sequence[bytes]]) -> None:
        self._tiles = tiles

    def __call__(self, subtree: Subtree) -> bytes:
        """Raises ValueError if the tile does not have it."""
        tile, start, count = _place(subtree)
        hashes = self._tiles.get(tile, ())[start : start + count]
        if len(hashes) < count:
            raise ValueError(f"tile {tile.level}/{tile.number} is shorter than the tree says")
        return complete_root(hashes)


def _place(subtree: Subtree) -> tuple[Tile, int, int]:
    """The tile, and which of its hashes, from which number on and how many, are below that subtree's root."""
    level, above = divmod(subtree.height, HEIGHT)
    start = subtree.number << above
    return Tile(level, start // WIDTH), start % WIDTH, 1 << above


def hashes_in(tile: bytes) -> list[bytes]:
    """The hashes of a tile; raises ValueError if it does not end with a whole one."""
    if len(tile) % HASH_BYTES:
        raise ValueError(f"a tile of {len(tile)} bytes has no whole number of hashes")
    return [tile[at : at + HASH_BYTES] for at in range(0, len(tile), HASH_BYTES)]


def leaf_hashes(leaves: bytes) -> list[bytes]:
    """The hashes of level 0, of leaves that stand one after the other."""
    return [leaf_hash(leaf.data) for leaf in leaves_in(leaves)]


def bundle_of(leaves: bytes) -> bytes:
    """A bundle of entries as it is answered: each leaf behind its length, two bytes, big-endian."""
    return b"".join(_LEAF_PREFIX + leaf.data for leaf in leaves_in(leaves))


@dataclass(frozen=True, slots=True)
class Growth:
    """What was added to stored tiles: to the leaves of each bundle and the hashes of each tile above level 0."""

    leaves: Mapping[int, bytes]
    hashes: Mapping[Tile, bytes]


@dataclass(slots=True, kw_only=True)
class Edge:
    """The right edge of a tree, which is all that is needed to add leaves and to work out the head."""

    size: int = 0
    hashes: list[list[bytes]] = field(default_factory=list)
    """By level, the hashes of the tile that is not full."""

    @classmethod
    def of(cls, size: int, tiles: Mapping[Tile, Sequence[bytes]]) -> Self:
        """Of the tiles that `edge_tiles` names; raises ValueError if one has not as many hashes as it must."""
        edge, count, level = cls(size=size), size, 0
        while count:
            hashes = list(tiles.get(Tile(level, count // WIDTH), ()))
            if len(hashes) != count % WIDTH:
                raise ValueError(
                    f"tile {level}/{count // WIDTH} has {len(hashes)} hashes; in a tree of {size} it has"
                    f" {count % WIDTH}"
                )
            edge.hashes.append(hashes)
            count, level = count // WIDTH, level + 1
        return edge

    @property
    def head(self) -> bytes:
        """The head of the tree."""
        return folded(list(self._complete()))

    def add(self, leaves: Sequence[Leaf]) -> Growth:
        """Add leaves to the tree."""
        grown_leaves: dict[int, bytearray] = {}
        grown_hashes: dict[Tile, bytearray] = {}
        for leaf in leaves:
            grown_leaves.setdefault(self.size // WIDTH, bytearray()).extend(leaf.data)
            for tile, added in self._add(leaf_hash(leaf.data)):
                grown_hashes.setdefault(tile, bytearray()).extend(added)
        return Growth(
            {bundle: bytes(data) for bundle, data in grown_leaves.items()},
            {tile: bytes(data) for tile, data in grown_hashes.items()},
        )

    def _add(self, added: bytes) -> Iterator[tuple[Tile, bytes]]:
        """Add the hash of a leaf; the hashes that this adds above level 0."""
        self.size += 1
        level = 0
        while True:
            if level == len(self.hashes):
                self.hashes.append([])
            hashes = self.hashes[level]
            hashes.append(added)
            if level:
                yield Tile(level, (self.size // WIDTH**level - 1) // WIDTH), added
            if len(hashes) < WIDTH:
                return
            added, self.hashes[level], level = complete_root(hashes), [], level + 1

    def _complete(self) -> Iterator[bytes]:
        """The hashes of the largest complete subtrees, from left to right."""
        for hashes in reversed(self.hashes):
            for subtree in complete_subtrees((0, len(hashes))):
                start = subtree.number << subtree.height
                yield complete_root(hashes[start : start + (1 << subtree.height)])
