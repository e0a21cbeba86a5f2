"""The units that a node no longer ships, as they were read: to be decided again, together with giving them up."""

from collections.abc import Collection
from dataclasses import dataclass

from engine.decide.order_record import order_of
from engine.decide.record_parts import FollowsRecord
from engine.decide.remainder import Barred, Remainder
from engine.inventory.hold_requests import hold_ended
from engine.inventory.unit_choice import QuantityText
from engine.model.facts import Order
from engine.orders.decision_request import DecisionRequest, FollowUp, RestAfterRejection
from engine.orders.rejection import PlannedRejection, RejectionRequest, numbers_at_node, plan_rejection
from engine.store.connection.client import Client
from engine.store.hold_changes.change_script import ChangeScript
from engine.store.holds import Operation
from engine.store.keys import Keys
from engine.store.log.decision_chain import Chain, read_chain
from engine.store.log.entry import Entry
from engine.store.orders.stored_order import amended_order


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenUpUnits:
    """Units of the decision of `entry`, given up at `instant`. `order` is theirs, as it was last amended."""

    entry: Entry
    node: str
    rejection: PlannedRejection
    chain: Chain
    order: Order
    instant: int

    @property
    def skus(self) -> set[str]:
        return {line.sku for line in self.order.lines if line.id in self.rejection.units}

    def barred(self, skus: Collection[str]) -> Barred:
        """By SKU, the nodes that gave it up before, and this one for the `skus`."""
        barred = dict(self.chain.barred(lasting=False))
        return barred | {sku: barred.get(sku, frozenset()) | {self.node} for sku in skus}

    def request(
        self,
        *,
        barred: Barred,
        record: FollowsRecord,
        operation: Operation | None,
        rest_after_rejection: RestAfterRejection | None = None,
        waits: bool = False,
    ) -> DecisionRequest:
        """To decide them again. It is not the caller who asks, so the bound on the caller's open holds does not
        apply.
        """
        return DecisionRequest(
            remainder=Remainder(
                whole_order=self.order,
                units=self.rejection.units,
                barred=barred,
                standing_shipments=self.chain.kept - self.rejection.writes.change.ended,
                promised=True,
                rejected=self.rejection.positions,
            ),
            instant=self.instant,
            caller=self.entry.caller,
            most_holds=None,
            waits=waits,
            follow_up=FollowUp(
                first=self.chain.first,
                follow_ups=self.chain.follow_ups,
                record=record,
                rejection=self.rejection.writes,
                rest_after_rejection=rest_after_rejection,
                operation=operation,
            ),
        )


class GivenUpReader:
    """Reads those of one network. A confirm can be undone for `undo_seconds`."""

    def __init__(self, client: Client, keys: Keys, *, undo_seconds: int) -> None:
        self._client = client
        self._keys = keys
        self._change_script = ChangeScript(client, keys)
        self._undo_seconds = undo_seconds

    def read(
        self, entry: Entry, request: RejectionRequest, *, now: int, micros: int, text: QuantityText
    ) -> GivenUpUnits:
        """What the request gives up of the decision of `entry`; raises HoldEnded if nothing of it is held any more, and
        InputInvalid as `plan_rejection` does.
        """
        numbers = numbers_at_node(request, entry.record)
        stored = self._change_script.read([entry], now=now)[0]
        if not any(item.number in numbers for item in stored.held):
            raise hold_ended(stored)
        rejection = plan_rejection(request, stored, now=now, micros=micros, undo_seconds=self._undo_seconds, text=text)
        chain = read_chain(self._client, self._keys, entry.record.first)
        order_id = entry.record.order.id
        order = order_of(amended_order(self._client, self._keys, order_id) or chain.links[0].record.order)
        return GivenUpUnits(entry=entry, node=request.node, rejection=rejection, chain=chain, order=order, instant=now)
