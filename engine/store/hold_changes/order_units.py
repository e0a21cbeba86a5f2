"""Reads where each unit of an order is: held or ended by its decisions, waiting, cancelled, or unfilled."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import msgspec
import orjson

from engine.decide.order_record import OrderRecord, order_of
from engine.decide.record import lines_not_counted
from engine.errors import NotFound
from engine.model.facts import Line, Order
from engine.store.backlog import BacklogEntry
from engine.store.connection.client import Client, faults
from engine.store.hold_changes.shipment_units import LineUnits
from engine.store.hold_changes.stored_holds import StoredHold
from engine.store.keys import Keys
from engine.store.log import decision_log
from engine.store.log.entry import Entry
from engine.store.outcomes import UnitState


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderReading:
    """The decisions of an order, from its `first` on, and what is stored beside them. `changes`, the number of calls
    that changed it, tells whether one did since this was read.
    """

    first: str
    order: Order
    entries: tuple[Entry, ...]
    waiting: tuple[BacklogEntry, ...]
    cancelled: LineUnits
    changes: int


@dataclass(frozen=True, kw_only=True)
class OrderUnits:
    """Where the units of an order are; each is in one place."""

    reading: OrderReading
    holds: tuple[StoredHold, ...]

    @property
    def waiting(self) -> Counter[str]:
        """Units by line."""
        return sum((Counter(entry.units) for entry in self.reading.waiting), Counter())

    @property
    def unfilled(self) -> Mapping[str, int]:
        """Units by line that no decision has, that do not wait, that are not cancelled, and that need stock."""
        return {line.id: units if self._is_counted(line) else 0 for line, units in self._rest.items()}

    @property
    def not_counted(self) -> Mapping[str, int]:
        """Units by line that a decision filled without stock, and that are not cancelled."""
        return {line.id: 0 if self._is_counted(line) else units for line, units in self._rest.items()}

    @property
    def _rest(self) -> Mapping[Line, int]:
        elsewhere = self.in_state("held") + self.in_state("confirmed") + self.waiting + Counter(self.reading.cancelled)
        return {line: line.quantity - elsewhere[line.id] for line in self.reading.order.lines}

    def _is_counted(self, line: Line) -> bool:
        return (line.id, line.sku) not in self._not_counted

    @cached_property
    def _not_counted(self) -> frozenset[tuple[str, str]]:
        return lines_not_counted(entry.record for entry in self.reading.entries)

    def in_state(self, state: UnitState) -> Counter[str]:
        """Units by line, of all decisions."""
        units: Counter[str] = Counter()
        for hold in self.holds:
            for shipment in hold.shipments:
                units.update(shipment.lines(state))
        return units


def order_not_found(order_id: str) -> NotFound:
    return NotFound(
        f"no order goes by the id '{order_id}'; if an earlier release decided it, run: pointsman ledger check --repair"
    )


def find_first_decision(client: Client, keys: Keys, order_id: str) -> str:
    """The first decision of an order; raises NotFound."""
    with faults():
        first: bytes | None = client.redis.hget(keys.order(order_id), "first")
    if first is None:
        raise order_not_found(order_id)
    return first.decode()


def read_order(client: Client, keys: Keys, first: str) -> OrderReading:
    """The order that the decision `first` began; raises NotFound."""
    order = decision_log.decided(client, keys, first).record.order
    with faults():
        # read first: what is read after it can only be newer
        changes, cancelled, amended = client.redis.hmget(keys.order(order.id), ["changes", "cancelled", "order"])
        decisions = [first, *(name.decode() for name in client.redis.lrange(keys.chain(first), 0, -1))]
        waiting = zip(decisions, client.redis.hmget(keys.backlog, decisions), strict=True)
    return OrderReading(
        first=first,
        order=order_of(msgspec.json.decode(amended, type=OrderRecord) if amended else order),
        entries=tuple(decision_log.find_all(client, keys, decisions)),
        waiting=tuple(BacklogEntry.of(decision, body) for decision, body in waiting if body),
        cancelled=orjson.loads(cancelled) if cancelled else {},
        changes=int(changes or 0),
    )
