"""One order from the shop's page to the door, as an order-management system calls Pointsman; standard library only.

    python examples/calling/order_to_door.py --url http://localhost:8000 --order examples/hexagone/order.json

What a caller has to mind is marked with NOTE.
"""

import argparse
import http.client
import json
import time
import uuid
from collections.abc import Mapping
from contextlib import closing
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

ORDER = Path(__file__).parents[1] / "hexagone" / "order.json"
TRIES, SECONDS = 5, 10


class Refused(Exception):
    """A problem (RFC 9457) against which trying again does not help: its type, title and detail say what is wrong."""


class Caller:
    """One service, at its `host:port`."""

    def __init__(self, host: str) -> None:
        self._host = host

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """The JSON that is answered.

        NOTE: whether a request that got no answer was carried out, nobody knows. With an idempotency key (decisions)
        or an `op` (holds, rejections) it may simply be sent again: it is answered, and not done twice. A 503 says how
        long to wait.
        """
        for again in range(1, TRIES + 1):
            wait = 0.1 * 2**again
            try:
                status, found, wanted = self._once(method, path, body, headers)
            except (OSError, http.client.HTTPException):
                if again == TRIES:
                    raise
            else:
                if status < HTTPStatus.BAD_REQUEST:
                    return json.loads(found)
                if status != HTTPStatus.SERVICE_UNAVAILABLE or again == TRIES:
                    raise Refused(found.decode())
                wait = float(wanted or wait)
            time.sleep(wait)
        raise AssertionError  # the last try returned or raised

    def _once(self, method: str, path: str, body: Any, headers: Mapping[str, str]) -> tuple[int, bytes, str | None]:
        """Status, body and Retry-After."""
        with closing(http.client.HTTPConnection(self._host, timeout=SECONDS)) as connection:
            sent = None if body is None else json.dumps(body)
            connection.request(method, path, sent, {"Content-Type": "application/json", **headers})
            response = connection.getresponse()
            return response.status, response.read(), response.getheader("Retry-After")


def follow(call: Caller, order: dict[str, Any]) -> None:
    """From the page to the door."""
    skus = urlencode([("sku", line["sku"]) for line in order["lines"]])
    free = call("GET", f"/v1/availability?{skus}&channel={order['channel']}")
    for item in free["skus"]:
        print(f"the page shows {item['free']} x {item['sku']}")

    # NOTE: the key is of the order as it was asked for, made once and kept with it, not a new one for each try.
    key = str(uuid.uuid4())
    decision = call("POST", "/v1/decisions", order, **{"Idempotency-Key": key})
    told(decision)
    again = call("POST", "/v1/decisions", order, **{"Idempotency-Key": key})
    print(f"sent again, it is answered with decision {again['id']}")

    if not decision["shipments"]:
        return

    # The first node looks on its shelf and one article isn't there: it is counted as 0, and another node sends it.
    shipment = decision["shipments"][0]
    node, missing = shipment["node"], shipment["lines"][0]
    said = {"node": node, "lines": {missing["line"]: missing["quantity"]}, "reason": "not_in_stock", "on_hand": 0}
    decision = call("POST", f"/v1/decisions/{decision['id']}/reject", {**said, "op": f"{key} at {node}"})
    print(f"{node} has no {missing['sku']}")
    told(decision)

    # The carrier has taken the parcels: what was held, by whichever decision of the order, leaves the stock.
    chain = call("GET", f"/v1/decisions/{decision['id']}/chain")
    for made in chain["decisions"]:
        if not made["shipments"]:
            continue
        state = call("GET", f"/v1/holds/{made['id']}")
        if any(shipment["state"] == "held" for shipment in state["shipments"]):
            state = call("POST", f"/v1/decisions/{made['id']}/confirm", {"op": f"{key} on its way"})
        for shipment in state["shipments"]:
            print(f"{shipment['node']} by {shipment['service']}: {shipment['state']}")


def told(decision: dict[str, Any]) -> None:
    print(f"decision {decision['id']}: {decision['status']}")
    for shipment in decision["shipments"]:
        units = ", ".join(f"{parcel['quantity']} x {parcel['sku']}" for parcel in shipment["lines"])
        print(f"  {units} from {shipment['node']} by {shipment['service']}, arrives by {shipment['arrives_by']}")
    # NOTE: what can't be filled is said, with the reason. It is yours to see to, unless you asked with ?wait=true.
    for line in decision["unfilled"]:
        print(
            f"  not filled: {line['quantity']} x {line['sku']} ({', '.join(item['code'] for item in line['reasons'])})"
        )


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--url", default="http://localhost:8000")
    asked.add_argument("--order", type=Path, default=ORDER)
    given = asked.parse_args()
    follow(Caller(urlsplit(given.url).netloc), json.loads(given.order.read_text(encoding="utf-8")))


if __name__ == "__main__":
    main()
