"""Lists the nodes that rest after a rejection, and ends a rest early."""

from collections.abc import Callable

from engine.decide.kept_facts.rest_record import RestingRecord
from engine.decide.node_rest import resting_record
from engine.errors import NotFound
from engine.idempotency import operation
from engine.model.facts import Network
from engine.store.connection.client import Client
from engine.store.keys import Keys
from engine.store.node_rests import NodeRests


class RestingNodes:
    """The rests of one network. Methods raise StoreUnavailable; those that read also NotReady."""

    def __init__(self, client: Client, keys: Keys, *, network: Callable[[], Network], clock: Callable[[], int]) -> None:
        self._client = client
        self._rests = NodeRests(client, keys)
        self._network = network
        self._clock = clock

    def all(self) -> list[RestingRecord]:
        """The record of each node that rests now, by the node's id."""
        node_rests = self._client.retry_if_revived(lambda: self._rests.all(self._clock()))
        network = self._network()
        return [resting_record(node, node_rest, network) for node, node_rest in node_rests.items()]

    def end(self, node: str, *, who: str) -> None:
        """End a node's rest: from the next decision on it may be given shipments again. Raises NotFound."""
        request = operation(node, None)
        if not self._rests.end(node, now=self._clock(), who=who, operation=request.name, seconds=request.seconds):
            raise NotFound(f"node '{node}' does not rest: it never did, or no more")
