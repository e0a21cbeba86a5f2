"""The returns of a network: authorised, received, inspected, disposed of, cancelled, shown and listed."""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from msgspec.structs import replace

from engine.decide.order_record import timestamp
from engine.errors import Contended, NotFound, ReturnExists, ReturnOver, StockConflict
from engine.facts_reader import FactsReader
from engine.idempotency import answered_before, name_reused, operation
from engine.model.facts import Network, Product
from engine.orders.order_state import OrderState, state_of
from engine.returns.disposing import DisposeRequest, Ruling, plan_disposal
from engine.returns.inspecting import InspectRequest, plan_inspection
from engine.returns.opening import OpenRequest, is_same, plan_opening
from engine.returns.receiving import ReceiveRequest, Step, plan_receipt
from engine.returns.return_list import ReturnFilter, ReturnsPage, page_of
from engine.returns.return_state import ReturnState, verify_expects
from engine.store.connection.client import Client
from engine.store.flows.returns import QuarantineLacking, ReturnChanged, ReturnStep, StoredReturns
from engine.store.flows.stored_return import ReturnedUnits, StoredReturn
from engine.store.hold_changes.change_script import MOST_TRIES
from engine.store.hold_changes.order_units import order_not_found
from engine.store.holds import Holds, Operation
from engine.store.keys import Keys
from engine.store.log.kinds import ReturnKind
from engine.store.orders.order_list import OrderPlace
from engine.store.orders.stored_order import StoredOrder, read_orders
from engine.store.outcomes import OperationReused


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """A return as it is stored (None: there is none of that id), the text of that, its order, and the network with
    those of some products that it has.
    """

    stored: StoredReturn | None
    text: str
    order: StoredOrder
    network: Network
    products: Mapping[str, Product]
    now: int

    @property
    def order_state(self) -> OrderState:
        return state_of(self.order, self.now, undo_seconds=0)

    @property
    def found(self) -> StoredReturn:
        """Of a return that there is: none is ever deleted."""
        assert self.stored is not None  # noqa: S101  # `_change` has read it before
        return self.stored


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """A step that is asked for: of which kind, on which return and order, by which operation on what. `plan` works out
    the step, None if nothing is to be done; `skus` are those whose products it needs.
    """

    kind: ReturnKind
    name: str
    order: str
    about: str
    op: str | None
    named: Operation
    plan: Callable[[_Reading], Step | None]
    skus: tuple[str, ...] = ()


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
        self._client = client
        self._keys = keys
        self._facts = facts
        self._stored = StoredReturns(client, keys)
        self._holds = Holds(client, keys)
        self._after_freeing = after_freeing
        self._clock = clock
        self._micros = micros

    def show(self, return_id: str) -> ReturnState:
        """Raises NotFound."""
        return ReturnState(stored=self._find(return_id), now=self._clock())

    def list(self, filtered: ReturnFilter, *, after: OrderPlace | None = None, limit: int) -> ReturnsPage:
        """At most `limit` returns, those opened last first."""
        return page_of(self._stored, filtered, after=after, limit=limit, now=self._clock())

    def open(self, request: OpenRequest, *, by: str, may_override: bool) -> ReturnState:
        """Authorise a return; the same again under the same id is answered the same. Raises NotFound, InputInvalid,
        NotReturnable, ReturnExists; NotPermitted if the time for returns is over and the caller may not override that.
        """
        name = request.id or self._free_id(request.order)

        def plan(reading: _Reading) -> Step | None:
            if reading.stored is None:
                now = reading.now
                opened = plan_opening(
                    request, reading.order_state, reading.network, name=name, now=now, by=by, may_override=may_override
                )
                return Step(after=opened)
            if not is_same(request, reading.stored):
                raise ReturnExists(
                    f"return '{name}' was opened before, of other units of order '{reading.stored.order}', and stands"
                    " as it is; another return needs an id of its own"
                )
            return None

        return self._change(
            _Change(
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

        def plan(reading: _Reading) -> Step:
            stored = reading.found
            verify_expects(stored, reading.now, expires=timestamp(stored.expires_at))
            return plan_receipt(
                request, stored, reading.order_state, reading.network, reading.products, now=reading.now
            )

        skus = tuple(request.others)
        return self._step("return_received", return_id, request.fingerprint, request.op, plan, skus=skus)

    def inspect(self, return_id: str, request: InspectRequest) -> ReturnState:
        """Somebody looked at units of it and gave them a grade. Raises NotFound, InputInvalid, ReturnOver."""

        def plan(reading: _Reading) -> Step:
            return plan_inspection(request, reading.found, reading.network)

        return self._step("return_inspected", return_id, request.fingerprint, request.op, plan)

    def dispose(self, return_id: str, request: DisposeRequest, *, by: str) -> ReturnState:
        """What becomes of units of it: restocked ones are on hand where they lie. Raises NotFound, InputInvalid,
        ReturnOver, DispositionRefused.
        """

        def plan(reading: _Reading) -> Step:
            return plan_disposal(request, reading.found, reading.network, reading.products, ruling=_no_ruling, by=by)

        stored = self._find(return_id)
        named = {item.as_sku for item in request.groups if item.as_sku}
        skus = tuple(named | {group.sku for group in stored.groups})
        state = self._step("return_disposed", return_id, request.fingerprint, request.op, plan, skus=skus)
        self._after_freeing()
        return state

    def cancel(self, return_id: str, *, op: str | None = None) -> ReturnState:
        """Nothing of it is to come any more; again, it is answered the same. Raises NotFound, ReturnOver if goods of it
        have come.
        """

        def plan(reading: _Reading) -> Step | None:
            stored = reading.found
            if stored.cancelled:
                return None
            if stored.groups:
                raise ReturnOver(
                    f"goods of return '{return_id}' have come: inspect and dispose of them; if nothing more is to come,"
                    " say so with the next that is received (complete), or wait until it expires"
                )
            return Step(after=replace(stored, cancelled=True))

        return self._step("return_cancelled", return_id, "cancelled", op, plan)

    def _step(
        self,
        kind: ReturnKind,
        return_id: str,
        fingerprint: str,
        op: str | None,
        plan: Callable[[_Reading], Step | None],
        *,
        skus: tuple[str, ...] = (),
    ) -> ReturnState:
        """A step of a return that there is."""
        return self._change(
            _Change(
                kind=kind,
                name=return_id,
                order=self._find(return_id).order,
                about=f"return:{return_id}",
                op=op,
                named=operation(fingerprint, op),
                plan=plan,
                skus=skus,
            )
        )

    def _change(self, change: _Change) -> ReturnState:
        """Take the step that is planned on what is stored, again and again until nothing else comes in between."""
        for _ in range(MOST_TRIES):
            reading = self._read(change)
            answer = answered_before(self._holds, change.about, change.named, change.op)
            if answer is not None:
                return ReturnState(stored=StoredReturn.decode(answer), now=reading.now)
            step = change.plan(reading)
            if step is None:
                self._client.verify_replicated(self._keys.log)
                return ReturnState(stored=reading.found, now=reading.now)
            match self._stored.take(self._stored_step(change, reading, step)):
                case ReturnChanged(after=after):
                    return ReturnState(stored=after, now=reading.now)
                case OperationReused():
                    raise name_reused(change.op)
                case QuarantineLacking():
                    raise StockConflict(
                        f"fewer units are in quarantine than return '{change.name}' says; pointsman ledger check says"
                        " what happened"
                    )
        raise Contended(f"return '{change.name}' or its order changes again and again; try again")

    def _read(self, change: _Change) -> _Reading:
        # the network and the return first: what is read after them can only be newer, and the script compares them
        network, products = self._facts.network_and_products(change.skus, fresh=True)
        text = self._client.retry_if_revived(lambda: self._stored.read(change.name))
        orders = read_orders(self._client, self._keys, [change.order])
        if not orders:
            raise order_not_found(change.order)
        return _Reading(
            stored=StoredReturn.decode(text) if text else None,
            text=text,
            order=orders[0],
            network=network,
            products=products,
            now=self._clock(),
        )

    def _stored_step(self, change: _Change, reading: _Reading, step: Step) -> ReturnStep:
        return ReturnStep(
            kind=change.kind,
            order=reading.order,
            before=reading.text,
            after=step.after,
            about=change.about,
            operation=change.named,
            now=reading.now,
            micros=self._micros(),
            version=reading.network.version,
            moves=step.moves,
            missing=step.missing,
        )

    def _find(self, return_id: str) -> StoredReturn:
        text = self._client.retry_if_revived(lambda: self._stored.read(return_id))
        if not text:
            raise NotFound(f"no return goes by the id '{return_id}'")
        return StoredReturn.decode(text)

    def _free_id(self, order_id: str) -> str:
        """The id of the order, -R, and the first number that no return has."""
        names = (f"{order_id}-R{number}" for number in itertools.count(1))
        return next(name for name in names if not self._stored.read(name))


def _no_ruling(_: ReturnedUnits) -> Ruling:
    return Ruling()
