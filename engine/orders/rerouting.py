"""Reroutes units that a node rejected: they are no longer held there, and are decided again at once."""

import functools
from collections.abc import Callable

from engine.decide.node_rest import rest_after
from engine.decide.record_parts import FollowsRecord
from engine.decide.remainder import barred_record
from engine.errors import Contended, HoldEnded, InputInvalid
from engine.idempotency import answered_before, name_reused, operation
from engine.inventory.hold_requests import on_backorder, verify_stated
from engine.model.facts import Network
from engine.orders.decide_and_commit import DecideAndCommit
from engine.orders.decision_request import Answer, Decided, Outcome
from engine.orders.given_up_units import GivenUpReader
from engine.orders.rejection import RejectionRequest
from engine.store.connection.client import Client
from engine.store.hold_changes.change_script import MOST_TRIES
from engine.store.holds import Holds
from engine.store.keys import Keys
from engine.store.log import decision_log
from engine.store.log.decision_chain import NO_CAPACITY, Chain, read_chain
from engine.store.orders.parked import verify_approved
from engine.store.outcomes import AnsweredBefore, OperationReused, UnitsOnBackorder


class Rerouting:
    """The rejections of one network."""

    def __init__(
        self,
        client: Client,
        keys: Keys,
        *,
        decide_and_commit: DecideAndCommit,
        undo_seconds: int,
        network: Callable[[], Network],
        after_freeing: Callable[[], None],
        clock: Callable[[], int],
        micros: Callable[[], int],
    ) -> None:
        """`clock` answers UTC seconds, `micros` microseconds."""
        self._client = client
        self._keys = keys
        self._holds = Holds(client, keys)
        self._reader = GivenUpReader(client, keys, undo_seconds=undo_seconds)
        self._decide_and_commit = decide_and_commit
        self._network = network
        self._after_freeing = after_freeing
        self._clock = clock
        self._micros = micros

    def reject(self, request: RejectionRequest) -> Answer:
        """Decide the rejected units again, and commit that decision in one step with the rejection. All other shipments
        of the order stay.

        The decision is of the rejected units alone (engine/decide/remainder.py says how rules see them). It uses no
        node that rejected the same SKU of this order before; a node that has no capacity gets nothing more of the
        order at all. If the policies say so, the node then rests: it gets nothing of any order for a time. Raises
        NotFound, InputInvalid, HoldEnded, StockConflict if units leave that are on backorder, AwaitingApproval,
        KeyReused, Contended, OrderInvalid, NotReady, StoreUnavailable.
        """
        for _ in range(MOST_TRIES):
            match self._answered_before(request) or self._try(request):
                case OperationReused():
                    raise name_reused(request.op)
                case UnitsOnBackorder() as awaited:
                    raise on_backorder(awaited, self._network().quantity_text)
                case Decided(answer=answer):
                    self._after_freeing()
                    return answer
                case AnsweredBefore(decision=decision):
                    return Answer.logged(decision_log.decided(self._client, self._keys, decision))
        raise Contended(f"what decision {request.decision} holds changes again and again; try again")

    def chain(self, decision: str) -> Chain:
        """All decisions of the order that `decision` is of, in the order in which they were made; raises NotFound."""
        record = decision_log.decided(self._client, self._keys, decision).record
        return read_chain(self._client, self._keys, record.first)

    def _answered_before(self, request: RejectionRequest) -> AnsweredBefore | None:
        named = operation(request.fingerprint, request.op)
        decision = answered_before(self._holds, request.decision, named, request.op)
        return None if decision is None else AnsweredBefore(decision=decision)

    def _try(self, request: RejectionRequest) -> Outcome:
        try:
            return self._decide_again(request)
        except (HoldEnded, InputInvalid):
            # perhaps because this very request, sent twice, was carried out in the meantime
            answered_before = self._answered_before(request)
            if answered_before is None:
                raise
            return answered_before

    def _decide_again(self, request: RejectionRequest) -> Outcome:
        entry = decision_log.decided(self._client, self._keys, request.decision)
        now = self._clock()
        verify_approved(self._client, self._keys, entry.record.order.id)
        verify_stated(request.at, began=entry.at, now=now, field="at")
        given_up = self._reader.read(entry, request, now=now, micros=self._micros(), text=self._network().quantity_text)
        skus = {line.sku for line in given_up.order.lines} if request.reason == NO_CAPACITY else given_up.skus
        barred = given_up.barred(skus)
        follows = FollowsRecord(
            decision=request.decision,
            first=given_up.chain.first,
            because="rejected",
            node=request.node,
            reason=request.reason,
            skus=sorted(skus),
            barred=barred_record(barred),
        )
        return self._decide_and_commit.run(
            given_up.request(
                barred=barred,
                record=follows,
                operation=operation(request.fingerprint, request.op),
                rest_after_rejection=functools.partial(
                    rest_after, now=now, node=request.node, reason=request.reason, decision=request.decision
                ),
                waits=request.waits,
            )
        )
