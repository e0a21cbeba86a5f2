"""Odoo 19's JSON-2 API, as far as connectors use it, and what it refuses.

https://www.odoo.com/documentation/19.0/developer/reference/external_api.html
"""

from typing import Any

from tests.support.fake_shops.fake_shop import Asked, FakeShop, Told

API_KEY = "6578616d706c65"
DATABASE = "odoo"


class FakeOdoo(FakeShop):
    """`orders` have what the specification asks for, and `write_date`."""

    def __init__(self) -> None:
        super().__init__()
        self.orders: list[dict[str, Any]] = []
        self.products: list[dict[str, Any]] = []

    def answer(self, asked: Asked) -> Told:
        scheme, _, key = asked.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or key != API_KEY:
            return _refused(401, "werkzeug.exceptions.Unauthorized", "Invalid apikey")
        if asked.headers.get("x-odoo-database") != DATABASE:
            return _refused(404, "werkzeug.exceptions.NotFound", "no such database")
        if asked.method != "POST" or not asked.path.startswith("/json/2/"):
            return _refused(404, "werkzeug.exceptions.NotFound", "no such route")
        model, method = asked.path.removeprefix("/json/2/").split("/")
        body = asked.json
        match model, method:
            case "sale.order", "web_search_read":
                since = next(value for name, sign, value in body["domain"] if (name, sign) == ("write_date", ">="))
                found = [order for order in self.orders if order["write_date"] >= since and order["state"] == "sale"]
                shown = [{name: value for name, value in order.items() if name != "write_date"} for order in found]
                return Told(200, {"length": len(shown), "records": shown})
            case "product.product", "search_read":
                return Told(200, [{name: row.get(name) for name in ("id", *body["fields"])} for row in self.products])
        return _refused(404, "werkzeug.exceptions.NotFound", f"the model {model!r} has no {method!r}")


def _refused(status: int, name: str, message: str) -> Told:
    return Told(status, {"name": name, "message": message, "arguments": [message], "context": {}, "debug": ""})
