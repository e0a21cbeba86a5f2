"""What becomes of shipments on one network once they are picked: packed, labelled, printed, handed over and tracked.
The parts, put together.
"""

from collections.abc import Callable
from dataclasses import dataclass

from engine.facts_reader import FactsReader
from engine.fulfilment.carriers.carriers import Carriers
from engine.fulfilment.papers import Papers
from engine.fulfilment.parcels.handing_over import HandingOver
from engine.fulfilment.parcels.packing import PackingParts
from engine.fulfilment.parcels.papers import ParcelPapers
from engine.fulfilment.parcels.parcels import Parcels
from engine.fulfilment.parcels.printed import PrintedPapers
from engine.fulfilment.parcels.retention import Retention
from engine.fulfilment.parcels.unneeded_labels import UnneededLabels
from engine.fulfilment.printing.printing import Printing
from engine.fulfilment.printing.sending import PrinterConnections
from engine.fulfilment.return_labels.printed_return_labels import PrintedReturnLabels
from engine.fulfilment.return_labels.return_labels import ReturnLabels
from engine.fulfilment.tracking.carrier_calls import CarrierCalls
from engine.fulfilment.tracking.on_the_way import OnTheWay
from engine.fulfilment.tracking.on_time import OnTimeRates
from engine.fulfilment.tracking.polling import Polling
from engine.fulfilment.tracking.tracked_shipments import TrackedShipments
from engine.fulfilment.tracking.tracking import Tracking
from engine.fulfilment.tracking.tracking_pages import TrackingPages
from engine.inventory.holds import DecisionHolds
from engine.orders.living_orders import LivingOrders
from engine.promise_watch.at_risk import OnTheWayRisks
from engine.settings import Settings
from engine.store.connection.client import Client
from engine.store.fulfilment.addressees import Addressees
from engine.store.fulfilment.shipments import Shipments
from engine.store.keys import Keys


@dataclass(frozen=True, slots=True, kw_only=True)
class FulfilmentParts:
    """What every part of it needs. `watch_too` has the promise watch see to what carriers have. `clock` answers UTC
    seconds, `micros` microseconds.
    """

    client: Client
    keys: Keys
    settings: Settings
    facts: FactsReader
    watch_too: Callable[[OnTheWayRisks], None]
    holds: DecisionHolds
    orders: LivingOrders
    new_id: Callable[[], str]
    clock: Callable[[], int]
    micros: Callable[[], int]


class Fulfilment:
    """`Pointsman.fulfilment`. Each attribute is one part."""

    def __init__(self, parts: FulfilmentParts) -> None:
        shipments = Shipments(parts.client, parts.keys)
        self.carriers = Carriers(
            parts.client,
            parts.keys,
            settings=parts.settings.carriers,
            network=lambda: parts.facts.network_and_products((), fresh=True)[0],
            new_id=parts.new_id,
            clock=parts.clock,
        )
        packing = PackingParts(
            client=parts.client,
            keys=parts.keys,
            facts=parts.facts,
            carriers=self.carriers,
            shipments=shipments,
            addressees=Addressees(parts.client, parts.keys),
            new_id=parts.new_id,
            clock=parts.clock,
            micros=parts.micros,
        )
        self.parcels = Parcels(packing)
        self.handing_over = HandingOver(packing, self.parcels, parts.holds)
        self.return_labels = ReturnLabels(packing, order=parts.orders.show)
        self.retention = Retention(packing, order=parts.orders.show)
        self.unneeded_labels = UnneededLabels(
            packing, self.parcels, self.handing_over, self.return_labels, end_what_is_due=self.retention.take_turn
        )
        tracked = TrackedShipments(parts.client, parts.keys, facts=parts.facts, packed=shipments)
        silence = parts.settings.tracking.silence
        self.tracking = Tracking(parts.client, parts.keys, tracked, silence=silence, clock=parts.clock)
        self.on_time = OnTimeRates(parts.client, parts.keys, facts=parts.facts, clock=parts.clock)
        self.polling = Polling(
            parts.client, parts.keys, tracked, carriers=self.carriers, tracking=self.tracking, clock=parts.clock
        )
        self.on_the_way = OnTheWay(
            parts.client,
            parts.keys,
            tracked,
            rates=self.on_time,
            begin_polling=self.polling.begin,
            silence=silence,
            clock=parts.clock,
        )
        parts.watch_too(self.on_the_way)
        self.carrier_calls = CarrierCalls(self.carriers, self.tracking)
        self.tracking_pages = TrackingPages(parts.client, parts.keys, facts=parts.facts)
        papers = ParcelPapers(packing, order=parts.orders.show)
        self.printed = PrintedPapers(packing, papers, self.handing_over)
        self.printed_return_labels = PrintedReturnLabels(packing, self.return_labels)
        self.papers = Papers(self.parcels, self.printed, self.printed_return_labels, clock=parts.clock)
        self.printing = Printing(
            parts.client,
            parts.keys,
            facts=parts.facts,
            drawing=self.papers,
            connections=PrinterConnections(),
            auto=parts.settings.printing == "auto",
            new_id=parts.new_id,
            clock=parts.clock,
            micros=parts.micros,
        )

    def start(self) -> None:
        """From here on, and until they are closed, the parts do what nobody asks for. A process that goes on for long
        does this.
        """
        self.printing.start()
        self.unneeded_labels.start()
        self.polling.start()

    def close(self) -> None:
        self.printing.close()
        self.unneeded_labels.close()
        self.polling.close()
