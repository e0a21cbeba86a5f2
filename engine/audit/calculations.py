"""Reads what the calculations of logged decisions need: the network and the products they were decided with."""

from collections.abc import Callable, Iterator

from engine.audit.calculation import Calculation, calculate
from engine.audit.comparison.contradictions import contradictions_named
from engine.errors import FactsForgotten, RecordContradictory
from engine.store.connection.client import Client
from engine.store.keys import Keys
from engine.store.log import decision_log
from engine.store.log.entry import Entry
from engine.store.network.former.former_cache import FormerCache


class Calculations:
    """The calculations of one network's decisions. Methods raise FactsForgotten, RecordContradictory,
    DecisionUnreadable and StoreUnavailable.
    """

    def __init__(self, client: Client, keys: Keys, *, former: FormerCache) -> None:
        self._client = client
        self._keys = keys
        self._former = former

    def of_decision(self, decision: str) -> Calculation:
        """Raises NotFound."""
        return self.of_entry(decision_log.decided(self._client, self._keys, decision))

    def between(
        self, since: int | None, until: int | None, *, on_damaged: Callable[[str], None] | None = None
    ) -> Iterator[Calculation | FactsForgotten | RecordContradictory]:
        """Of all decisions that were made from the instant `since` on and before `until`, oldest first; in place of
        one whose network is not kept any more, or whose record contradicts it, the error that says so. `on_damaged` as
        in `Replays.between`.
        """
        decisions = decision_log.decisions(self._client, self._keys, since=since, until=until, on_damaged=on_damaged)
        for entry in decisions:
            try:
                yield self.of_entry(entry)
            except (FactsForgotten, RecordContradictory) as error:
                yield error

    def of_entry(self, entry: Entry) -> Calculation:
        """Of the decision that an entry logged."""
        with contradictions_named(entry.decision):
            return self._calculated(entry)

    def _calculated(self, entry: Entry) -> Calculation:
        record = entry.record
        version, shipments = (
            record.network_version,
            record.scheduled.shipments if record.scheduled else record.shipments,
        )
        skus = list(dict.fromkeys(line.sku for shipment in shipments for line in shipment.lines))
        found = self._former.products(version, skus)
        if len(found) < len(skus):
            raise FactsForgotten(f"products of decision {record.id} are not kept as they were when it was made")
        products = {sku: product for sku, (product, _) in found.items()}
        return calculate(record, self._former.network(version).network, products)
