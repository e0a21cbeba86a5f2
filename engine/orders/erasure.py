"""Erases the personal values of orders that are over."""

from collections.abc import Callable
from dataclasses import dataclass

from engine.errors import Contended, OrderNotOver
from engine.orders.living_orders import LivingOrders
from engine.orders.order_state import OrderState
from engine.store.connection.client import Client
from engine.store.entry_codec.personal_values import PersonalField
from engine.store.hold_changes.change_script import MOST_TRIES, ChangeScript
from engine.store.keys import Keys
from engine.store.log.entry import EntryId
from engine.store.orders.stored_order import StoredOrder
from engine.store.personal.clear_entries import amendments_in_clear, entries_in_clear
from engine.store.personal.erasure import ErasedAt, StoredErasure


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """The personal values of an order are gone since `at`, in UTC seconds; `now`: by this call.

    `in_clear` are decisions in whose entries of the log they stand still, because an earlier release or another setting
    logged them without encrypting them; `amendments_in_clear` are such entries of amendments.
    """

    order: str
    at: int
    now: bool
    decisions: int
    in_clear: tuple[str, ...]
    amendments_in_clear: tuple[EntryId, ...]


class Erasures:
    """The erasures of one network."""

    def __init__(
        self,
        client: Client,
        keys: Keys,
        *,
        orders: LivingOrders,
        forget_answers: Callable[[], None],
        personal: tuple[PersonalField, ...],
        clock: Callable[[], int],
    ) -> None:
        """`forget_answers` drops the kept answers that have orders in them."""
        self._forget_answers = forget_answers
        self._client = client
        self._keys = keys
        self._orders = orders
        self._personal = personal
        self._stored = StoredErasure(client, keys, personal)
        self._change_script = ChangeScript(client, keys)
        self._clock = clock

    def erase(self, order_id: str, *, note: str) -> Erasure:
        """Destroy the key of an order, and what of its personal values stands beside the log; again, it is answered the
        same. Raises NotFound, OrderNotOver if units of it are held or wait, Contended, StoreUnavailable.
        """
        for _ in range(MOST_TRIES):
            now = self._clock()
            state = self._orders.show(order_id)
            if not state.is_erased:
                _verify_over(state, now)
                expired = [item.hold.id for item in state.stored.decisions if item.hold]
                self._change_script.sweep(expired, now=now)
            erased = self._stored.erase(state.stored, note=note, now=now)
            if erased is not None:
                self._forget_answers()
                if erased.now:
                    self._client.rewrite_append_only_file()
                return self._erasure(state.stored, erased)
        raise Contended(f"order '{order_id}' changes again and again; try again")

    def _erasure(self, order: StoredOrder, erased: ErasedAt) -> Erasure:
        client, keys, personal = self._client, self._keys, self._personal
        decisions = [decision.record.id or "" for decision in order.decisions]
        return Erasure(
            order=order.id,
            at=erased.at,
            now=erased.now,
            decisions=len(decisions),
            in_clear=entries_in_clear(client, keys, decisions, personal),
            amendments_in_clear=amendments_in_clear(client, keys, decisions[0], personal) if order.amended else (),
        )


def _verify_over(state: OrderState, now: int) -> None:
    """Raise OrderNotOver unless nothing of the order is to be done any more."""
    returns = state.open_returns(now)
    if returns:
        raise OrderNotOver(
            f"order '{state.stored.id}' is not over: goods of it are to come back, or wait in quarantine (return"
            f" {', '.join(returns)}); cancel the return, or dispose of them first"
        )
    held, waiting = state.units("held"), state.units("waiting")
    if held or waiting or state.awaits_approval:
        what = f"{held} held, {waiting} waiting" if held or waiting else "a person has to approve them"
        raise OrderNotOver(
            f"order '{state.stored.id}' is not over: its units are still to be seen to ({what}); confirm, release,"
            " withdraw or cancel them first, or wait until their hold expires"
        )
