"""Magento 2.4's REST API, as far as connectors use it, and what it refuses.

https://developer.adobe.com/commerce/webapi/rest/use-rest/performing-searches/,
https://developer.adobe.com/commerce/webapi/rest/inventory/manage-source-items/,
https://developer.adobe.com/commerce/webapi/rest/tutorials/orders/order-create-shipment/
"""

from typing import Any

from tests.support.fake_shops.fake_shop import Asked, FakeShop, Told

TOKEN = "mag-1"  # of this fake
_GROUP = "searchCriteria[filterGroups]"


class FakeMagento(FakeShop):
    """`stock` are units by SKU and source. `busy`: so many of the next requests are refused by the rate limit."""

    def __init__(self) -> None:
        super().__init__()
        self.orders: list[dict[str, Any]] = []
        self.shipments: list[dict[str, Any]] = []
        self.skus = {"SHIRT", "RARE"}
        self.sources = {"default", "paris"}
        self.stock: dict[tuple[str, str], int] = {}
        self.busy = 0

    def answer(self, asked: Asked) -> Told:
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return _refused(401, "The consumer isn't authorized to access %resources.")
        if self.busy:
            self.busy -= 1
            return Told(429, {"message": "Too many requests"}, {"Retry-After": "7"})
        if asked.method == "GET" and asked.path == "/rest/V1/orders":
            return self._page(asked, self.orders)
        if asked.method == "GET" and asked.path == "/rest/V1/shipments":
            return self._page(asked, self.shipments)
        if asked.method == "POST" and asked.path == "/rest/V1/inventory/source-items":
            return self._source_items(asked.json["sourceItems"])
        parts = asked.path.split("/")
        if asked.method == "POST" and parts[:4] == ["", "rest", "V1", "order"] and parts[5:] == ["ship"]:
            return self._ship(parts[4], asked.json)
        return _refused(404, "Request does not match any route.")

    def _page(self, asked: Asked, rows: list[dict[str, Any]]) -> Told:
        """Behind the last page it is the last one again, as Magento's collections do it."""
        for number in range(5):
            prefix = f"{_GROUP}[{number}][filters][0]"
            name = asked.query.get(f"{prefix}[field]")
            if name is not None:
                rows = [row for row in rows if _passes(row, asked.query, prefix, name)]
        size = int(asked.query.get("searchCriteria[pageSize]", 0)) or len(rows) or 1
        last = max(1, -(-len(rows) // size))
        page = min(int(asked.query.get("searchCriteria[currentPage]", 1)), last)
        items = rows[(page - 1) * size : page * size]
        return Told(200, {"items": items, "search_criteria": {"current_page": page}, "total_count": len(rows)})

    def _source_items(self, items: list[dict[str, Any]]) -> Told:
        for index, item in enumerate(items):
            if item["source_code"] not in self.sources:
                message = f'Source with code "{item["source_code"]}" does not exist ({index})'
                return _refused(400, message)
            if item["sku"] not in self.skus:
                return _refused(400, f'Product with SKU "{item["sku"]}" does not exist')
            if item["status"] not in (0, 1) or not isinstance(item["quantity"], int | float):
                return _refused(400, "Error processing request: a source item has the wrong type")
        self.stock |= {(item["sku"], item["source_code"]): item["quantity"] for item in items}
        return Told(200, [])

    def _ship(self, order: str, body: dict[str, Any]) -> Told:
        found = next((item for item in self.orders if str(item["entity_id"]) == order), None)
        if found is None:
            return _refused(404, "The entity that was requested doesn't exist. Verify the entity and try again.")
        for line in body["items"]:
            item = next((item for item in found["items"] if item["item_id"] == line["order_item_id"]), None)
            if item is None or item.get("qty_shipped", 0) + line["qty"] > item["qty_ordered"]:
                return _refused(400, "Shipment Document Validation Error(s):\nThe quantity to ship must not be greater")
        for line in body["items"]:
            item = next(item for item in found["items"] if item["item_id"] == line["order_item_id"])
            item["qty_shipped"] = item.get("qty_shipped", 0) + line["qty"]
        source = body["arguments"]["extension_attributes"]["source_code"]
        for line in body["items"]:
            sku = next(item["sku"] for item in found["items"] if item["item_id"] == line["order_item_id"])
            self.stock[sku, source] = self.stock.get((sku, source), 0) - line["qty"]
        self.shipments.append({"order_id": found["entity_id"], **body})
        return Told(200, "25")


def _passes(row: dict[str, Any], query: dict[str, str], prefix: str, name: str) -> bool:
    value, wanted = str(row.get(name)), query[f"{prefix}[value]"]
    return value >= wanted if query.get(f"{prefix}[conditionType]") == "gteq" else value == wanted


def _refused(status: int, message: str) -> Told:
    return Told(status, {"message": message})
