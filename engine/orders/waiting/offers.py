"""Offers units that came free to the orders that wait for them, the first in rank first, before newcomers get them.
Shipments whose promises are at risk wait among them.

The script that frees units opens the offer of their SKU, and commits of newcomers are refused from then on until those
that wait and rank before them have had their turn. Whoever comes by makes the offers: who freed the units, a newcomer
that wants them, or a worker's thread (turn_thread.py). Any number of them may do so at once.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from engine.actor import by_itself
from engine.decide.matching.matcher import Matcher
from engine.decide.shipping.ways import Ways
from engine.errors import Contended, PointsmanError
from engine.facts_reader import FactsReader
from engine.model.facts import Snapshot
from engine.orders.decision_request import Decide
from engine.orders.waiting.entry_decision import EntryDecision, EntryOutcome
from engine.orders.waiting.waiting_queue import WaitingQueue
from engine.store.backlog import BacklogEntries
from engine.store.outcomes import OfferedFirst
from engine.store.waiting.offers import NextEntry, NextPromise, OfferNote, Offers, PassedOver

MOST_AFTER_A_WRITE = 20
"""How many entries are offered stock right after units were freed, before that is answered."""
MOST_BEFORE_A_NEWCOMER = 100
"""How many are offered stock before a newcomer that wants it too, at each try of its decision."""
MOST_IN_A_TURN = 500
"""How many are offered stock in one turn of a worker's thread."""

OfferToPromise: TypeAlias = Callable[[NextPromise], OfferNote | OfferedFirst | None]
"""Offers units to a shipment whose promise is at risk, as `EntryDecision.decide` does to an entry."""

logger = logging.getLogger("pointsman")


@dataclass(slots=True)
class Tries:
    """How many entries may still be offered stock."""

    left: int


class StockOffers:
    """The offers of one network. `automatic`: every process makes them. `to_promise` makes those to shipments whose
    promises are at risk; `clock` answers UTC seconds.
    """

    def __init__(
        self,
        offers: Offers,
        entries: BacklogEntries,
        queue: WaitingQueue,
        *,
        entry_decision: EntryDecision,
        to_promise: OfferToPromise,
        facts: FactsReader,
        automatic: bool,
        clock: Callable[[], int],
    ) -> None:
        self._offers = offers
        self._entries = entries
        self._queue = queue
        self._entry_decision = entry_decision
        self._to_promise = to_promise
        self._facts = facts
        self._clock = clock
        self._automatic = automatic

    def before_newcomer(self, offered: OfferedFirst, before: str, decide: Decide) -> None:
        """Offer the units to everybody who ranks before the text `before`. Raises Contended if those are too many."""
        with by_itself():
            made = self._make(offered, before, decide, Tries(MOST_BEFORE_A_NEWCOMER))
        if not made:
            raise Contended(f"units of {offered.sku} are being offered to many orders that wait for them; try again")

    def after_freeing(self, decide: Decide) -> None:
        """Make open offers after units were freed, as far as that takes little time. What fails is left to others: the
        units are free all the same.
        """
        if self._automatic:
            try:
                with by_itself():
                    self._make_open(decide, Tries(MOST_AFTER_A_WRITE))
            except PointsmanError as error:
                logger.info("stock is offered later: %s", error)

    def _make_open(self, decide: Decide, tries: Tries) -> bool:
        """Make open offers, of very many some; False if tries ran out."""
        return all(self._make(OfferedFirst(sku=sku), "", decide, tries) for sku in self._offers.open())

    def take_turn(self, decide: Decide, *, milliseconds: int) -> bool:
        """Do what is to be done without anybody asking, unless another process does so for these milliseconds. Returns
        False if it left some of the offers it began. Raises what reading and deciding raise.
        """
        if not self._offers.take_turn(milliseconds):
            return True
        now = self._clock()
        snapshot, matcher = self._facts.read([], now)  # which ends the holds whose time is over
        self._offers.wake(now=now)
        self._offer_all_if_changed(snapshot, matcher, now)
        return self._make_open(decide, Tries(MOST_IN_A_TURN))

    def _offer_all_if_changed(self, snapshot: Snapshot, matcher: Matcher, now: int) -> None:
        """At a new date or hour of a node, under other policies, in a changed network, or when a node begins or ends to
        rest, what is there may be of use to those it was of no use to before.
        """
        resting = ",".join(sorted(snapshot.resting))
        clocks = snapshot.caches.get(Ways).clocks
        periods = ",".join(clocks.periods(now, counts_hours=matcher.policies.counts_hours).names)
        circumstances = f"{matcher.policies.version} {snapshot.network.version} {periods} {resting}"
        if self._offers.circumstances() == circumstances:
            return
        skus = dict.fromkeys(sku for place in self._queue.rank_again() for sku in place.entry.skus)
        skus |= dict.fromkeys(self._offers.skus_of_promises())
        in_stock = self._entries.in_stock(list(skus), oversell=matcher.policies.most_oversold)
        self._offers.offer_all(sorted(in_stock), circumstances=circumstances)

    def _make(self, offered: OfferedFirst, before: str, decide: Decide, tries: Tries) -> bool:
        """Make one offer as far as `before`, and before it those that it depends on; False if tries ran out.

        An entry may want units of another SKU that are first to be offered to others, which rank before it; these are
        offered them in between.
        """
        pending = [(offered.sku, before)]
        passed_over: PassedOver | None = None
        while pending:
            sku, before = pending[-1]
            if sku is None:
                self._offers.wake(now=self._clock())
                pending.pop()
                continue
            oversell = self._facts.most_oversold()
            item = self._offers.next(sku, before=before, oversell=oversell, passed_over=passed_over)
            passed_over = None
            if item is None:
                pending.pop()
            elif not tries.left:
                return False
            else:
                tries.left -= 1
                match self._offer(item, decide):
                    case OfferNote() as note:
                        passed_over = PassedOver(next=item, note=note)
                    case OfferedFirst(sku=other):
                        pending.append((other, item.rank))
                    case _:  # its units do not wait any more
                        pass
        return True

    def _offer(self, item: NextEntry | NextPromise, decide: Decide) -> EntryOutcome | None:
        if isinstance(item, NextPromise):
            return self._to_promise(item)
        return self._entry_decision.decide(item.entry, decide)
