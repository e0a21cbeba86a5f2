"""The orders of a network, each with one id and one life: shown, listed, approved, and answered when sent again."""

import itertools
from collections import Counter
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass

from msgspec import UNSET

from engine.decide.order_record import OrderRecord, order_of, seconds
from engine.errors import Contended, HoldEnded, KeyReused, OrderErased, OrderExists, order_call
from engine.model.facts import Network, Order
from engine.orders.decide_and_commit import backlog_full
from engine.orders.decision_request import Answer
from engine.orders.order_state import OrderState, OrderUnitState, State, state_of
from engine.orders.same_order import written_alike
from engine.orders.waiting.waiting_queue import WaitingQueue
from engine.store.backlog import BacklogEntries, BacklogEntry
from engine.store.connection.client import Client
from engine.store.hold_changes.change_script import MOST_TRIES, ChangeScript
from engine.store.hold_changes.order_units import order_not_found
from engine.store.keys import Keys
from engine.store.log import decision_log
from engine.store.log.decision_chain import read_chain
from engine.store.log.entry import Entry
from engine.store.orders.order_calls import OrderCalls
from engine.store.orders.order_list import OrderPlace, placed_last
from engine.store.orders.order_pegs import read_order_pegs
from engine.store.orders.stored_order import Approval, StoredOrder, amended_order, read_orders
from engine.store.outcomes import AnsweredBefore, OrderTaken
from engine.store.search_index.index_entries import fields_of
from engine.store.search_index.order_places import OrderPlaces

MOST_LOOKED_AT = 1_000
"""How many orders are read for one page."""
_AT_ONCE, _AT_LEAST = 100, 10
"""Orders that are read at a time: no more than the page still lacks, if that is not very few."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFilter:
    """Which orders are listed: those that are in `state`, were sold on `channel`, have `node` ship something (held or
    left), have a line of `sku`, and were placed after an instant; None: any. With a SKU, the state is that of its
    units; with a node, held and shipped are those of its shipments. Of a line that several nodes
    shipped it is not known whose units came back: each has shipped it until all of its units are back.
    """

    state: State | None = None
    channel: str | None = None
    node: str | None = None
    sku: str | None = None
    placed_after: int | None = None

    def matches(self, order: OrderState) -> bool:
        return (
            self.channel in (None, order.stored.order.channel)
            and any(self.sku in (None, line.sku) for line in order.lines)
            and (self.node is None or self._ships(order, "held") or self._ships(order, "shipped"))
            and (self.state is None or self._is_in(order, self.state))
        )

    def _is_in(self, order: OrderState, state: State) -> bool:
        if state == "awaiting_approval":
            return order.awaits_approval
        if self.node is not None and state in ("held", "shipped"):
            out = {line.line for line in order.lines if line.units[state] > 0}
            return self._ships(order, state, out)
        return order.units(state, self.sku) > 0

    def _ships(self, order: OrderState, state: OrderUnitState, lines: Container[str] | None = None) -> bool:
        """Whether the node has units held, or let units leave, of any of the lines named; None: of any line."""
        return any(
            (line.held if state == "held" else line.shipped)
            and self.sku in (None, line.sku)
            and (lines is None or line.line in lines)
            for shipment in order.shipments
            if shipment.record.node == self.node
            for line in shipment.lines
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdersPage:
    """Some orders, those placed last first. The next page begins after the place `after`; None: this is the last.

    A page may have fewer orders than were asked for, or none, and not be the last.
    """

    orders: tuple[OrderState, ...]
    after: OrderPlace | None


class LivingOrders:
    """The orders of one network. Methods raise StoreUnavailable."""

    def __init__(
        self,
        client: Client,
        keys: Keys,
        *,
        network: Callable[[], Network],
        queue: WaitingQueue,
        undo_seconds: int,
        after_freeing: Callable[[], None],
        clock: Callable[[], int],
    ) -> None:
        """A confirm can be undone for `undo_seconds`. `after_freeing` is called once units of an order are to be
        offered stock.
        """
        self._network = network
        self._undo_seconds = undo_seconds
        self._queue = queue
        self._after_freeing = after_freeing
        self._client = client
        self._keys = keys
        self._backlog = BacklogEntries(client, keys)
        self._order_places = OrderPlaces(client, keys)
        self._change_script = ChangeScript(client, keys)
        self._calls = OrderCalls(client, keys)
        self._clock = clock

    def show(self, order_id: str) -> OrderState:
        """The order as it stands; raises NotFound."""
        found = self._client.retry_if_revived(lambda: read_orders(self._client, self._keys, [order_id]))
        if not found:
            raise order_not_found(order_id)
        return self._states_of(found)[0]

    def list(self, filtered: OrderFilter, *, after: OrderPlace | None = None, limit: int) -> OrdersPage:
        """At most `limit` orders, those placed last first."""
        places = self._places(filtered, after)
        orders: list[OrderState] = []
        looked_at = 0
        while batch := list(itertools.islice(places, min(_AT_ONCE, max(_AT_LEAST, limit - len(orders))))):
            stored = read_orders(self._client, self._keys, [name for _, name in batch])
            states = {state.stored.id: state for state in self._states_of(stored)}
            for place in batch:
                looked_at += 1
                # an order whose id an earlier release did not take is not there before a repair
                state = states.get(place[1])
                if state is not None and filtered.matches(state):
                    orders.append(state)
                if len(orders) == limit or looked_at == MOST_LOOKED_AT:
                    return OrdersPage(orders=tuple(orders), after=place)
        return OrdersPage(orders=tuple(orders), after=None)

    def approve(self, order_id: str, *, who: str, note: str) -> OrderState:
        """Let an order that is parked go on; one that was approved before stays as it is. Raises NotFound; HoldEnded if
        nothing of the order is held or waits any more, so that there is nothing to approve.
        """
        state = self.show(order_id)
        if state.stored.parked:
            if not state.awaits_approval:
                if not state.unfilled:
                    raise HoldEnded(f"all of order '{order_id}' is cancelled or has left; there is nothing to approve")
                raise HoldEnded(
                    f"nothing of order '{order_id}' is held any more; let its units wait for stock"
                    f" ({order_call(order_id, 'wait')}), then approve it"
                )
            self._calls.approve(state.stored, Approval(by=who, at=self._clock(), note=note))
            self._after_freeing()
        return self.show(order_id)

    def wait(self, order_id: str) -> OrderState:
        """Let the unfilled units of an order wait for stock in the backlog; nothing happens if there are none. Raises
        NotFound, QuotaExceeded if no more decisions may wait, Contended.
        """
        for _ in range(MOST_TRIES):
            state = self.show(order_id)
            if not state.unfilled:
                return state
            if state.is_erased:
                raise order_erased(order_id)
            now = self._clock()
            expired = [item.hold.id for item in state.stored.decisions if item.hold and item.hold.until <= now]
            self._change_script.sweep(expired, now=now)
            if expired:
                continue
            match self._calls.wait(state.stored, self._entry(state, now), now=now):
                case "done":
                    self._after_freeing()
                case "crowded":
                    raise backlog_full()
        raise Contended(f"order '{order_id}' changes again and again; try again")

    def _states_of(self, stored: Sequence[StoredOrder]) -> Sequence[OrderState]:
        pegs = self._client.retry_if_revived(lambda: read_order_pegs(self._client, self._keys, stored))
        now = self._clock()
        return [state_of(item, now, undo_seconds=self._undo_seconds, pegs=pegs) for item in stored]

    def _entry(self, state: OrderState, now: int) -> BacklogEntry:
        """The entry of the order's latest decision, with the unfilled units beside those that it has already."""
        latest = state.stored.decisions[-1]
        units, scheduled = Counter(state.unfilled), latest.record.scheduled
        units.update(latest.waiting.units if latest.waiting else {})
        order, decision = order_of(state.stored.order), latest.record.id or ""
        return BacklogEntry(
            decision=decision,
            first=state.stored.first.id or "",
            order=order,
            units=dict(units),
            since=latest.waiting.since if latest.waiting else now,
            caller=latest.caller,
            rank=self._queue.rank_of(order, decision),
            not_before=seconds(scheduled.reserve_at) if scheduled else None,
        )

    def _places(self, filtered: OrderFilter, after: OrderPlace | None) -> Iterator[OrderPlace]:
        """The places of the orders that may match, from the last; of waiting and of parked ones there are fewer."""
        if filtered.state == "waiting":
            waiting = {(entry.order.placed_at, entry.order.id) for entry in self._backlog.all()}
            places = iter(sorted((place for place in waiting if after is None or place < after), reverse=True))
        elif filtered.state == "awaiting_approval":
            places = placed_last(self._client, self._keys.parked, after=after)
        else:
            places = self._order_places.placed_last(fields_of(sku=filtered.sku, node=filtered.node), after=after)
        least = filtered.placed_after
        return itertools.takewhile(lambda place: least is None or place[0] > least, places)

    def answer_again(self, outcome: AnsweredBefore | OrderTaken, order: Order) -> Answer:
        """The answer to a request to decide `order` that came before: by its idempotency key the decision that answered
        the key if that is of the same order, otherwise the decision that stands of the order of that id. Raises
        KeyReused if the key was used for an order of another id, OrderExists if the order of that id has other content.
        """
        self._client.verify_replicated(self._keys.log)
        sent = OrderRecord.of(order)
        match outcome:
            case AnsweredBefore(decision=decision):
                entry = decision_log.decided(self._client, self._keys, decision)
                if entry.record.order == sent:
                    return Answer.logged(entry)
                if entry.record.order.id != sent.id:
                    raise KeyReused(
                        "this idempotency key was used before for another order; use a new one for each request"
                    )
                first = entry.record.first
            case OrderTaken(first=first):
                pass
        entry, stands = self._standing(order.id, first)
        if entry.erased:
            raise order_erased(order.id)
        if stands != sent:
            self._verify_same(order, stands, first)
        return Answer.logged(entry)

    def _verify_same(self, order: Order, stands: OrderRecord, first: str) -> None:
        """Raise OrderExists if the order isn't the one that `stands`, however it is written."""
        took_quote = decision_log.decided(self._client, self._keys, first).record.quote is not UNSET
        sent = OrderRecord.of(written_alike(order, order_of(stands), self._network(), took_quote=took_quote))
        if stands != sent:
            raise order_exists(stands, sent)

    def _standing(self, order_id: str, first: str) -> tuple[Entry, OrderRecord]:
        """The order's latest decision of its whole, and the order as it stands: its first decision, and the order that
        this was of, or those of its last amendment.
        """
        amended = amended_order(self._client, self._keys, order_id)
        if amended is None:
            entry = decision_log.decided(self._client, self._keys, first)
            return entry, entry.record.order
        decision = read_chain(self._client, self._keys, first).latest_whole
        return decision_log.decided(self._client, self._keys, decision), amended


def order_erased(order_id: str) -> OrderErased:
    """The error for what can't be done with an order any more."""
    return OrderErased(
        f"the personal values of order '{order_id}' were erased, so it can't be decided again or compared with what is"
        " sent; a new order needs an id of its own"
    )


def order_exists(stands: OrderRecord, sent: OrderRecord) -> OrderExists:
    """The error for an order that was `sent` under the id of one that `stands`."""
    differing = [name for name in OrderRecord.__struct_fields__ if getattr(stands, name) != getattr(sent, name)]
    return OrderExists(order=sent.id, differing=differing)
