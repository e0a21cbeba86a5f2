"""What snapshot.lua answers, parsed: stock, loads and versions at one moment."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import repeat
from typing import Any

import orjson

from engine.decide.availability import NodeUnits, StockColumns
from engine.model.facts import NodeRest, StockPosition
from engine.store.hold_changes.freed_stock import FreedStock
from engine.store.node_rests import rests_after
from engine.store.policy_versions import split_version

_HEAD = 6
"""How many parts of what snapshot.lua answers come before the stock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The stored facts at one moment. `stock` is (on hand, held) by node, by SKU; `earlier_decision` the one that the
    idempotency key was used for before; `first_decision` the one with which the order's id was taken.
    """

    network_version: str | None
    policy_version: str | None
    policy_since: int | None
    """The instant from which the version was scheduled; None if it was activated at once."""
    earlier_decision: str | None
    first_decision: str | None
    loads: Mapping[str, int]
    resting: Mapping[str, NodeRest]
    stock: Mapping[str, Mapping[str, tuple[int, int]]]
    stamp: int = 0
    """The newest stamp of what was read (see `Keys.changed`), if it was asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StockReading:
    """The stock of many SKUs at one moment. `reading` has all but the stock; `texts` are what is on hand and held of
    each SKU, as snapshot.lua answers them; `stamps` those of the facts and of each SKU (see `Keys.changed`).
    """

    reading: Reading
    texts: Sequence[bytes]
    stamps: str

    def columns(self, skus: Sequence[int], nodes: Mapping[str, int]) -> StockColumns:
        """The positions of those of the SKUs that `skus` numbers, given the number of each node by its id."""
        on_hand, held = (_node_units([self.texts[2 * sku + kind] for sku in skus]) for kind in (0, 1))
        return StockColumns.of(on_hand, held, nodes)


def newest_stamp(stamps: bytes) -> int:
    """Of the stamps as snapshot.lua answers them."""
    return max((int(stamp) for stamp in stamps.split() if stamp != b"-"), default=0)


def stock_reading_of(answer: Sequence[Any], decided_at: int) -> StockReading:
    """What snapshot.lua answered when it was asked for stamps."""
    return StockReading(
        reading=reading_of(answer[:_HEAD], (), decided_at), texts=answer[_HEAD:-1], stamps=answer[-1].decode()
    )


def reading_of(answer: Sequence[Any], skus: Sequence[str], decided_at: int) -> Reading:
    """What snapshot.lua answered, for `skus` and the instant whose policies decide."""
    version, policy, earlier, first, loads, resting, *stock = answer
    policy_version, policy_since = split_version(policy.decode()) if policy else (None, None)
    return Reading(
        network_version=version and version.decode(),
        policy_version=policy_version,
        policy_since=policy_since,
        earlier_decision=earlier and earlier.decode(),
        first_decision=first and first.decode(),
        loads=_counts(loads),
        resting=rests_after(decided_at, _lines(resting)),
        stock={sku: _by_node(*stock[2 * index : 2 * index + 2]) for index, sku in enumerate(skus)},
    )


def positions(stock: Mapping[str, tuple[int, int]], paces: Mapping[str, int]) -> dict[str, StockPosition]:
    """By node, from (on hand, held) and the pace of sale; see `Reading.stock`."""
    # without a Python loop over the nodes, because this is done for every SKU of every order
    on_hand, held = zip(*stock.values(), strict=True) if stock else ((), ())
    rows = zip(on_hand, held, map(paces.get, stock), strict=True)
    return dict(zip(stock, map(StockPosition._make, rows), strict=True))


def without_holds(reading: Reading, freed: FreedStock, day: str) -> Reading:
    """The reading as if what is freed were not held, and did not count in the loads, which are those of `day`."""
    units = freed.units
    stock = {
        sku: {node: (on_hand, max(0, held - units.get((sku, node), 0))) for node, (on_hand, held) in nodes.items()}
        for sku, nodes in reading.stock.items()
    }
    loads = {node: max(0, load - freed.shipments.get((day, node), 0)) for node, load in reading.loads.items()}
    return replace(reading, stock=stock, loads=loads)


def _lines(text: bytes) -> list[str]:
    """A hash as snapshot.lua answers it: a field's name and its value on a line each."""
    return text.decode().split("\n") if text else []


def _counts(text: bytes) -> dict[str, int]:
    lines = _lines(text)
    return dict(zip(lines[::2], map(int, lines[1::2]), strict=True))


def _by_node(on_hand: bytes, held: bytes) -> dict[str, tuple[int, int]]:
    """(on hand, held) by node. Most positions have no hold, so 0 is set for all first, then what is held at a few."""
    lines = _lines(on_hand)
    if b"\n-" in on_hand:
        lines[1::2] = _none_below_0(lines[1::2])
    # without a Python loop over the nodes, because this is done for every SKU of every order
    by_node = dict(zip(lines[::2], zip(map(int, lines[1::2]), repeat(0), strict=False), strict=True))
    for node, units in _counts(held).items():
        if node in by_node:
            by_node[node] = (by_node[node][0], units)
    return by_node


def _none_below_0(units: Iterable[str]) -> list[str]:
    """Where more left than was counted, nothing is on hand."""
    return ["0" if text.startswith("-") else text for text in units]


def _node_units(texts: Sequence[bytes]) -> NodeUnits:
    """Of hashes of several SKUs."""
    joined = b"\n".join(filter(None, texts))
    lines = _lines(joined)
    if b"\n-" in joined:
        lines[1::2] = _none_below_0(lines[1::2])
    fields = [(text.count(b"\n") + 1) // 2 for text in texts]
    # read as one JSON list, which takes a quarter of the time of int() for each
    return NodeUnits(nodes=lines[::2], units=orjson.loads(f"[{','.join(lines[1::2])}]"), entries=fields)
