"""What reads the records of each kind."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from api.connectors.language.connector import Connector, Sends
from api.connectors.sending.records.allocations import Allocations
from api.connectors.sending.records.availability_feed import ChannelAvailability
from api.connectors.sending.records.batch import Records
from api.connectors.sending.records.confirmations import Confirmations
from api.connectors.sending.records.shipment_orders import ShipmentOrders
from api.connectors.sending.records.stock_feed import StockFeed
from engine.service import Pointsman

RECORDS: Mapping[str, Callable[[Pointsman, Connector, Sends], Records]] = MappingProxyType(
    {
        "shipment_orders": ShipmentOrders,
        "stock_feed": StockFeed,
        "availability_feed": ChannelAvailability,
        "allocations": Allocations,
        "confirmations": Confirmations,
    }
)
"""By the name of the kind."""
