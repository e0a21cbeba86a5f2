"""Stock in motion on one network: what comes in, comes back, is moved and is shared out. The parts, put together."""

from collections.abc import Callable
from dataclasses import dataclass

from engine.demand.demand import Demand
from engine.facts_reader import FactsReader
from engine.inbound.inbound import Inbound
from engine.returns.returns import Returns
from engine.store.connection.client import Client
from engine.store.keys import Keys
from engine.transfers.proposals import TransferProposals


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowParts:
    """What every part of it needs. `after_freeing` offers the stock that a change freed to orders that wait; `clock`
    answers UTC seconds, `micros` UTC microseconds.
    """

    client: Client
    keys: Keys
    facts: FactsReader
    after_freeing: Callable[[], None]
    new_id: Callable[[], str]
    clock: Callable[[], int]
    micros: Callable[[], int]


class Flows:
    """`Pointsman.flows`. Each attribute is one part."""

    def __init__(self, parts: FlowParts) -> None:
        self._parts = parts
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
        self.transfer_proposals = TransferProposals(
            parts.client, parts.keys, facts=parts.facts, moving=lambda: (), clock=parts.clock
        )
