"""Shopify's GraphQL Admin API 2026-10, as far as connectors use it, and what it refuses.

https://shopify.dev/docs/api/admin-graphql/latest/mutations/inventorySetQuantities, .../mutations/fulfillmentCreate,
https://shopify.dev/docs/api/usage/implementing-idempotency, https://shopify.dev/docs/api/usage/limits
"""

import json
from dataclasses import dataclass, field
from typing import Any

from tests.support.fake_shops.fake_shop import Asked, FakeShop, Told

TOKEN = "shpat_1"  # of this fake
LYON, PARIS = "gid://shopify/Location/24826418", "gid://shopify/Location/346779380"
MOST_QUANTITIES = 250


@dataclass
class FulfillmentOrder:
    """`remaining` are units by line item."""

    number: int
    location: str
    remaining: dict[str, int]
    status: str = "OPEN"


@dataclass
class ShopifyOrder:
    orders: list[FulfillmentOrder]
    fulfillments: list[dict[str, Any]] = field(default_factory=list)


class FakeShopify(FakeShop):
    """`levels` are what is available by item and location. `busy` is how many of the next requests are throttled."""

    def __init__(self) -> None:
        super().__init__()
        self.items: dict[str, str] = {}
        self.levels: dict[tuple[str, str], int] = {}
        self.orders: dict[str, ShopifyOrder] = {}
        self.busy = 0
        self.code = "THROTTLED"
        """Of the error that busy requests are answered."""
        self.key_in_use = False
        """A mutation of the same key is still under way."""
        self.sold_meanwhile: list[tuple[str, str]] = []
        """Of these one is sold right before the next mutation."""
        self._keys: dict[str, tuple[Any, Any]] = {}

    def stock(self, sku: str, location: str, units: int) -> None:
        item = self.items.setdefault(sku, f"gid://shopify/InventoryItem/{len(self.items) + 1}")
        self.levels[item, location] = units

    def answer(self, asked: Asked) -> Told:
        if asked.path != "/admin/api/2026-10/graphql.json" or asked.method != "POST":
            return Told(404, {"errors": "Not Found"})
        if asked.headers.get("x-shopify-access-token") != TOKEN:
            message = "[API] Invalid API key or access token (unrecognized login or wrong password)"
            return Told(401, {"errors": message})
        if self.busy:
            self.busy -= 1
            return Told(200, {"errors": [{"message": "It failed", "extensions": {"code": self.code}}]})
        query, variables = asked.json["query"], asked.json.get("variables", {})
        for name, call in (("inventorySetQuantities", self._set), ("fulfillmentCreate", self._fulfil)):
            if name in query:
                return call(query, variables)
        data = self._levels(variables) if "inventoryItems" in query else self._order(variables)
        return Told(200, {"data": data})

    def too_many(self, asked: Asked, wait: int) -> Told:  # noqa: ARG002  # the same of all
        """Status 200 with what the bucket has, and no Retry-After (https://shopify.dev/docs/api/usage/limits)."""
        status = {"maximumAvailable": 1_000.0, "currentlyAvailable": 12, "restoreRate": 50.0}
        error = {"message": "Throttled", "extensions": {"code": "THROTTLED", "documentation": "https://shopify.dev"}}
        cost = {"requestedQueryCost": 202, "actualQueryCost": None, "throttleStatus": status}
        return Told(200, {"errors": [error], "extensions": {"cost": cost}})

    def _levels(self, variables: dict[str, Any]) -> Any:
        skus = [part.removeprefix("sku:").strip('"') for part in variables["skus"].split(" OR ")]
        nodes = [self._item(sku, self.items[sku]) for sku in dict.fromkeys(skus) if sku in self.items]
        return {"inventoryItems": {"nodes": nodes}}

    def _item(self, sku: str, item: str) -> Any:
        levels = [
            {"item": {"sku": sku}, "location": {"id": location}, "quantities": [{"quantity": units}]}
            for (of, location), units in self.levels.items()
            if of == item
        ]
        return {"id": item, "sku": sku, "inventoryLevels": {"nodes": levels}}

    def _set(self, query: str, variables: dict[str, Any]) -> Told:
        if "@idempotent(key: $key)" not in query or not variables.get("key"):
            return _invalid("The @idempotent directive is required for this mutation but was not provided.")
        if self.key_in_use:
            return _user_error("inventorySetQuantities", "IDEMPOTENCY_CONCURRENT_REQUEST", "in progress, try again")
        for item, location in self.sold_meanwhile:
            self.levels[self.items[item], location] -= 1
        self.sold_meanwhile = []
        given = variables["input"]
        if any("changeFromQuantity" not in quantity for quantity in given["quantities"]):
            return _invalid("InventoryQuantityInput must include the following argument: changeFromQuantity.")
        if not all(isinstance(quantity["quantity"], int) for quantity in given["quantities"]):
            return _invalid("Variable $input of type InventorySetQuantitiesInput! was provided invalid value")
        key, said = variables["key"], json.dumps(given, sort_keys=True)
        if key in self._keys:
            before, answer = self._keys[key]
            if before != said:
                return _user_error("inventorySetQuantities", "IDEMPOTENCY_KEY_PARAMETER_MISMATCH", "other parameters")
            return Told(200, answer)
        told = self._changed(given["quantities"])
        self._keys[key] = said, told.body
        return told

    def _changed(self, quantities: list[dict[str, Any]]) -> Told:
        if len(quantities) > MOST_QUANTITIES:
            return _invalid("The input array size of 251 is greater than the maximum allowed of 250.")
        for quantity in quantities:
            level = self.levels.get((quantity["inventoryItemId"], quantity["locationId"]))
            if level is None:
                return _user_error("inventorySetQuantities", "ITEM_NOT_STOCKED_AT_LOCATION", "not stocked there")
            if quantity["changeFromQuantity"] is not None and quantity["changeFromQuantity"] != level:
                return _user_error("inventorySetQuantities", "CHANGE_FROM_QUANTITY_STALE", "the quantity is stale")
        for quantity in quantities:
            self.levels[quantity["inventoryItemId"], quantity["locationId"]] = quantity["quantity"]
        return Told(200, {"data": {"inventorySetQuantities": {"userErrors": []}}})

    def _order(self, variables: dict[str, Any]) -> Any:
        order = self.orders.get(variables["id"].removeprefix("gid://shopify/Order/"))
        if order is None:
            return {"order": None}
        return {
            "order": {
                "fulfillments": [
                    {"status": "SUCCESS", "trackingInfo": [{"number": number} for number in made["numbers"]]}
                    for made in order.fulfillments
                ],
                "fulfillmentOrders": {"nodes": [_shown(item) for item in order.orders]},
            }
        }

    def _fulfil(self, _: str, variables: dict[str, Any]) -> Told:
        given = variables["fulfillment"]
        groups = given["lineItemsByFulfillmentOrder"]
        named = [group["fulfillmentOrderId"] for group in groups]
        if len(set(named)) != len(named):
            return _user_error("fulfillmentCreate", None, "Fulfillment order has been given more than once.")
        all_orders = [(order, item) for order in self.orders.values() for item in order.orders]
        found = [(order, item) for order, item in all_orders if _id("FulfillmentOrder", item.number) in named]
        if len({item.location for _, item in found}) != 1:
            return _user_error("fulfillmentCreate", None, "Fulfillment orders must be at the same location.")
        wanted = {}
        for group in groups:
            for line in group["fulfillmentOrderLineItems"]:
                wanted[line["id"]] = line["quantity"]
        left = {_line_id(item, line): (item, line) for _, item in found for line in item.remaining}
        if not all(id_ in left and left[id_][0].remaining[left[id_][1]] >= units for id_, units in wanted.items()):
            return _user_error("fulfillmentCreate", None, "Invalid fulfillment order line item quantity requested.")
        for id_, units in wanted.items():
            item, line = left[id_]
            item.remaining[line] -= units
            item.status = "OPEN" if any(item.remaining.values()) else "CLOSED"
        tracking = given.get("trackingInfo", {})
        found[0][0].fulfillments.append({"numbers": tracking.get("numbers", []), **given})
        return Told(200, {"data": {"fulfillmentCreate": {"fulfillment": {"id": "gid://1"}, "userErrors": []}}})


def _shown(item: FulfillmentOrder) -> Any:
    lines = [
        {"id": _line_id(item, line), "remainingQuantity": units, "lineItem": {"id": _id("LineItem", line)}}
        for line, units in item.remaining.items()
    ]
    return {"id": _id("FulfillmentOrder", item.number), "status": item.status, "lineItems": {"nodes": lines}}


def _id(kind: str, number: object) -> str:
    return f"gid://shopify/{kind}/{number}"


def _line_id(item: FulfillmentOrder, line: str) -> str:
    return _id("FulfillmentOrderLineItem", f"{item.number}{line}")


def _invalid(message: str) -> Told:
    return Told(200, {"errors": [{"message": message, "extensions": {"code": "INVALID_VARIABLE"}}]})


def _user_error(mutation: str, code: str | None, message: str) -> Told:
    error = {"field": ["input"], "message": message, **({"code": code} if code else {})}
    return Told(200, {"data": {mutation: {"fulfillment": None, "userErrors": [error]}}})
