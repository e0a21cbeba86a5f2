"""Which papers are printed for what is packed."""

from collections.abc import Callable

from engine.fulfilment.printing.node_printers import printer_of
from engine.fulfilment.printing.print_job import Paper, PrintJob
from engine.model.facts import Network
from engine.model.parcels import PackedShipment, Packing


class PackedPapers:
    """The print jobs of parcels: of each a label and a dispatch note, where its node has printers for them."""

    def __init__(self, new_id: Callable[[], str]) -> None:
        self._new_id = new_id

    def of_parcels(self, network: Network, shipment: PackedShipment, packing: Packing, now: int) -> list[PrintJob]:
        papers: tuple[Paper, ...] = ("label", "note")
        return [
            job
            for parcel in packing.parcels
            for paper in papers
            for job in self.of(network, shipment.node, paper, f"{shipment.key}/{parcel.number}", now)
        ]

    def of(self, network: Network, node: str, paper: Paper, what: str, now: int) -> list[PrintJob]:
        place = network.nodes.get(node)
        if place is None or printer_of(place, paper) is None:
            return []
        return [PrintJob(id=self._new_id(), node=node, paper=paper, of=what, queued_at=now)]
