"""How fast articles sell: shows the paces of sale in force, and learns them from the log."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from engine.demand.learning import DemandLearning
from engine.demand.learnt_paces import Learning, LearntFrom
from engine.demand.sales_evidence import Progress
from engine.errors import NotFound
from engine.facts_reader import FactsReader
from engine.model.demand import DemandTerms, LearntPace
from engine.model.facts import Network
from engine.store.connection.client import Client
from engine.store.flows.learnt_demand import LearntDemand
from engine.store.keys import Keys
from engine.store.network.serialization import learnt_of


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeDemand:
    """The pace of sale in force at a node, in thousandths of a unit a day, and what it was made of if it was learnt."""

    node: str
    pace: int
    learnt: LearntPace | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SkuDemand:
    """Of a SKU, the nodes with a pace. `terms` are the network's; `learnt_from` is what paces were last learnt from,
    None if they are those of its files. Units are counted in the smallest part of one, of so many `decimals`.
    """

    sku: str
    decimals: int
    nodes: Sequence[NodeDemand]
    terms: DemandTerms
    learnt_from: LearntFrom | None


class Demand:
    """The demand on one network. `clock` answers UTC seconds. Methods raise NotReady, StoreUnavailable."""

    def __init__(self, client: Client, keys: Keys, *, facts: FactsReader, clock: Callable[[], int]) -> None:
        self._client = client
        self._keys = keys
        self._facts = facts
        self._clock = clock
        self._store = LearntDemand(client, keys)

    def daily_demand(self, sku: str, node: str) -> int | None:
        """The pace of sale in force, in thousandths of a unit a day; None if it is not known. Raises NotFound."""
        return next((item.pace for item in self.show(sku).nodes if item.node == node), None)

    def show(self, sku: str) -> SkuDemand:
        """The paces of a SKU; raises NotFound."""
        network = self._network()
        record = self._store.products([sku])[sku]
        if record is None:
            raise NotFound(f"no product goes by the SKU '{sku}'")
        paces, learnt = record["paces"], learnt_of(record)
        last = self._store.last() if network.demand.source == "log" else None
        return SkuDemand(
            sku=sku,
            decimals=network.decimals.get(sku, 0),
            nodes=[NodeDemand(node=node, pace=paces[node], learnt=learnt.get(node)) for node in sorted(paces)],
            terms=network.demand,
            learnt_from=None if last is None else msgspec.json.decode(last, type=LearntFrom),
        )

    def learn(self, *, dry_run: bool = False, progress: Progress = lambda *_: None) -> Learning:
        """Learn the pace of each position from the log, and put it in the place of the given one; a `dry_run` only says
        what would be learnt. Raises NotLearnt, Contended, ArchiveUnavailable.
        """
        learning = DemandLearning(self._client, self._keys, network=self._network, now=self._clock(), progress=progress)
        return self._client.retry_if_revived(lambda: learning.run(dry_run=dry_run))

    def _network(self) -> Network:
        return self._facts.network_and_products([], fresh=True)[0]
