"""Tiles are laid out as C2SP's tlog-tiles says, and what grows by pieces is what is made at once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.audit.sealing.leaf import leaf_of
from engine.audit.sealing.merkle import head
from engine.audit.sealing.tiles import (
    Edge,
    Tile,
    TileHashes,
    TilePart,
    bundle_of,
    edge_tiles,
    hashes_in,
    leaf_hashes,
    path_of,
    tiles_for,
    width_at,
)
from tests.reference import plain_merkle

LEAVES = [leaf_of(b"%d-0" % number, {b"kind": b"moved", b"at": b"%d" % number}) for number in range(1, 70_001)]


class Stored:
    """What a store has of a tree that grew by pieces of these sizes."""

    def __init__(self, pieces):
        self.bundles, self.tiles, self.edge = {}, {}, Edge()
        for size in pieces:
            growth = self.edge.add(LEAVES[self.edge.size : self.edge.size + size])
            for bundle, leaves in growth.leaves.items():
                self.bundles[bundle] = self.bundles.get(bundle, b"") + leaves
            for tile, added in growth.hashes.items():
                self.tiles[tile] = self.tiles.get(tile, b"") + added

    @property
    def hashes(self):
        level_0 = {Tile(0, bundle): leaf_hashes(leaves) for bundle, leaves in self.bundles.items()}
        return level_0 | {tile: hashes_in(data) for tile, data in self.tiles.items()}


@given(st.lists(st.integers(0, 600), max_size=6))
def test_a_tree_that_grows_by_pieces_is_that_which_is_made_at_once(pieces):
    stored, size = Stored(pieces), sum(pieces)
    assert stored.edge.size == size
    data = [leaf.data for leaf in LEAVES[:size]]
    assert stored.edge.head == plain_merkle.head(data) == head(TileHashes(stored.hashes), size)
    resumed = Edge.of(size, {tile: stored.hashes[tile] for tile in edge_tiles(size)})
    assert resumed.head == stored.edge.head
    assert resumed.add(LEAVES[size : size + 300]) == stored.edge.add(LEAVES[size : size + 300])


def test_a_tree_of_70_000_leaves_has_the_tiles_that_the_specification_says():
    widths = {tile: len(hashes) for tile, hashes in Stored([70_000]).hashes.items()}
    assert [tile for tile, width in widths.items() if tile.level == 0 and width == 256] == [
        Tile(0, number) for number in range(273)
    ]
    others = {tile: width for tile, width in widths.items() if tile.level or width < 256}
    assert others == {Tile(0, 273): 112, Tile(1, 0): 256, Tile(1, 1): 17, Tile(2, 0): 1}
    assert all(width_at(*tile, 70_000) == width for tile, width in widths.items())
    assert edge_tiles(70_000) == [Tile(0, 273), Tile(1, 1), Tile(2, 0)]
    assert (edge_tiles(0), edge_tiles(256), edge_tiles(65_536)) == ([], [Tile(1, 0)], [Tile(2, 0)])


def test_a_proof_needs_few_tiles():
    assert tiles_for([(0, 70_000)]) == {Tile(2, 0), Tile(1, 1), Tile(0, 273)}


def test_a_tile_that_is_too_short_is_noticed():
    stored = Stored([300]).hashes
    with pytest.raises(ValueError, match="tile 0/1 has 43 hashes; in a tree of 300 it has 44"):
        Edge.of(300, {**stored, Tile(0, 1): stored[Tile(0, 1)][:-1]})
    with pytest.raises(ValueError, match="tile 0/1 is shorter than the tree says"):
        head(TileHashes({**stored, Tile(0, 1): stored[Tile(0, 1)][:-1]}), 300)
    with pytest.raises(ValueError, match="33 bytes"):
        hashes_in(b"x" * 33)


def test_paths_are_written_in_parts_of_three_digits():
    assert path_of(1_234_067) == "x001/x234/067"
    assert path_of(0) == "000"
    assert TilePart.parse("0", "x001/x234/067.p/8") == TilePart(0, 1_234_067, 8)
    assert TilePart.parse("63", "999") == TilePart(63, 999, 256)
    assert TilePart.parse("entries", "x001/000.p/255") == TilePart(None, 1_000, 255)


@pytest.mark.parametrize(
    ("level", "path"),
    [
        *(("64", "000"), ("00", "000"), ("-1", "000"), ("x", "000"), ("²", "000"), ("0", "")),
        *(("0", "0"), ("0", "x000/000"), ("0", "001/000"), ("0", "1000"), ("0", "000.p/0"), ("0", "000.p/256")),
        *(("0", "000.p/01"), ("0", "000.p/1000"), ("0", "000/"), ("entries", "\u0660\u0660\u0660")),
    ],
)
def test_other_paths_are_refused(level, path):
    with pytest.raises(ValueError, match="path of a tile"):
        TilePart.parse(level, path)


@given(st.integers(0, 10**12))
def test_every_path_is_read_as_it_was_written(number):
    assert TilePart.parse("1", path_of(number)) == TilePart(1, number)


def test_a_bundle_has_each_leaf_behind_its_length():
    one, two = LEAVES[:2]
    assert bundle_of(one.data + two.data) == b"\x00\x30" + one.data + b"\x00\x30" + two.data
