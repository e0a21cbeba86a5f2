"""Stock in motion on one network: what comes in, comes back, is moved and is shared out. The parts, put together."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from engine.channels.channels import Channels
from engine.demand.demand import Demand
from engine.facts_reader import FactsReader
from engine.inbound.inbound import Inbound
from engine.lookahead.lookahead import LookaheadPrices
from engine.lookahead.solving import SolvedElsewhere
from engine.orders.decide_and_commit import DecideAndCommit, OfferFirst
from engine.promise_watch.late_rerouting import LateRerouting
from engine.promise_watch.promise_watch import PromiseWatch
from engine.returns.placement_question import PlacementQuestions
from engine.returns.returns import Returns
from engine.settings import Settings
from engine.store.connection.client import Client
from engine.store.keys import Keys
from engine.store.lookahead import LookaheadTables
from engine.transfers.articles import Moving
from engine.transfers.proposals import TransferProposals
from engine.transfers.transfers import Transfers


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowParts:
    """What every part of it needs. `after_freeing` offers the stock that a change freed to orders that wait,
    `offer_first` what a commit may not take before they were offered it; `clock` answers UTC seconds, `micros` UTC
    microseconds.
    """

    client: Client
    keys: Keys
    settings: Settings
    facts: FactsReader
    decide_and_commit: DecideAndCommit
    offer_first: OfferFirst
    after_freeing: Callable[[], None]
    new_id: Callable[[], str]
    clock: Callable[[], int]
    micros: Callable[[], int]


class Flows:
    """`Pointsman.flows`. Each attribute is one part."""

    def __init__(self, parts: FlowParts) -> None:
        self._parts = parts
        self.lookahead_tables = LookaheadTables(parts.client, parts.keys)
        self.demand = Demand(parts.client, parts.keys, facts=parts.facts, clock=parts.clock)
        self.inbound = Inbound(
            parts.client,
            parts.keys,
            facts=parts.facts,
            after_freeing=parts.after_freeing,
            clock=parts.clock,
            micros=parts.micros,
        )
        self.returns = Returns(
            parts.client,
            parts.keys,
            facts=parts.facts,
            after_freeing=parts.after_freeing,
            clock=parts.clock,
            micros=parts.micros,
        )
        self.return_placements = PlacementQuestions(parts.facts, clock=parts.clock)
        self.transfers = Transfers(
            parts.client,
            parts.keys,
            facts=parts.facts,
            after_freeing=parts.after_freeing,
            clock=parts.clock,
            micros=parts.micros,
        )
        self.transfer_proposals = TransferProposals(
            facts=parts.facts,
            moving=self._moving,
            made=self.transfers.made,
            clock=parts.clock,
        )
        self.lookahead = LookaheadPrices(
            parts.client,
            parts.keys,
            parts.settings.lookahead,
            facts=parts.facts,
            tables=self.lookahead_tables,
            clock=parts.clock,
        )
        self.channels = Channels(parts.client, parts.keys, facts=parts.facts, new_id=parts.new_id, clock=parts.clock)
        self.promise_watch = _promise_watch(parts)

    def start(self, *, prices_elsewhere: SolvedElsewhere | None = None) -> None:
        """From here on, and until they are closed, the parts do what nobody asks for. A process that goes on for long
        does this. Look-ahead prices are solved elsewhere, or in this process.
        """
        self.channels.start()
        self.promise_watch.start()
        self.lookahead.start(prices_elsewhere)

    def close(self) -> None:
        self.channels.close()
        self.promise_watch.close()
        self.lookahead.close()

    def _moving(self) -> Iterator[Moving]:
        """What is to go from node to node and has not left."""
        for transfer in self.transfers.open_transfers():
            if transfer.status != "shipped":
                for line in transfer.lines:
                    yield Moving(sku=line.sku, origin=transfer.origin, goal=transfer.goal, units=line.units)


def _promise_watch(parts: FlowParts) -> PromiseWatch:
    rerouting = LateRerouting(
        parts.client,
        parts.keys,
        facts=parts.facts,
        decide_and_commit=parts.decide_and_commit,
        undo_seconds=60 * parts.settings.undo,
        after_waiting=parts.settings.backlog == "auto",
        offer_first=parts.offer_first,
        after_freeing=parts.after_freeing,
        clock=parts.clock,
        micros=parts.micros,
    )
    return PromiseWatch(
        parts.client,
        parts.keys,
        parts.settings.promises,
        facts=parts.facts,
        rerouting=rerouting,
        clock=parts.clock,
    )
