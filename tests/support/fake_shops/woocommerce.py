"""WooCommerce's REST API v3, as far as connectors use it, and what it refuses.

https://woocommerce.github.io/woocommerce-rest-api-docs/
"""

import base64
import dataclasses
from typing import Any

from tests.support.fake_shops.fake_shop import Asked, FakeShop, Told

KEY, SECRET = "ck_1", "cs_1"
MOST_AT_ONCE = 100
_BASE = "/wp-json/wc/v3"


class FakeWooCommerce(FakeShop):
    """`products` are by SKU. `notes` are those of each order."""

    def __init__(self) -> None:
        super().__init__()
        self.products: dict[str, dict[str, Any]] = {}
        self.notes: dict[str, list[dict[str, Any]]] = {}

    def add(self, sku: str, **more: Any) -> dict[str, Any]:
        product = {"id": len(self.products) + 90, "sku": sku, "type": "simple", "stock_quantity": None, **more}
        return self.products.setdefault(sku, product)

    def too_many(self, asked: Asked, wait: int) -> Told:  # noqa: ARG002  # the same of all
        """As https://github.com/woocommerce/woocommerce/blob/trunk/docs/apis/store-api/rate-limiting.md has it."""
        refusal = _refused(429, "rate_limit_exceeded", "Too many requests.")
        return dataclasses.replace(refusal, headers={"Retry-After": str(wait), "RateLimit-Remaining": "0"})

    def answer(self, asked: Asked) -> Told:
        wanted = "Basic " + base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()
        if asked.headers.get("authorization") != wanted:
            return _refused(401, "woocommerce_rest_cannot_view", "Sorry, you cannot list resources.")
        if asked.method == "GET" and asked.path == f"{_BASE}/products":
            skus = asked.query["sku"].split(",")
            found = [product for sku, product in self.products.items() if sku in skus]
            return Told(200, found[: int(asked.query.get("per_page", 10))])
        if asked.method == "POST" and asked.path == f"{_BASE}/products/batch":
            return self._batch(asked.json["update"])
        parts = asked.path.removeprefix(_BASE).split("/")
        if parts[1:2] == ["orders"] and parts[3:] == ["notes"]:
            return self._notes(parts[2], asked)
        return _refused(404, "rest_no_route", "No route was found matching the URL and request method.")

    def _batch(self, updates: list[dict[str, Any]]) -> Told:
        if len(updates) > MOST_AT_ONCE:
            return _refused(413, "woocommerce_rest_request_entity_too_large", "Unable to accept more than 100 items")
        by_id = {product["id"]: product for product in self.products.values()}
        answers: list[dict[str, Any]] = []
        for update in updates:
            product = by_id.get(update["id"])
            if product is None or product["type"] == "variation":
                error = {
                    "code": "woocommerce_rest_invalid_product_id",
                    "message": "Invalid ID.",
                    "data": {"status": 404},
                }
                answers.append({"id": update["id"], "error": error})
                continue
            product |= update
            answers.append(product)
        return Told(200, {"update": answers})

    def _notes(self, order: str, asked: Asked) -> Told:
        if order not in self.notes:
            return _refused(404, "woocommerce_rest_order_invalid_id", "Invalid order ID.")
        if asked.method == "GET":
            return Told(200, self.notes[order])
        note = {"id": 281 + len(self.notes[order]), "author": "system", **asked.json}
        self.notes[order].append(note)
        return Told(201, note)


def _refused(status: int, code: str, message: str) -> Told:
    return Told(status, {"code": code, "message": message, "data": {"status": status}})
