"""Finds positions that have fallen below what a rule's `alert_below` asks for, and those that have risen again.

A position is low once, from when it has fallen until it has risen to what is asked for: the log says so once, and again
only after that. It is looked at when its stock has changed, and all are when rules, network or dates change levels;
many that are low by such a change are told together.
"""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from engine.channels.levels import levels
from engine.decide.availability.expected_sales import uplift_codes
from engine.decide.evaluation.snapshot_columns import SnapshotColumns
from engine.facts_reader import FactsReader
from engine.inventory.availability_feed import parts_of
from engine.stock_snapshot import StockState
from engine.store.flows.low_positions import LowPosition, LowPositions
from engine.store.stock import Stock
from engine.version import VERSION
from rules.vocabulary import Stage

_MOST_IN_ENTRY = 200
"""Positions that one entry of the log says to have fallen."""
MOST_TOLD_EACH = 50
"""Positions that are told by an event each, when rules, network or dates changed; more are told by one together."""
_CHECKED = re.compile(r"([0-9]{1,16})-([0-9a-f]{32})", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class LowStockFound:
    """How many positions have fallen below what is asked for since the last look, and how many have risen."""

    fallen: int = 0
    risen: int = 0


class LowStock:
    """Of one network. `clock` answers UTC seconds."""

    def __init__(
        self,
        low: LowPositions,
        stock: Stock,
        *,
        facts: FactsReader,
        new_id: Callable[[], str],
        clock: Callable[[], int],
    ) -> None:
        self._low = low
        self._stock = stock
        self._facts = facts
        self._new_id = new_id
        self._clock = clock

    def all(self) -> dict[tuple[str, str], int]:
        """By SKU and node, the units below which it is."""
        return self._low.all()

    def look(self) -> LowStockFound:
        """Look at what has changed, unless another process does at this moment. Raises NotReady, StoreUnavailable."""
        now = self._clock()
        state = self._facts.read_stock([], now).state
        checked = self._low.checked()
        if not checked and not state.matcher.policies.has_alerts:
            return LowStockFound()
        newest, under = self._stock.newest_change(), _circumstances(state, now)
        if checked == f"{newest}-{under}":
            return LowStockFound()
        name = self._new_id()
        if not self._low.take_turn(name):
            return LowStockFound()
        try:
            return self._look_at(self._changed(checked, under), name, state, f"{newest}-{under}")
        finally:
            self._low.end_turn(name)

    def _changed(self, checked: str, under: str) -> list[str] | None:
        """The SKUs whose stock has changed since; None if all are to be looked at."""
        match = _CHECKED.fullmatch(checked)
        return self._stock.changed_after(int(match[1])) if match and match[2] == under else None

    def _look_at(self, skus: Sequence[str] | None, name: str, state: StockState, checked: str) -> LowStockFound:
        version, fallen, risen_in_all = state.matcher.policies.version, list[LowPosition](), 0
        low = self._low.all()
        every = self._facts.skus() if skus is None else skus
        for part in parts_of(every, state.network):
            fallen_of_part, risen = self._compare(part, low)
            if not self._low.note(name, risen=risen, version=version, now=self._clock()):
                return LowStockFound(risen=risen_in_all)
            fallen += fallen_of_part
            risen_in_all += len(risen)
        noted = self._note_fallen(fallen, name, version, together=skus is None and len(fallen) > MOST_TOLD_EACH)
        if noted < len(fallen):
            return LowStockFound(fallen=noted, risen=risen_in_all)
        skus_there = set(every)
        gone = [item for item in low if skus is None and item[0] not in skus_there]
        self._low.note(name, risen=gone, version=version, checked=checked, now=self._clock())
        return LowStockFound(fallen=noted, risen=risen_in_all + len(gone))

    def _note_fallen(self, fallen: Sequence[LowPosition], name: str, version: str, *, together: bool) -> int:
        """Returns how many were noted: fewer than all if it is not the turn of `name` any more."""
        for start in range(0, len(fallen), _MOST_IN_ENTRY):
            some = fallen[start : start + _MOST_IN_ENTRY]
            in_event = (0 if start else len(fallen)) if together else None
            if not self._low.note(name, fallen=some, in_event=in_event, version=version, now=self._clock()):
                return start
        return len(fallen)

    def _compare(
        self, skus: Sequence[str], low: Mapping[tuple[str, str], int]
    ) -> tuple[list[LowPosition], list[tuple[str, str]]]:
        """The positions of these SKUs that have fallen, and those that have risen or are not there any more."""
        now = self._clock()
        read = self._facts.read_stock(skus, now, cached=False)
        found, stock = levels(read.facts, read.state.matcher, now), read.facts.stock
        names = [read.facts.products[number].sku for number in stock.sku.tolist()]
        rows = list(zip(names, read.facts.nodes, stock.available.tolist(), found.alert.tolist(), strict=True))
        fallen = [
            LowPosition(
                sku=sku,
                node=node,
                available=units,
                below=alert,
                rules=read.state.matcher.with_effect(found.judgements[row], "alert_below"),
            )
            for row, (sku, node, units, alert) in enumerate(rows)
            if units < alert and (sku, node) not in low
        ]
        enough = {(sku, node): units >= alert for sku, node, units, alert in rows}
        asked = set(skus)
        risen = [position for position in low if position[0] in asked and enough.get(position, True)]
        return fallen, risen


def _circumstances(state: StockState, now: int) -> str:
    """A hash of all that levels depend on besides stock: rules, network, and what rules tell apart of these dates."""
    matcher, columns = state.matcher, SnapshotColumns(state.snapshot, state.matcher, now)
    level = matcher.stages[Stage.LEVEL]
    codes = [columns.moment.codes(level), *uplift_codes(matcher, columns, matcher.policies.longest_alert)]
    loads = [(node, level.codes({"node.load": load})) for node, load in sorted(state.snapshot.loads.items())]
    parts = (VERSION, matcher.policies.version, state.network.version, state.loaded, codes, loads)
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]
