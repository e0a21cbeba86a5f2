"""The returns of a network: authorised, received, inspected, disposed of, cancelled, shown and listed."""

import itertools
from collections.abc import Callable

from msgspec.structs import replace

from engine.decide.order_record import timestamp
from engine.errors import Contended, ReturnExists, ReturnOver
from engine.facts_reader import FactsReader
from engine.idempotency import operation
from engine.model.receipts import Receipt
from engine.returns.disposed_return import DisposedReturn
from engine.returns.disposing import DisposeRequest, plan_disposal
from engine.returns.inspecting import InspectRequest, plan_inspection
from engine.returns.opening import OpenRequest, is_same, plan_opening
from engine.returns.placing import Placing
from engine.returns.receiving import ReceiveRequest, Step, plan_receipt
from engine.returns.return_list import ReturnFilter, ReturnsPage, page_of
from engine.returns.return_state import ReturnState, verify_expects
from engine.returns.step_taker import Reading, ReturnChange, StepTaker
from engine.store.connection.client import Client
from engine.store.flows.returns import StoredReturns
from engine.store.flows.stored_receipts import StoredReceipts
from engine.store.flows.stored_return import StoredReturn
from engine.store.hold_changes.change_script import MOST_TRIES
from engine.store.keys import Keys
from engine.store.log.kinds import ReturnKind
from engine.store.orders.order_list import OrderPlace


class Returns:
    """The returns of one network. Methods raise NotReady, Contended, StoreUnavailable, and ArchiveUnavailable if the
    order is in an archive that can't be read here. The same `op` again is answered the same; KeyReused if it was used
    for another request.
    """

    def __init__(
        self,
        client: Client,
        keys: Keys,
        *,
        facts: FactsReader,
        after_freeing: Callable[[], None],
        clock: Callable[[], int],
        micros: Callable[[], int],
    ) -> None:
        """`after_freeing` is called once units were put in stock; `clock` answers UTC seconds, `micros` UTC
        microseconds.
        """
        self._facts = facts
        self._stored = StoredReturns(client, keys)
        self._receipts = StoredReceipts(client, keys)
        self._steps = StepTaker(client, keys, stored=self._stored, facts=facts, clock=clock, micros=micros)
        self._after_freeing = after_freeing
        self._clock = clock

    def show(self, return_id: str) -> ReturnState:
        """Raises NotFound."""
        return ReturnState(stored=self._steps.find(return_id), now=self._clock())

    def receipts_elsewhere(self, stored: StoredReturn) -> dict[int, Receipt]:
        """By number of the group, the receipts by which units arrive that are restocked at another node."""
        leaving = [group for group in stored.groups if group.leaves]
        found = self._receipts.find(*map(stored.receipt_of, leaving))
        return {group.number: receipt for group, receipt in zip(leaving, found, strict=True) if receipt is not None}

    def list(self, filtered: ReturnFilter, *, after: OrderPlace | None = None, limit: int) -> ReturnsPage:
        """At most `limit` returns, those opened last first."""
        return page_of(self._stored, filtered, after=after, limit=limit, now=self._clock())

    def open(self, request: OpenRequest, *, by: str, may_override: bool) -> ReturnState:
        """Authorise a return; the same again under the same id is answered the same. Raises NotFound, InputInvalid,
        NotReturnable, ReturnExists; NotPermitted if the time for returns is over and the caller may not override that.
        """
        if request.id:
            return self._open(request, name=request.id, by=by, may_override=may_override)
        for _ in range(MOST_TRIES):
            try:
                return self._open(request, name=self._free_id(request.order), by=by, may_override=may_override)
            except ReturnExists:  # another return got the id meanwhile
                continue
        raise Contended(f"order '{request.order}' changes again and again; try again")

    def _open(self, request: OpenRequest, *, name: str, by: str, may_override: bool) -> ReturnState:
        def plan(reading: Reading) -> Step | None:
            if reading.stored is None:
                now = reading.now
                opened = plan_opening(
                    request, reading.order_state, reading.network, name=name, now=now, by=by, may_override=may_override
                )
                return Step(after=opened)
            if not (request.id and is_same(request, reading.stored)):
                raise ReturnExists(
                    f"return '{name}' was opened before, of other units of order '{reading.stored.order}', and stands"
                    " as it is; another return needs an id of its own"
                )
            return None

        return self._steps.take(
            ReturnChange(
                kind="return_opened",
                name=name,
                order=request.order,
                about=f"order:{request.order}",
                op=request.op,
                named=operation(request.fingerprint, request.op),
                plan=plan,
            )
        )

    def receive(self, return_id: str, request: ReceiveRequest) -> ReturnState:
        """Goods of it arrived: they are in quarantine, not on hand. Raises NotFound, InputInvalid, NotReturnable,
        ReturnOver.
        """

        def plan(reading: Reading) -> Step:
            stored = reading.found
            verify_expects(stored, reading.now, expires=timestamp(stored.expires_at))
            return plan_receipt(
                request, stored, reading.order_state, reading.network, reading.products, now=reading.now
            )

        skus = tuple(request.others)
        return self._step("return_received", return_id, request.fingerprint, request.op, plan, skus=skus)

    def inspect(self, return_id: str, request: InspectRequest) -> ReturnState:
        """Somebody looked at units of it and gave them a grade. Raises NotFound, InputInvalid, ReturnOver."""

        def plan(reading: Reading) -> Step:
            return plan_inspection(request, reading.found, reading.network)

        return self._step("return_inspected", return_id, request.fingerprint, request.op, plan)

    def dispose(self, return_id: str, request: DisposeRequest, *, by: str, dry_run: bool = False) -> DisposedReturn:
        """What becomes of units of it: restocked ones are on hand where they lie, or on their way to where they gain
        more. In a `dry_run`, nothing is changed. Raises NotFound, InputInvalid, NotReturnable, ReturnOver,
        DispositionRefused, StockConflict.
        """
        planned: list[tuple[Placing, StoredReturn]] = []

        def plan(reading: Reading) -> Step:
            placing = self._placing(reading)
            step = plan_disposal(request, reading.found, reading.network, reading.products, placing=placing, by=by)
            planned[:] = [(placing, step.after)]
            return step

        stored = self._steps.find(return_id)
        named = {item.as_sku for item in request.groups if item.as_sku}
        skus = tuple(named | {group.sku for group in stored.groups})
        change = self._step_of("return_disposed", stored, request.fingerprint, request.op, plan, skus=skus)
        if dry_run:
            reading = self._steps.read(change)
            state = ReturnState(stored=plan(reading).after, now=reading.now)
        else:
            state = self._steps.take(change)
            self._after_freeing()
        network = self._facts.network()
        for placing, after in planned:
            if after == state.stored and not state.repeated:  # else another request of the same operation was first
                return DisposedReturn(state=state, placed=placing.placed, network=network, policies=placing.policies)
        return DisposedReturn(state=state, network=network)

    def cancel(self, return_id: str, *, op: str | None = None) -> ReturnState:
        """Nothing of it is to come any more; again, it is answered the same. Raises NotFound, ReturnOver if goods of it
        have come.
        """

        def plan(reading: Reading) -> Step | None:
            stored = reading.found
            if stored.cancelled:
                return None
            if stored.groups:
                raise _begun(ReturnState(stored=stored, now=reading.now))
            return Step(after=replace(stored, cancelled=True))

        return self._step("return_cancelled", return_id, "cancelled", op, plan)

    def _step(
        self,
        kind: ReturnKind,
        return_id: str,
        fingerprint: str,
        op: str | None,
        plan: Callable[[Reading], Step | None],
        *,
        skus: tuple[str, ...] = (),
    ) -> ReturnState:
        """Takes a step of a return that there is."""
        return self._steps.take(self._step_of(kind, self._steps.find(return_id), fingerprint, op, plan, skus=skus))

    def _step_of(
        self,
        kind: ReturnKind,
        stored: StoredReturn,
        fingerprint: str,
        op: str | None,
        plan: Callable[[Reading], Step | None],
        *,
        skus: tuple[str, ...],
    ) -> ReturnChange:
        return ReturnChange(
            kind=kind,
            name=stored.id,
            order=stored.order,
            about=f"return:{stored.id}",
            op=op,
            named=operation(fingerprint, op),
            plan=plan,
            skus=skus,
        )

    def _placing(self, reading: Reading) -> Placing:
        order_skus = [line.sku for line in reading.order.order.lines]
        return Placing(
            read=lambda skus: self._facts.read(skus, reading.now),
            stored=reading.found,
            order=reading.order_state,
            network=reading.network,
            order_products=self._facts.products(order_skus),
            now=reading.now,
        )

    def _free_id(self, order_id: str) -> str:
        """The id of the order, -R, and the first number that no return has."""
        names = (f"{order_id}-R{number}" for number in itertools.count(1))
        return next(name for name in names if not self._stored.read(name))


def _begun(state: ReturnState) -> ReturnOver:
    """The error for a return that is to be cancelled, though units of it have come or stay with their customer."""
    stored = state.stored
    if state.state == "closed":
        return ReturnOver(f"return '{stored.id}' is closed, so there is nothing to cancel")
    if not stored.returned:
        return ReturnOver(
            f"units of return '{stored.id}' are kept by their customer, so it can't be cancelled; the others are"
            " expected until it expires"
        )
    return ReturnOver(
        f"goods of return '{stored.id}' have come: inspect and dispose of them; if nothing more is to come, say so with"
        " the next that is received (complete), or wait until it expires"
    )
