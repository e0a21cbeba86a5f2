"""Announces, receives and lists what is to come in."""

import functools
from collections.abc import Callable, Sequence

from engine.decide.order_record import timestamp
from engine.errors import InputInvalid, Mistake, NotFound, StockConflict
from engine.facts_reader import FactsReader
from engine.idempotency import name_reused, operation
from engine.inbound.dropped_positions import verify_keeps
from engine.inbound.receipt_list import ReceiptFilter, ReceiptsPage, read_page
from engine.inbound.refusals import why_refused
from engine.inbound.stated_incoming import StatedIncoming, announcements, first_ids
from engine.inventory.position_checks import position_mistake
from engine.inventory.stated_instants import verify_instant
from engine.model.facts import Inventory
from engine.model.receipts import Receipt, in_order_of_arrival
from engine.store.connection.client import Client
from engine.store.connection.sorted_sets import Place
from engine.store.flows.quarantine import units_in_quarantine
from engine.store.flows.receipt_texts import by_node
from engine.store.flows.receipts import (
    Announcement,
    Delivery,
    ReceiptOutcome,
    ReceiptRefused,
    Receipts,
    ReceiptTaken,
    ReceiptUnchanged,
)
from engine.store.flows.stored_receipts import StoredReceipts
from engine.store.holds import Operation
from engine.store.keys import Keys
from engine.store.network import load
from engine.store.network.read import read_flow_starts, read_skus
from engine.store.outcomes import NetworkChanged, OperationReused

_MOST_RELOADS = 10


class Inbound:
    """What comes in on one network. `after_freeing` offers what came to orders that wait; `clock` answers UTC seconds,
    `micros` microseconds.
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
        self._client = client
        self._facts = facts
        self._keys = keys
        self._stored = StoredReceipts(client, keys)
        self._receipts = Receipts(client, keys)
        self._after_freeing = after_freeing
        self._clock = clock
        self._micros = micros

    def announce(self, message: Announcement, *, received_at: int | None = None) -> ReceiptTaken | ReceiptUnchanged:
        """Take over what a message says of a receipt, unless a later one came before; `received`: all of its units that
        were still to come are there, since the instant `received_at`, in UTC microseconds, or now.

        Raises InputInvalid if the SKU or the node is unknown, or units are expected before now, StockConflict if the
        message contradicts what is known of the receipt, StoreUnavailable.
        """
        delivery = None
        if message.status == "received":
            self._check_instant(received_at, "received_at")
            delivery = Delivery(units=None, at=received_at, closes=True, owned=message.owned)
        outcome = self._change(message.id, message.sku, message.node, announcement=message, delivery=delivery)
        return self._taken(message.id, outcome, message)

    def receive(self, name: str, delivery: Delivery, *, op: str | None = None) -> ReceiptTaken:
        """Let units of a receipt be on hand, from its instant on; units of holds that stand on it turn into units held
        of them. `op` is the operation id: sent again, it is answered and nothing is received twice.

        Raises NotFound, InputInvalid, StockConflict if all of it was received, if more came than were expected (unless
        the delivery says that there may be), KeyReused, StoreUnavailable.
        """
        self._check_instant(delivery.at, "at")
        receipt = self.find(name)
        asked = [delivery.units, delivery.at, delivery.closes, delivery.over, delivery.lot, delivery.expires]
        named = operation(f"receive {asked}", op)
        outcome = self._change(name, receipt.sku, receipt.node, delivery=delivery, named=named)
        if isinstance(outcome, OperationReused):
            raise name_reused(op)
        taken = self._taken(name, outcome)
        if isinstance(taken, ReceiptUnchanged):
            raise TypeError(f"a delivery changes its receipt: {taken!r}")
        return taken

    def find(self, name: str) -> Receipt:
        """The receipt of that id, open or not; raises NotFound."""
        (receipt,) = self._stored.find(name)
        if receipt is None:
            raise NotFound(f"nothing that is to come in goes by the id '{name}'")
        return receipt

    def open_receipts(self) -> list[Receipt]:
        """All of which units are still to come, the next to arrive first."""
        listed = (receipt for _, receipt in self._stored.by_arrival(closed=False) if receipt is not None)
        return in_order_of_arrival({receipt.id: receipt for receipt in listed}.values())

    def messages_of(self, stated: Sequence[StatedIncoming]) -> list[tuple[str, Announcement]]:
        """What to announce so that, of what the stock.csv of a folder announces, all of `stated` is to come and nothing
        else; each with where the file says so.
        """
        receipts = self._stored.find(*first_ids(stated))
        first = {receipt.id: receipt for receipt in receipts if receipt is not None}
        return list(announcements(stated, self.open_receipts(), first, now=self._clock()))

    def verify_keeps(self, inventory: Inventory) -> str:
        """Raises InputInvalid if units are to come or in quarantine at positions that `inventory` can't have. Answers
        how many flows had begun before it looked, as `flow_starts` of the facts.
        """
        starts = read_flow_starts(self._client, self._keys)
        skus = read_skus(self._client, self._keys)
        verify_keeps(
            inventory,
            self.open_receipts(),
            units_in_quarantine(self._client, self._keys, skus),
        )
        return starts

    def page(self, filtered: ReceiptFilter, *, limit: int, after: Place | None) -> ReceiptsPage:
        """At most `limit` of the receipts that pass the filter, those after the place `after` of another page."""
        return read_page(self._stored, filtered, limit=limit, after=after, now=self._clock())

    def coming(self, sku: str) -> dict[str, list[Receipt]]:
        """The open receipts of a SKU, by node, the next to arrive first."""
        return by_node(self._stored.open_of([sku]))

    def note_overdue(self) -> None:
        """Log what did not come by when it was expected."""
        now = self._clock()
        if self._receipts.has_overdue(now):
            self._receipts.note_overdue(now)

    def _change(
        self,
        name: str,
        sku: str,
        node: str,
        *,
        announcement: Announcement | None = None,
        delivery: Delivery | None = None,
        named: Operation | None = None,
    ) -> ReceiptOutcome:
        cancelled = name if announcement is not None and announcement.status == "cancelled" else None
        for attempt in range(_MOST_RELOADS):
            version = self._check(sku, node, fresh=attempt > 0, cancelled=cancelled)
            change = functools.partial(
                self._receipts.change,
                name,
                sku,
                announcement=announcement,
                delivery=delivery,
                version=version,
                now=self._clock(),
                micros=self._micros(),
                operation=named,
            )
            outcome = self._client.retry_if_revived(change)
            if not isinstance(outcome, NetworkChanged):
                self._after_freeing()
                return outcome
        raise load.loaded_over_and_over()

    def _taken(
        self, name: str, outcome: ReceiptOutcome, message: Announcement | None = None
    ) -> ReceiptTaken | ReceiptUnchanged:
        if isinstance(outcome, ReceiptTaken | ReceiptUnchanged):
            return outcome
        if not isinstance(outcome, ReceiptRefused):
            raise TypeError(f"no outcome of a receipt: {outcome!r}")
        if outcome.why == "unknown":
            raise NotFound(f"nothing that is to come in goes by the id '{name}'")
        if outcome.why == "past" and message is not None:
            shown = timestamp(message.expected_at)
            text = f"{shown} is past; write when the units are expected now, or 'received' if they are there"
            raise InputInvalid([Mistake(field="expected_at", message=text)])
        raise StockConflict(f"'{name}': {why_refused(outcome, message, self._facts.network().quantity_text)}")

    def _check(self, sku: str, node: str, *, fresh: bool = False, cancelled: str | None = None) -> str:
        """The network version in which the node can have stock of the SKU; raises InputInvalid. It need not if a
        receipt is to be `cancelled` that was announced before.
        """
        network, products = self._facts.network_and_products([sku], fresh=fresh)
        mistake = position_mistake(node, sku, network, products)
        if mistake is None:
            return network.version
        if fresh:
            (receipt,) = self._stored.find(cancelled) if cancelled else (None,)
            if receipt is not None and (receipt.sku, receipt.node) == (sku, node):
                return network.version
            raise InputInvalid([mistake])
        return self._check(sku, node, fresh=True, cancelled=cancelled)  # a network that was loaded since may have it

    def _check_instant(self, instant: int | None, field: str) -> None:
        verify_instant(instant, self._clock(), field=field, what_to_do="write when the units arrived")
