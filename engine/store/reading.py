"""What snapshot.lua answers, parsed: stock, loads and versions at one moment."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import repeat
from types import MappingProxyType
from typing import Any, NamedTuple

import orjson

from engine.decide.availability.free_units import NodeUnits, StockColumns
from engine.decide.shipping.columns import Integers
from engine.model.facts import NodeRest, TakenUnits
from engine.model.lots import TAB, Lot, StoredLot, place_of, unexpired_units
from engine.model.position_columns import PositionColumns
from engine.model.receipts import Receipt
from engine.store.flows.receipt_texts import by_node, parse, without_promises
from engine.store.hold_changes.freed_stock import FreedStock
from engine.store.node_rests import rests_after
from engine.store.policy_versions import is_canary, split_version
from rules.reserves import Tally

NO_PERIODS: Mapping[Tally, str] = MappingProxyType({})
_TAB = TAB.encode()
_HEAD = 9
"""How many parts of what snapshot.lua answers come before the stock."""


class StoredUnits(NamedTuple):
    """Of one SKU, the nodes of which something is stored, each once, and the units on hand and held there."""

    nodes: Sequence[str]
    on_hand: Sequence[int]
    held: Sequence[int]

    def with_paces(self, paces: Mapping[str, int]) -> PositionColumns:
        """With the pace of sale at the nodes where it is known."""
        return PositionColumns(self.nodes, self.on_hand, self.held, paces)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The stored facts at one moment. `stock` is by SKU; `earlier_decision` the one that the idempotency key was used
    for before; `first_decision` the one with which the order's id was taken.
    """

    network_version: str | None
    policy_version: str | None
    policy_since: int | None
    """The instant from which the version was scheduled; None if it was activated at once."""
    by_canary: bool
    """Whether that version decides as a canary."""
    earlier_decision: str | None
    first_decision: str | None
    loads: Mapping[str, Mapping[str, int]]
    """Shipments by node, by the period that they count in (see load_periods.py)."""
    resting: Mapping[str, NodeRest]
    stock: Mapping[str, StoredUnits]
    taken: Mapping[str, TakenUnits] = field(default_factory=dict)
    """By SKU, what was taken in the periods of allotments that were asked for."""
    lots: Mapping[str, Mapping[str, Sequence[StoredLot]]] = field(default_factory=dict)
    """By SKU that has some, by node, the lots of its positions."""
    periods: Mapping[Tally, str] = field(default_factory=dict)
    """Those periods."""
    stamp: int = 0
    """The newest stamp of what was read (see `Keys.changed`), if it was asked for."""
    has_lots: bool = False
    """Whether some stock of the network has or had lots."""
    receipts: Mapping[str, Mapping[str, Sequence[Receipt]]] = field(default_factory=dict)
    """By SKU of which units are to come, by node, its open receipts, the next to arrive first."""
    lookahead: str | None = None
    """The digest of the table of look-ahead prices that is in force, however old it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StockReading:
    """The stock of many SKUs at one moment. `reading` has all but the stock; `texts` are what is on hand and held of
    each SKU, as snapshot.lua answers them, `taken` what was taken of each SKU by the tally; `stamps` those of the facts
    and of each SKU (see `Keys.changed`).
    """

    reading: Reading
    texts: Sequence[bytes]
    stamps: str
    taken: Mapping[Tally, Sequence[bytes]]

    def columns(self, skus: Sequence[int], nodes: Mapping[str, int]) -> StockColumns:
        """The positions of those of the SKUs that `skus` numbers, given the number of each node by its id."""
        on_hand, held = (_node_units([self.texts[2 * sku + kind] for sku in skus]) for kind in (0, 1))
        return StockColumns.of(on_hand, held, nodes)

    def without_lots(
        self, skus: Sequence[int], today: int
    ) -> tuple["StockReading", dict[tuple[int, str], tuple[Lot, ...]]]:
        """The same with the texts of positions alone, without units that expired before the date `today` and that
        nobody holds; and the lots, by the place of their SKU among `skus` and node.
        """
        texts, lots = list(self.texts), dict[tuple[int, str], tuple[Lot, ...]]()
        for place, sku in enumerate(skus):
            on_hand, held = texts[2 * sku : 2 * sku + 2]
            if _TAB in on_hand:
                reading = replace(
                    self.reading, stock={"": _stored_units(on_hand, held)}, lots={"": stored_lots(on_hand, held)}
                )
                stock, its = unexpired_stock(reading, today)
                lots |= {(place, node): of_node for node, of_node in its[""].items()}
                for kind, units in enumerate((stock[""].on_hand, stock[""].held)):
                    lines = (f"{node}\n{count}" for node, count in zip(stock[""].nodes, units, strict=True))
                    texts[2 * sku + kind] = "\n".join(lines).encode()
        return replace(self, texts=texts), lots

    def taken_columns(
        self, skus: Sequence[int], nodes: Mapping[str, int], stock: StockColumns
    ) -> dict[Tally, Integers]:
        """What was taken of each row of `stock`, the columns of the same SKUs."""
        return {
            tally: stock.column_of(_node_units([texts[sku] for sku in skus]), nodes)
            for tally, texts in self.taken.items()
        }


def newest_stamp(stamps: bytes) -> int:
    """Of the stamps as snapshot.lua answers them."""
    return max((int(stamp) for stamp in stamps.split() if stamp != b"-"), default=0)


def stock_reading_of(
    answer: Sequence[Any],
    decided_at: int,
    loads: Sequence[str],
    skus: int,
    periods: Mapping[Tally, str] = NO_PERIODS,
) -> StockReading:
    """What snapshot.lua answered for so many SKUs when it was asked for stamps."""
    first_taken = _HEAD + 2 * skus
    taken = answer[first_taken:-1]
    return StockReading(
        reading=replace(reading_of(answer[:_HEAD], (), decided_at, loads), periods=periods),
        texts=answer[_HEAD:first_taken],
        stamps=answer[-1].decode(),
        taken={tally: taken[number :: len(periods)] for number, tally in enumerate(periods)},
    )


def reading_of(
    answer: Sequence[Any],
    skus: Sequence[str],
    decided_at: int,
    loads: Sequence[str],
    periods: Mapping[Tally, str] = NO_PERIODS,
) -> Reading:
    """What snapshot.lua answered, for `skus` and the instant whose policies decide, for these periods of loads and of
    allotments.
    """
    version, policy, earlier, first, shipments, resting, lots, receipts, lookahead, *stock = answer
    taken = map(_counts, stock[2 * len(skus) :])
    policy_version, policy_since = split_version(policy.decode()) if policy else (None, None)
    return Reading(
        network_version=version and version.decode(),
        policy_version=policy_version,
        policy_since=policy_since,
        by_canary=bool(policy) and is_canary(policy.decode()),
        earlier_decision=earlier and earlier.decode(),
        first_decision=first and first.decode(),
        loads=dict(zip(loads, map(_counts, shipments), strict=True)),
        resting=rests_after(decided_at, _lines(resting)),
        has_lots=bool(lots),
        stock={sku: _stored_units(*stock[2 * index : 2 * index + 2]) for index, sku in enumerate(skus)},
        lots={
            sku: stored_lots(*stock[2 * index : 2 * index + 2])
            for index, sku in enumerate(skus)
            if _TAB in stock[2 * index]
        },
        taken={sku: {tally: next(taken) for tally in periods} for sku in skus} if periods else {},
        periods=periods,
        receipts=_receipts(skus, receipts) if receipts else {},
        lookahead=lookahead and lookahead.decode(),
    )


def _receipts(skus: Sequence[str], texts: Sequence[bytes]) -> dict[str, dict[str, list[Receipt]]]:
    """The open receipts of each SKU that has some, by node."""
    found: dict[str, dict[str, list[Receipt]]] = {}
    for sku, text in zip(skus, texts, strict=False):
        lines = _lines(text)
        if lines:
            receipts = (parse(name, sku, line).receipt for name, line in zip(lines[::2], lines[1::2], strict=True))
            found[sku] = by_node(receipts)
    return found


def without_holds(reading: Reading, freed: FreedStock) -> Reading:
    """The reading as if what is freed were not held, and did not count in the loads."""
    units = freed.units
    stock = {
        sku: its._replace(
            held=[max(0, held - units.get((sku, node), 0)) for node, held in zip(its.nodes, its.held, strict=True)]
        )
        for sku, its in reading.stock.items()
    }
    loads = {
        period: {field: max(0, load - freed.loads.get((period, field), 0)) for field, load in amounts.items()}
        for period, amounts in reading.loads.items()
    }
    taken = {
        sku: {
            tally: {
                node: max(0, count - freed.taken.get((reading.periods[tally], sku, node), 0))
                for node, count in nodes.items()
            }
            for tally, nodes in of_sku.items()
        }
        for sku, of_sku in reading.taken.items()
    }
    lots = {
        sku: {
            node: [
                (label, on_hand, held - units.get((sku, place_of(node, label)), 0)) for label, on_hand, held in stored
            ]
            for node, stored in nodes.items()
        }
        for sku, nodes in reading.lots.items()
    }
    receipts = {
        sku: {node: [without_promises(receipt, freed.pegs) for receipt in of_node] for node, of_node in nodes.items()}
        for sku, nodes in reading.receipts.items()
    }
    return replace(reading, stock=stock, loads=loads, taken=taken, lots=lots, receipts=receipts)


def unexpired_stock(
    reading: Reading, today: int
) -> tuple[dict[str, StoredUnits], dict[str, dict[str, tuple[Lot, ...]]]]:
    """`Reading.stock` without units that expired before the date `today`, an ordinal, and that nobody holds; and the
    lots by SKU and node.
    """
    stock, lots = dict(reading.stock), dict[str, dict[str, tuple[Lot, ...]]]()
    for sku, nodes in reading.lots.items():
        by_node = {node: (on_hand, held) for node, on_hand, held in zip(*stock[sku], strict=True)}
        for node, stored in nodes.items():
            on_hand, held = by_node.get(node, (0, 0))
            units, lots.setdefault(sku, {})[node] = unexpired_units(on_hand, held, stored, today)
            by_node[node] = (units, held)
        units_there = list(by_node.values())
        stock[sku] = StoredUnits(
            list(by_node), [on_hand for on_hand, _ in units_there], [held for _, held in units_there]
        )
    return stock, lots


def _lines(text: bytes) -> list[str]:
    """A hash as snapshot.lua answers it: a field's name and its value on a line each."""
    return text.decode().split("\n") if text else []


def _counts(text: bytes) -> dict[str, int]:
    lines = _lines(text)
    return dict(zip(lines[::2], _integers(lines[1::2]), strict=True)) if lines else {}


def _integers(texts: Sequence[str]) -> list[int]:
    """Read as one JSON list, which takes a quarter of the time of int() for each."""
    numbers: list[int] = orjson.loads(f"[{','.join(texts)}]")
    return numbers


def _stored_units(on_hand: bytes, held: bytes) -> StoredUnits:
    lines = _lines(on_hand)
    if _TAB in on_hand:
        lines = _of_positions(lines)
    if b"\n-" in on_hand:
        lines[1::2] = _none_below_0(lines[1::2])
    # without a Python loop over the nodes, because this is done for every SKU of every order
    nodes, holds = lines[::2], _counts(held)
    return StoredUnits(nodes, _integers(lines[1::2]), list(map(holds.get, nodes, repeat(0))))


def stored_lots(on_hand: bytes, held: bytes) -> dict[str, list[StoredLot]]:
    """The lots of one SKU by node, of what is on hand and held as snapshot.lua answers it."""
    lines, holds = _lines(on_hand), _counts(held)
    units = dict(zip(lines[::2], lines[1::2], strict=True))
    return {
        place[:-1]: [
            (label, int(units.get(place + label, 0)), holds.get(place + label, 0)) for label in text.split(TAB)
        ]
        for place, text in units.items()
        if place.endswith(TAB)
    }


def _of_positions(lines: list[str]) -> list[str]:
    """Without what is on hand of lots."""
    pairs = zip(lines[::2], lines[1::2], strict=True)
    return [text for pair in pairs if TAB not in pair[0] for text in pair]


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
    return NodeUnits(nodes=lines[::2], units=_integers(lines[1::2]), entries=fields)
