"""What reads the records of each kind."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from api.connectors.language.connector import Connector, Sends
from api.connectors.sending.records.after_others import AfterOthers
from api.connectors.sending.records.allocations import Allocations
from api.connectors.sending.records.availability_feed import ChannelAvailability
from api.connectors.sending.records.batch import Records
from api.connectors.sending.records.confirmations import Confirmations
from api.connectors.sending.records.shipment_orders import ShipmentOrders
from api.connectors.sending.records.stock_feed import StockFeed
from api.connectors.sending.records.stock_with_holds import StockWithHolds, tells_holds
from engine.service import Pointsman


def _stock_feed(pointsman: Pointsman, connector: Connector, sends: Sends) -> Records:
    kind = StockWithHolds if tells_holds(connector) else StockFeed
    return AfterOthers(kind(pointsman, connector, sends), pointsman, sends)


RECORDS: Mapping[str, Callable[[Pointsman, Connector, Sends], Records]] = MappingProxyType(
    {
        "shipment_orders": ShipmentOrders,
        "stock_feed": _stock_feed,
        "availability_feed": ChannelAvailability,
        "allocations": Allocations,
        "confirmations": Confirmations,
    }
)
"""By the name of the kind."""
