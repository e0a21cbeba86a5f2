"""One order from the product page to the customer's door, as an order-management system calls Pointsman; standard
library only.

KEY=pointsman_... python examples/calling/order_to_door.py --url http://localhost:8000 --order order.json

What a caller has to take care of is marked with NOTE.
"""

import argparse
import http.client
import json
import os
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
    """The service answered with a problem (RFC 9457) that trying again does not solve: its type, title and detail say
    what is wrong.
    """


class Caller:
    """One service, at its `host:port`, called with an API key."""

    def __init__(self, host: str, key: str) -> None:
        self._host = host
        # NOTE: the key is a secret. Keep it out of the program, of addresses and of logs.
        self._headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Sends a request, again if need be; the JSON of the answer.

        NOTE: a caller that gets no answer cannot know whether its request was carried out. With an idempotency key
        (decisions) or an `op` (holds, rejections) it may simply send the request again: it gets the answer, and nothing
        is done twice. A 503 says how long to wait before.
        """
        for attempt in range(1, TRIES + 1):
            wait = 0.1 * 2**attempt
            try:
                status, answer, retry_after = self._once(method, path, body, headers)
            except (OSError, http.client.HTTPException):
                if attempt == TRIES:
                    raise
            else:
                if status < HTTPStatus.BAD_REQUEST:
                    return json.loads(answer)
                if status != HTTPStatus.SERVICE_UNAVAILABLE or attempt == TRIES:
                    raise Refused(answer.decode())
                wait = float(retry_after or wait)
            time.sleep(wait)
        raise AssertionError  # the last try returned or raised

    def _once(self, method: str, path: str, body: Any, headers: Mapping[str, str]) -> tuple[int, bytes, str | None]:
        """Status, body and Retry-After."""
        with closing(http.client.HTTPConnection(self._host, timeout=SECONDS)) as connection:
            sent = None if body is None else json.dumps(body)
            connection.request(method, path, sent, {**self._headers, **headers})
            response = connection.getresponse()
            return response.status, response.read(), response.getheader("Retry-After")


def follow(call: Caller, order: dict[str, Any]) -> None:
    """Follows the order from the product page to the door."""
    skus = urlencode([("sku", line["sku"]) for line in order["lines"]])
    availability = call("GET", f"/v1/availability?{skus}&channel={order['channel']}")
    for item in availability["skus"]:
        print(f"the page shows {item['free']} x {item['sku']}")

    # NOTE: make the key once for each order and keep it with the order; do not make a new one for each try.
    key = str(uuid.uuid4())
    order = {**order, "id": f"example-{key}"}  # an order of its own each time this is run
    decision = call("POST", "/v1/decisions", order, **{"Idempotency-Key": key})
    print_decision(decision)
    repeated = call("POST", "/v1/decisions", order, **{"Idempotency-Key": key})
    print(f"sent again, it is answered with decision {repeated['id']}")

    if not decision["shipments"]:
        return

    # The first node finds that it doesn't have one of the articles: its stock is set to 0, and another node ships it.
    shipment = decision["shipments"][0]
    node, missing = shipment["node"], shipment["lines"][0]
    rejection = {"node": node, "lines": {missing["line"]: missing["quantity"]}, "reason": "not_in_stock", "on_hand": 0}
    decision = call("POST", f"/v1/decisions/{decision['id']}/reject", {**rejection, "op": f"{key} at {node}"})
    print(f"{node} has no {missing['sku']}")
    print_decision(decision)

    # The carrier has taken the parcels: the units that any decision of this order holds leave the stock.
    chain = call("GET", f"/v1/decisions/{decision['id']}/chain")
    for one_decision in chain["decisions"]:
        if not one_decision["shipments"]:
            continue
        state = call("GET", f"/v1/holds/{one_decision['id']}")
        if any(shipment["state"] == "held" for shipment in state["shipments"]):
            state = call("POST", f"/v1/decisions/{one_decision['id']}/confirm", {"op": f"{key} on its way"})
        for shipment in state["shipments"]:
            print(f"{shipment['node']} by {shipment['service']}: {shipment['state']}")


def print_decision(decision: dict[str, Any]) -> None:
    print(f"decision {decision['id']}: {decision['status']}")
    for shipment in decision["shipments"]:
        units = ", ".join(f"{parcel['quantity']} x {parcel['sku']}" for parcel in shipment["lines"])
        print(f"  {units} from {shipment['node']} by {shipment['service']}, arrives by {shipment['arrives_by']}")
    # NOTE: the answer lists what can't be filled, with the reasons. The caller has to deal with it, unless it asked
    # with ?wait=true: then those units wait for stock.
    for line in decision["unfilled"]:
        print(
            f"  not filled: {line['quantity']} x {line['sku']} ({', '.join(item['code'] for item in line['reasons'])})"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="http://localhost:8000")
    parser.add_argument("--order", type=Path, default=ORDER)
    arguments = parser.parse_args()
    call = Caller(urlsplit(arguments.url).netloc, os.environ["KEY"])
    follow(call, json.loads(arguments.order.read_text(encoding="utf-8")))


if __name__ == "__main__":
    main()
