"""Decides one entry of the backlog: what of the units that wait can ship now."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from engine.decide.priority import order_outcome
from engine.decide.record_parts import FollowsRecord
from engine.decide.remainder import Remainder, barred_record
from engine.errors import Contended, DecisionUnreadable, OrderInvalid, QuotaExceeded
from engine.facts_reader import FactsReader
from engine.orders.decision_request import Answer, Decide, Decided, DecisionRequest, FollowUp, NothingShips
from engine.settings import Settings
from engine.store.backlog import BacklogEntry
from engine.store.connection.client import Client
from engine.store.keys import Keys
from engine.store.log.decision_chain import Chain, read_chain
from engine.store.orders.parked import is_parked
from engine.store.outcomes import ChainChanged, OfferedFirst
from engine.store.waiting.offers import OfferNote
from rules.effects import OrderOutcome

_MOST_CHANGES = 10
"""How often an entry is decided again because others decided something of its order meanwhile."""


@dataclass(frozen=True, slots=True)
class DecidedByOthers:
    """The entry was decided or withdrawn meanwhile."""


EntryOutcome: TypeAlias = Answer | OfferNote | OfferedFirst | DecidedByOthers
"""The decision that was made; or none: why the stock was of no use to the entry, what has to be offered to others
first, or that others have decided it.
"""


class EntryDecision:
    """Decides entries of the backlog of one network. `clock` answers UTC seconds."""

    def __init__(
        self, client: Client, keys: Keys, settings: Settings, *, facts: FactsReader, clock: Callable[[], int]
    ) -> None:
        self._client = client
        self._keys = keys
        self._settings = settings
        self._facts = facts
        self._clock = clock

    def decide(self, entry: BacklogEntry, decide: Decide) -> EntryOutcome:
        """Raises NotReady, StoreUnavailable, Contended."""
        try:
            return self._decide(entry, decide)
        except (OrderInvalid, QuotaExceeded, DecisionUnreadable) as error:
            # one that can't be decided must not keep the units from all others
            return OfferNote(at=self._clock(), detail=str(error), failed=True)

    def outcome(self, entry: BacklogEntry) -> OrderOutcome | None:
        """What the policies say of the entry's order now; as `order_outcome`."""
        now = self._clock()
        snapshot, matcher = self._facts.read([], now)
        snapshot = dataclasses.replace(snapshot, products=self._facts.products(entry.order.skus))
        return order_outcome(entry.order, snapshot, matcher, now)

    def _decide(self, entry: BacklogEntry, decide: Decide) -> EntryOutcome:
        for _ in range(_MOST_CHANGES):
            chain = read_chain(self._client, self._keys, entry.first)
            if is_parked(self._client, self._keys, entry.order.id):
                return OfferNote(at=self._clock(), detail="the order awaits approval (pointsman order approve)")
            if (note := self._has_all_shipments(entry, chain)) is not None:
                return note
            match decide(self._request(entry, chain)):
                case ChainChanged():
                    continue
                case Decided(answer=answer):
                    return answer
                case NothingShips(unfilled=unfilled):
                    return OfferNote(at=self._clock(), unfilled=unfilled)
                case OfferedFirst() as offered:
                    return offered
                case _:
                    return DecidedByOthers()
        raise Contended(f"order {entry.order.id} is decided again and again by others; try again")

    def _has_all_shipments(self, entry: BacklogEntry, chain: Chain) -> OfferNote | None:
        if not chain.kept or chain.owes(entry.decision):
            return None
        outcome = self.outcome(entry)
        most = None if outcome is None else outcome.max_shipments
        if most is None or chain.kept < most:
            return None
        return OfferNote(
            at=self._clock(), detail=f"the order has {chain.kept} of at most {most} shipments (max_shipments)"
        )

    def _request(self, entry: BacklogEntry, chain: Chain) -> DecisionRequest:
        barred = chain.barred(lasting=True)
        follows = FollowsRecord(
            decision=entry.decision,
            first=entry.first,
            because="stock",
            barred=barred_record(barred),
        )
        return DecisionRequest(
            remainder=Remainder(
                whole_order=entry.order,
                units=entry.units,
                barred=barred,
                standing_shipments=chain.kept,
                promised=chain.owes(entry.decision),
            ),
            instant=self._clock(),
            caller=entry.caller,
            most_holds=self._settings.max_holds,
            waits=True,
            after_waiting=self._settings.backlog == "auto",
            follow_up=FollowUp(
                first=entry.first,
                follow_ups=chain.follow_ups,
                record=follows,
                waiting=entry,
            ),
            only_if_ships=True,
        )
