"""Takes steps of returns: each is planned on what is stored, and written if that is still so."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

from engine.errors import Contended, NotFound, StockConflict
from engine.facts_reader import FactsReader
from engine.idempotency import answered_before, name_reused
from engine.model.facts import Network, Product
from engine.orders.order_state import OrderState, state_of
from engine.returns.receiving import Step
from engine.returns.return_state import ReturnState
from engine.store.connection.client import Client
from engine.store.flows.returns import (
    QuarantineLacking,
    ReceiptTakenBefore,
    ReturnChanged,
    ReturnStep,
    StoredReturns,
)
from engine.store.flows.stored_return import StoredReturn
from engine.store.hold_changes.change_script import MOST_TRIES
from engine.store.hold_changes.order_units import order_not_found
from engine.store.holds import Holds, Operation
from engine.store.keys import Keys
from engine.store.log.kinds import ReturnKind
from engine.store.orders.stored_order import StoredOrder, read_orders
from engine.store.outcomes import OperationReused


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
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
        """Of a return that there is: `StepTaker` has read it before, and none is ever deleted."""
        return cast("StoredReturn", self.stored)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnChange:
    """A step that is asked for: of which kind, on which return and order, by which operation on what. `plan` works out
    the step, None if nothing is to be done; `skus` are those whose products it needs.
    """

    kind: ReturnKind
    name: str
    order: str
    about: str
    op: str | None
    named: Operation
    plan: Callable[[Reading], Step | None]
    skus: tuple[str, ...] = ()


class StepTaker:
    """Of the returns of one network."""

    def __init__(
        self,
        client: Client,
        keys: Keys,
        *,
        stored: StoredReturns,
        facts: FactsReader,
        clock: Callable[[], int],
        micros: Callable[[], int],
    ) -> None:
        self._client = client
        self._keys = keys
        self._facts = facts
        self._stored = stored
        self._holds = Holds(client, keys)
        self._clock = clock
        self._micros = micros

    def take(self, change: ReturnChange) -> ReturnState:
        """Take the step that is planned on what is stored, again and again until nothing else comes in between."""
        for _ in range(MOST_TRIES):
            reading = self.read(change)
            answer = answered_before(self._holds, change.about, change.named, change.op)
            if answer is not None:
                return ReturnState(stored=StoredReturn.decode(answer), now=reading.now, repeated=True)
            step = change.plan(reading)
            if step is None:
                self._client.verify_replicated(self._keys.log)
                return ReturnState(stored=reading.found, now=reading.now)
            match self._stored.take(self._stored_step(change, reading, step)):
                case ReturnChanged(after=after, again=again):
                    return ReturnState(stored=after, now=reading.now, new=reading.stored is None and not again)
                case OperationReused():
                    raise name_reused(change.op)
                case ReceiptTakenBefore(receipt=receipt):
                    raise StockConflict(
                        f"'{receipt}' is the id of a receipt already, so none can be opened for units of return"
                        f" '{change.name}'; restock them where they lie ('place')"
                    )
                case QuarantineLacking():
                    raise StockConflict(
                        f"fewer units are in quarantine than return '{change.name}' says; pointsman ledger check says"
                        " what happened"
                    )
        raise Contended(f"return '{change.name}' or its order changes again and again; try again")

    def read(self, change: ReturnChange) -> Reading:
        # the network and the return first: what is read after them can only be newer, and the script compares them
        network, products = self._facts.network_and_products(change.skus, fresh=True)
        text = self._text(change.name)
        orders = read_orders(self._client, self._keys, [change.order])
        if not orders:
            raise order_not_found(change.order)
        return Reading(
            stored=StoredReturn.decode(text) if text else None,
            text=text,
            order=orders[0],
            network=network,
            products=products,
            now=self._clock(),
        )

    def _stored_step(self, change: ReturnChange, reading: Reading, step: Step) -> ReturnStep:
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
            moved=step.moved,
        )

    def find(self, return_id: str) -> StoredReturn:
        text = self._text(return_id)
        if not text:
            raise NotFound(f"no return goes by the id '{return_id}'")
        return StoredReturn.decode(text)

    def _text(self, return_id: str) -> str:
        """The return as it is stored; empty if there is none."""
        return self._client.retry_if_revived(lambda: self._stored.read(return_id))
