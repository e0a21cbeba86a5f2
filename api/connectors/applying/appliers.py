"""What takes over the rows of each kind."""

from collections.abc import Mapping
from types import MappingProxyType

from api.connectors.applying.confirmations import apply_confirmation, apply_packing
from api.connectors.applying.inbound import apply_delivery, apply_receipt
from api.connectors.applying.incoming import Applier, one_by_one
from api.connectors.applying.master_data import apply_nodes, apply_products
from api.connectors.applying.orders import apply_cancellation, apply_order
from api.connectors.applying.returns import apply_inspection, apply_return, apply_returned_goods
from api.connectors.applying.stock import apply_counts, apply_movements
from api.connectors.applying.tracking import apply_tracking

APPLIERS: Mapping[str, Applier] = MappingProxyType(
    {
        "counts": apply_counts,
        "movements": apply_movements,
        "products": apply_products,
        "nodes": apply_nodes,
        "orders": one_by_one(apply_order),
        "cancellations": one_by_one(apply_cancellation),
        "confirmations": one_by_one(apply_confirmation),
        "packings": one_by_one(apply_packing),
        "receipts": one_by_one(apply_receipt),
        "deliveries": one_by_one(apply_delivery),
        "returns": one_by_one(apply_return),
        "returned_goods": one_by_one(apply_returned_goods),
        "return_inspections": one_by_one(apply_inspection),
        "tracking": apply_tracking,
    }
)
"""By the name of the kind."""
