"""Learns look-ahead prices again when they are due, and of SKUs whose stock has jumped since, one process at a time."""

import contextlib
import uuid
from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from engine.decide.shipping.columns import Integers
from engine.errors import Contended, FactsForgotten, NotLearnt, NotReady
from engine.facts_reader import FactsReader
from engine.lookahead.learning import HORIZON_DAYS, LearningTerms, LearntPrices, PriceLearning
from engine.lookahead.order_history import OrderHistory
from engine.lookahead.settings import LookaheadSettings
from engine.lookahead.solving import SolvedElsewhere
from engine.lookahead.units_to_ship import read_units
from engine.model.lookahead import LookaheadTable
from engine.store.connection.client import Client
from engine.store.connection.lease import Leases
from engine.store.keys import Keys
from engine.store.lookahead import LookaheadTables
from engine.store.stock import Stock

_LEASE_MILLISECONDS: Final = 30 * 60 * 1_000
"""A process that learns keeps its turn until it ends; if it is killed, another takes over after so long. Longer than
learning takes.
"""
_MICROSECONDS: Final = 1_000_000
_PERCENT: Final = 100
ITSELF: Final = "pointsman"
"""Who learns where nobody asked for it."""


class PriceTurns:
    """The turns of one process, which keeps them until it ends: it remembers what its prices were learnt of. Of SKUs of
    which it does not know that, as another process learnt them, any change of stock since counts as a jump.
    """

    def __init__(
        self,
        client: Client,
        keys: Keys,
        settings: LookaheadSettings,
        *,
        learning: PriceLearning,
        facts: FactsReader,
        tables: LookaheadTables,
        publish: Callable[[LookaheadTable], str],
        stock: Stock,
        clock: Callable[[], int],
    ) -> None:
        self._keys = keys
        self._settings = settings
        self._learning = learning
        self._facts = facts
        self._tables = tables
        self._put_in_force = publish
        self._stock = stock
        self._who = uuid.uuid4().hex
        self._clock = clock
        self._leases = Leases(client, keys)
        self._table: str | None = None
        """The digest of the table that this process knows the stock of."""
        self._history: OrderHistory | None = None
        self._units: dict[str, Integers] = {}
        self.elsewhere: SolvedElsewhere | None = None
        self._seen = 0
        """The stamp of the last change of stock that was looked at."""

    def take(self) -> str | None:
        """The digest of what was published; None: nothing was due, or there is nothing to learn from yet."""
        if self._settings.every is None or not self._leases.take(
            self._keys.lookahead_lease, self._who, milliseconds=_LEASE_MILLISECONDS
        ):
            return None
        try:
            return self._learn_what_is_due(self._settings.every)
        except (NotLearnt, NotReady, Contended):
            return None

    def end(self) -> None:
        """Let another process take over."""
        self._leases.give_back(self._keys.lookahead_lease, self._who)

    def _learn_what_is_due(self, every: int) -> str | None:
        now, current = self._clock(), self._tables.current()
        head = None
        if current is not None:
            with contextlib.suppress(FactsForgotten):  # the server lost it
                head = self._tables.head(current)
        if current is None or head is None or now - head.demand_until >= every:
            stamp = self._stock.newest_change()
            learnt = self._learning.learn(self._terms(now), elsewhere=self.elsewhere)
            return self._publish(learnt, stamp)
        if current != self._table:
            self._table, self._history, self._units = current, None, {}
            self._seen = head.learnt_at * _MICROSECONDS
        stamp = self._stock.newest_change()
        jumped = self._jumped(now) if stamp > self._seen else []
        digest = self._learn_again(jumped, now, head.demand_until, current, stamp) if jumped else None
        self._seen = max(self._seen, stamp)  # not before: if learning failed, the next turn tries it again
        return digest

    def _learn_again(self, skus: list[str], now: int, learnt_from: int, current: str, stamp: int) -> str | None:
        """The prices of these SKUs, beside the others of the table in force."""
        if self._history is None:
            self._history = self._learning.history(learnt_from, now=now)
        ordered = {line.sku for part in self._history.parts for line in part.lines}
        skus = [sku for sku in skus if sku in ordered]
        if not skus:
            return None
        beside = self._tables.read(current)
        learnt = self._learning.learn(
            self._terms(now), history=self._history, only=skus, beside=beside, elsewhere=self.elsewhere
        )
        if _alike(learnt.table, beside):
            self._units |= {sku: learnt.units.units[sku] for sku in skus if sku in learnt.units.units}
            return None
        return self._publish(learnt, stamp, only=skus)

    def _publish(self, learnt: LearntPrices, stamp: int, *, only: list[str] | None = None) -> str:
        digest = self._put_in_force(learnt.table)
        units: Mapping[str, Integers] = learnt.units.units
        self._units = {**({} if only is None else self._units), **{s: units[s] for s in only or units if s in units}}
        self._table, self._history, self._seen = digest, learnt.history, stamp
        return digest

    def _terms(self, now: int) -> LearningTerms:
        return LearningTerms(now=now, learnt_by=ITSELF, horizon=HORIZON_DAYS, use_for=self._settings.use_for)

    def _jumped(self, now: int) -> list[str]:
        """The SKUs whose stock has changed since it was last looked at, and by more than the settings say since their
        prices were learnt.
        """
        changed = self._stock.changed_after(self._seen)
        known = [sku for sku in changed if sku in self._units]
        jumped = [sku for sku in changed if sku not in self._units]
        if known and self._history is not None:
            network = self._facts.network()
            read = read_units(self._facts, known, network, channel=self._history.channel, now=now).units
            jumped += [sku for sku in known if sku not in read or self._differs(self._units[sku], read[sku])]
        return sorted(jumped)

    def _differs(self, before: Integers, after: Integers) -> bool:
        if len(before) != len(after):
            return True  # the network has other nodes
        return bool((np.abs(after - before) * _PERCENT > self._settings.jump * np.maximum(before, 1)).any())


def _alike(one: LookaheadTable, other: LookaheadTable) -> bool:
    """Whether they say the same prices, whatever they say of when."""
    return {sku: {node: item.price for node, item in nodes.items()} for sku, nodes in one.prices.items()} == {
        sku: {node: item.price for node, item in nodes.items()} for sku, nodes in other.prices.items()
    }
