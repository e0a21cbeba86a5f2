"""What pages about parcels tell beside where they are: the town of destination, and the token that asks for a page."""

from engine.errors import OrderErased
from engine.facts_reader import FactsReader
from engine.fulfilment.tracking.tracked_shipment import TrackedShipment
from engine.store.connection.client import Client
from engine.store.fulfilment.addressees import Addressees
from engine.store.fulfilment.page_tokens import PageTokens
from engine.store.keys import Keys


class TrackingPages:
    """Of one network."""

    def __init__(self, client: Client, keys: Keys, *, facts: FactsReader) -> None:
        self._addressees = Addressees(client, keys)
        self._facts = facts
        self.tokens = PageTokens(client, keys)

    @property
    def zone(self) -> str:
        """The installation's time zone. Raises NotReady."""
        return self._facts.network().time_zone

    def town(self, shipment: TrackedShipment) -> str:
        """Where a shipment goes; empty if that is not known, or the order was erased."""
        node = self._facts.network().nodes.get(shipment.goal.collected_at or "")
        if node is not None:
            return "" if node.address is None else node.address.town
        try:
            addressee = self._addressees.read(shipment.order)
        except OrderErased:
            return ""
        return "" if addressee is None else addressee.town
