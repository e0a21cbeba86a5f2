"""A node rejects units of a decision: they are not held there any more, and are decided again at once, elsewhere."""

import functools
from collections.abc import Callable, Iterator

from engine.decide.node_rest import rest_after
from engine.decide.order_record import order_of
from engine.decide.record import DecisionRecord, FollowsRecord
from engine.decide.remainder import Remainder
from engine.errors import Contended, HoldEnded, InputInvalid
from engine.idempotency import name_reused, operation, operation_name
from engine.inventory.holds import how_it_ended, standing
from engine.orders.decide_and_commit import Answer, DecideAndCommit, Decided, DecisionRequest, FollowUp, Outcome
from engine.orders.rejection import HeldShipment, Refusal, by_line, gone, numbers, rejection_of, taken
from engine.store import decision_log
from engine.store.connection.client import Client
from engine.store.decision_chain import Chain, read_chain
from engine.store.holds import Hold, Holds
from engine.store.keys import Keys
from engine.store.outcomes import AnsweredBefore, OperationReused

_MOST_CHANGES = 10


class Rerouting:
    """The rejections of one network."""

    def __init__(
        self,
        client: Client,
        keys: Keys,
        *,
        decide_and_commit: DecideAndCommit,
        clock: Callable[[], int],
    ) -> None:
        self._client = client
        self._keys = keys
        self._holds = Holds(client, keys)
        self._decide_and_commit = decide_and_commit
        self._clock = clock

    def reject(self, refusal: Refusal) -> Answer:
        """The decision of what was rejected, all other shipments of the order kept; one commit with the rejection.

        It covers the rejected units alone (`remaining` says how rules see them), and no node that rejected these SKUs
        of this order; one that has no capacity gets nothing more of it. If the policies say so, the node then rests: it
        gets nothing of any order for a time. Raises NotFound, InputInvalid, HoldEnded, KeyReused, Contended,
        OrderInvalid, NotReady, StoreUnavailable.
        """
        for _ in range(_MOST_CHANGES):
            match self._again(refusal) or self._decided(refusal):
                case OperationReused():
                    raise name_reused(refusal.op)
                case Decided(answer=answer):
                    return answer
                case AnsweredBefore(decision=decision):
                    self._client.verify_replicated(self._keys.log)
                    return Answer(body=decision_log.decided(self._client, self._keys, decision).body, new=False)
        raise Contended(f"what decision {refusal.decision} holds changes again and again; try again")

    def chain(self, decision: str) -> Chain:
        """All decisions of the order that `decision` is of, the first first; raises NotFound."""
        record = decision_log.decided(self._client, self._keys, decision).record
        return read_chain(self._client, self._keys, record.first)

    def _again(self, refusal: Refusal) -> AnsweredBefore | OperationReused | None:
        """What an operation that came before was answered."""
        if refusal.op is None:
            return None
        earlier = self._holds.operation(refusal.decision, operation_name(refusal.op))
        if earlier is None:
            return None
        asked, _, decision = earlier.partition("\n")
        return AnsweredBefore(decision=decision) if asked == refusal.asked else OperationReused()

    def _decided(self, refusal: Refusal) -> Outcome:
        try:
            return self._settled(refusal)
        except (HoldEnded, InputInvalid):
            # perhaps of this very operation, that was done while this looked
            again = self._again(refusal)
            if again is None:
                raise
            return again

    def _settled(self, refusal: Refusal) -> Outcome:
        entry = decision_log.decided(self._client, self._keys, refusal.decision)
        record = entry.record
        wanted = numbers(refusal, record)
        hold = standing(self._holds, refusal.decision, clock=self._clock)
        shipments = list(self._shipments(wanted, record, hold)) if hold else []
        if not hold or not shipments:
            ways = [(shipment.node, shipment.service) for shipment in record.shipments]
            raise HoldEnded(how_it_ended(refusal.decision, ways, self._holds.endings(refusal.decision)))
        found = taken(refusal, shipments)
        units = by_line(found)
        chain = read_chain(self._client, self._keys, record.first)
        order = order_of(chain.links[0].record.order)
        skus = {line.sku for line in order.lines if refusal.reason == "no_capacity" or line.id in units}
        barred = _with(chain, refusal.node, skus)
        rejection = rejection_of(refusal, record, hold, found)
        follows = FollowsRecord(
            decision=refusal.decision,
            first=chain.first,
            because="rejected",
            node=refusal.node,
            reason=refusal.reason,
            skus=sorted(skus),
            barred={sku: sorted(nodes) for sku, nodes in sorted(barred.items())},
        )
        now = self._clock()
        rest_after_rejection = functools.partial(
            rest_after, now=now, node=refusal.node, reason=refusal.reason, decision=refusal.decision
        )
        return self._decide_and_commit.run(
            DecisionRequest(
                remainder=Remainder(
                    whole=order, units=units, barred=barred, kept=chain.kept - gone(rejection), promised=True
                ),
                instant=now,
                caller=entry.caller,
                # it is the node that asks: nobody's bound on holds keeps its news from being heard
                most_holds=None,
                waits=refusal.waits,
                follow_up=FollowUp(
                    first=chain.first,
                    follow_ups=chain.follow_ups,
                    record=follows,
                    rejection=rejection,
                    rest_after_rejection=rest_after_rejection,
                    operation=operation(refusal.asked, refusal.op),
                ),
            )
        )

    def _shipments(self, wanted: list[int], record: DecisionRecord, hold: Hold) -> Iterator[HeldShipment]:
        """Those of the shipments wanted that still hold units."""
        shipments = [shipment for shipment in hold.shipments if shipment.number in wanted]
        before = self._holds.rejections(hold.id, [shipment.number for shipment in shipments])
        for shipment in shipments:
            lines = record.shipments[shipment.number].lines
            rejected = before[shipment.number]
            yield HeldShipment(
                number=shipment.number,
                body=shipment.body,
                lines={line.line: line.sku for line in lines},
                left={line.line: line.quantity - rejected.get(line.line, 0) for line in lines},
                rejections=rejected,
            )


def _with(chain: Chain, node: str, skus: set[str]) -> dict[str, frozenset[str]]:
    """What is barred by now, this node for these SKUs included."""
    barred = dict(chain.barred(lasting=False))
    return barred | {sku: barred.get(sku, frozenset()) | {node} for sku in skus}
