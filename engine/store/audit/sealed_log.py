"""Reads the sealed log as it is stored: how far it goes, its leaves, its tiles, and proofs made of them.

Other parts of the store that take entries off the log (an archive) ask here how far it is sealed, and note in `trimmed`
of `Keys.sealed` how many of the first entries they took off, in the script that does so.
"""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.audit.sealing.checkpoint import Checkpoint, SignedCheckpoint
from engine.audit.sealing.leaf import LEAF_BYTES, EntryId, Leaf, leaves_in, parse_id
from engine.audit.sealing.merkle import (
    EMPTY,
    Range,
    consistency_ranges,
    head,
    inclusion_ranges,
    proof,
)
from engine.audit.sealing.tiles import (
    WIDTH,
    Edge,
    Tile,
    TileHashes,
    TilePart,
    bundle_of,
    edge_tiles,
    hashes_in,
    leaf_hashes,
    tiles_for,
    width_at,
)
from engine.errors import NotFound, SealBroken
from engine.store.connection.client import Client, faults
from engine.store.keys import Keys

_BUNDLES_AT_ONCE = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedState:
    """How far the log is sealed: `size` entries, up to and with the entry `last`, with this `root`; `checkpoint` is the
    signed note of it, empty before the first. The first `trimmed` entries are not in the log any more. `cosigned` is
    the latest checkpoint that witnesses signed, too; empty if there is none.
    """

    origin: str = ""
    size: int = 0
    root: bytes = EMPTY
    last: EntryId = (0, 0)
    checkpoint: str = ""
    trimmed: int = 0
    cosigned: str = ""

    @property
    def tree(self) -> Checkpoint:
        return Checkpoint(origin=self.origin, size=self.size, root=self.root)

    @property
    def signed(self) -> SignedCheckpoint:
        """The checkpoint with all signatures that there are of it; raises NoteInvalid if what is stored is none."""
        signed = SignedCheckpoint.parse(self.checkpoint)
        return signed.with_signatures_of(SignedCheckpoint.parse(self.cosigned)) if self.cosigned else signed


class SealedLog:
    """The sealed log of one network."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    def state(self) -> SealedState:
        """Raises SealBroken if what is stored can't be read."""
        with faults():
            fields = self._client.redis.hgetall(self._keys.sealed)
        try:
            return SealedState(
                origin=fields.get(b"origin", b"").decode(),
                size=int(fields.get(b"size", b"0")),
                root=fields.get(b"root", EMPTY),
                last=parse_id(fields.get(b"last", b"0-0").decode()),
                checkpoint=fields.get(b"checkpoint", b"").decode(),
                trimmed=int(fields.get(b"trimmed", b"0")),
                cosigned=fields.get(b"cosigned", b"").decode(),
            )
        except ValueError as error:
            raise SealBroken(f"what is stored of the sealed log can't be read: {error}") from None

    def leaves(self, start: int = 0, end: int | None = None) -> Iterator[Leaf]:
        """The leaves from number `start` on, up to but not including `end`, or all. Raises SealBroken if one is
        damaged; there may be fewer than that.
        """
        for first, data in self.bundles(start, end):
            skipped = max(0, start - first) * LEAF_BYTES
            length = len(data) if end is None else max(0, end - first) * LEAF_BYTES
            with _intact():
                leaves = list(leaves_in(data[skipped:length]))
            yield from leaves

    def bundles(self, start: int = 0, end: int | None = None) -> Iterator[tuple[int, bytes]]:
        """The bundles that have leaf `start` and those after it, before `end`: the number of the first leaf, and the
        leaves one after the other. They end with the first that is not full.
        """
        bundle, last = start // WIDTH, None if end is None else (end - 1) // WIDTH
        while last is None or bundle <= last:
            stop = bundle + _BUNDLES_AT_ONCE if last is None else min(bundle + _BUNDLES_AT_ONCE, last + 1)
            for data in self._read([self._keys.sealed_leaves(number) for number in range(bundle, stop)]):
                if data:
                    yield bundle * WIDTH, data
                if len(data) < WIDTH * LEAF_BYTES:
                    return
                bundle += 1

    def leaf(self, index: int) -> Leaf:
        """Raises NotFound."""
        for leaf in self.leaves(index, index + 1):
            return leaf
        raise NotFound(f"the sealed log has no entry number {index}")

    def index_of(self, entry: EntryId, *, size: int) -> int:
        """The number of the leaf of that entry in the sealed log of that size; raises NotFound."""
        for number, leaf in self.bundle_with(entry, size):
            if leaf.id == entry:
                return number
        raise NotFound("the entry is not sealed yet, or there is none of that id; it is sealed within seconds")

    def bundle_with(self, entry: EntryId, size: int) -> Iterator[tuple[int, Leaf]]:
        """The numbers and leaves of the bundle that has the leaf of that entry, if there is one; otherwise of the last
        one that begins before it, or the first.
        """
        low, high = 0, (size + WIDTH - 1) // WIDTH  # the bundle is one of these, but for the last
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self._first_id(middle) <= entry else (low, middle)
        return enumerate(self.leaves(low * WIDTH, min(size, (low + 1) * WIDTH)), start=low * WIDTH)

    def number_from(self, entry: EntryId, *, size: int) -> int:
        """The number of the first leaf, in the sealed log of that size, of that entry or a later one; `size` if there
        is none.
        """
        after = 0
        for number, leaf in self.bundle_with(entry, size):
            if leaf.id >= entry:
                return number
            after = number + 1
        return after

    def tile(self, part: TilePart, *, size: int) -> bytes:
        """The hashes of a tile, or a bundle of leaves each behind its length, as tlog-tiles has them; raises NotFound
        if the sealed log of that size has not so many.
        """
        width = width_at(part.level or 0, part.number, size)
        if part.width > width:
            raise NotFound("there is no such tile: the sealed log is not as long")
        if part.level is None:
            (leaves,) = self._read([self._keys.sealed_leaves(part.number)])
            with _intact():
                return bundle_of(leaves[: part.width * LEAF_BYTES])
        tile = Tile(part.level, part.number)
        return b"".join(self.tiles([tile])[tile][: part.width])

    def head(self, size: int) -> bytes:
        """The head of the tree of the first `size` leaves, worked out from what is stored. Raises SealBroken, as the
        proofs do, if the tree is damaged.
        """
        ranges: list[Range] = [(0, size)] if size else []
        hashes = self._hashes_for(ranges)
        with _intact():
            return head(hashes, size)

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """The proof that leaf `index` is in the tree of the first `size` leaves."""
        return self._proof(inclusion_ranges(index, size))

    def consistency(self, old: int, size: int) -> list[bytes]:
        """The proof that the tree of `old` leaves is the beginning of that of `size` leaves."""
        return self._proof(consistency_ranges(old, size))

    def tiles(self, tiles: Sequence[Tile]) -> dict[Tile, list[bytes]]:
        """The hashes of these tiles, as far as they are there; raises SealBroken if one is damaged."""
        names = [
            self._keys.sealed_hashes(tile.level, tile.number) if tile.level else self._keys.sealed_leaves(tile.number)
            for tile in tiles
        ]
        with _intact():
            return {
                tile: hashes_in(data) if tile.level else leaf_hashes(data)
                for tile, data in zip(tiles, self._read(names), strict=True)
            }

    def edge(self, state: SealedState) -> Edge:
        """The right edge of the tree; raises SealBroken unless it is that of the state's head."""
        with _intact():
            edge = Edge.of(state.size, self.tiles(edge_tiles(state.size)))
        if edge.head != state.root:
            raise SealBroken("the tree of the sealed log was altered: its tiles do not give the head that was sealed")
        return edge

    def _proof(self, ranges: Sequence[Range]) -> list[bytes]:
        hashes = self._hashes_for(ranges)
        with _intact():
            return proof(hashes, ranges)

    def _hashes_for(self, ranges: Sequence[Range]) -> TileHashes:
        return TileHashes(self.tiles(sorted(tiles_for(ranges))))

    def _first_id(self, bundle: int) -> EntryId:
        with faults():
            data = self._client.redis.getrange(self._keys.sealed_leaves(bundle), 0, LEAF_BYTES - 1)
        with _intact():
            return Leaf.parse(data).id

    def _read(self, names: Sequence[str]) -> list[bytes]:
        """What is stored at these keys, empty where nothing is."""
        if not names:
            return []
        with faults(), self._client.redis.pipeline(transaction=False) as read:
            for name in names:
                read.get(name)
            return [data or b"" for data in read.execute()]


@contextlib.contextmanager
def _intact() -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise SealBroken(f"the tree of the sealed log is damaged: {error}") from None
