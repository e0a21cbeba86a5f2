"""What snapshot.lua answers, parsed: stock, loads and versions at one moment."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import repeat
from typing import Any

from engine.model.facts import NodeRest, StockPosition
from engine.store.holds import Hold
from engine.store.node_rests import rests_after
from engine.store.policy_versions import split_version


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The stored facts at one moment. `stock` is (on hand, held) by node, by SKU; `earlier_decision` the one that the
    idempotency key was used for before.
    """

    network_version: str | None
    policy_version: str | None
    policy_since: int | None
    """The instant from which the version was scheduled; None if it was activated at once."""
    earlier_decision: str | None
    loads: Mapping[str, int]
    resting: Mapping[str, NodeRest]
    stock: Mapping[str, Mapping[str, tuple[int, int]]]


def reading_of(answer: Sequence[Any], skus: Sequence[str], decided_at: int) -> Reading:
    """What snapshot.lua answered, for `skus` and the instant whose policies decide."""
    version, policy, earlier, loads, resting, *stock = answer
    policy_version, policy_since = split_version(policy.decode()) if policy else (None, None)
    return Reading(
        network_version=version and version.decode(),
        policy_version=policy_version,
        policy_since=policy_since,
        earlier_decision=earlier and earlier.decode(),
        loads=_counts(loads),
        resting=rests_after(decided_at, _lines(resting)),
        stock={sku: _by_node(*stock[2 * index : 2 * index + 2]) for index, sku in enumerate(skus)},
    )


def positions(stock: Mapping[str, tuple[int, int]], paces: Mapping[str, int]) -> dict[str, StockPosition]:
    """By node, from (on hand, held) and the pace of sale; see `Reading.stock`."""
    return {
        node: StockPosition(on_hand=on_hand, held=held, pace=paces.get(node)) for node, (on_hand, held) in stock.items()
    }


def without_holds(reading: Reading, holds: Sequence[Hold], day: str) -> Reading:
    """The reading as if these holds were not there: their units are not held, and shipments of those that count on
    `day` do not count in its loads.
    """
    released: Counter[tuple[str, str]] = Counter()
    for shipment in (shipment for hold in holds for shipment in hold.shipments):
        for sku, units in shipment.units:
            released[sku, shipment.node] += units
    shipments = Counter(shipment.node for hold in holds if hold.day == day for shipment in hold.shipments)
    stock = {
        sku: {node: (on_hand, max(0, held - released[sku, node])) for node, (on_hand, held) in by_node.items()}
        for sku, by_node in reading.stock.items()
    }
    loads = {node: max(0, load - shipments[node]) for node, load in reading.loads.items()}
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
    # without a Python loop over the nodes, because this is done for every SKU of every order
    by_node = dict(zip(lines[::2], zip(map(int, lines[1::2]), repeat(0), strict=False), strict=True))
    for node, units in _counts(held).items():
        if node in by_node:
            by_node[node] = (by_node[node][0], units)
    return by_node
