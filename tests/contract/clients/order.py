"""Drives an order from its quote to its confirmation by the client that openapi-python-client generates; mypy checks it
against that client. `python order.py URL KEY` prints the id of the decision.
"""

import datetime
import sys
from typing import TypeVar

from pointsman_generated import AuthenticatedClient
from pointsman_generated.api.decisions import decisions_read
from pointsman_generated.api.holds import holds_confirm, holds_show
from pointsman_generated.api.orders import orders_show
from pointsman_generated.api.quotes import quotes_quote, quotes_take
from pointsman_generated.models.cart_request import CartRequest
from pointsman_generated.models.confirm_request import ConfirmRequest
from pointsman_generated.models.delivery import Delivery
from pointsman_generated.models.destination_request import DestinationRequest
from pointsman_generated.models.line_request import LineRequest
from pointsman_generated.models.problem import Problem
from pointsman_generated.models.take_up_request import TakeUpRequest

Answer = TypeVar("Answer")


def success(answer: Answer | Problem | None) -> Answer:
    if answer is None or isinstance(answer, Problem):
        raise SystemExit(f"refused: {answer}")
    return answer


def drive(client: AuthenticatedClient) -> str:
    cart = CartRequest(
        channel="web",
        lines=[LineRequest(sku="TXT-0059", quantity=2, unit_price="19.90")],
        destination=DestinationRequest(country="FR", postcode="69003", latitude=45.76, longitude=4.86),
        deliveries=[Delivery.STANDARD],
    )
    quote = success(quotes_quote.sync(client=client, body=cart, idempotency_key="generated-python-quote"))
    promise = quote.promises[0]
    assert promise.arrives_by > datetime.datetime.now(datetime.UTC)
    taken = TakeUpRequest(order_id="GENERATED-PYTHON", promise=promise.promise)
    decision = success(quotes_take.sync(quote.id, client=client, body=taken))
    assert decision.status == "filled", decision.status
    assert decision.id is not None  # as it is of a dry run
    assert success(decisions_read.sync(decision.id, client=client)) == decision
    assert success(holds_show.sync(decision.id, client=client)).shipments
    success(holds_confirm.sync(decision.id, client=client, body=ConfirmRequest(op="generated-python-parcel")))
    assert success(orders_show.sync("GENERATED-PYTHON", client=client)).decisions
    refused = quotes_take.sync_detailed("quo_nothing", client=client, body=taken)
    assert isinstance(refused.parsed, Problem)
    assert refused.status_code == refused.parsed.status
    return decision.id


if __name__ == "__main__":
    _, url, key = sys.argv
    with AuthenticatedClient(base_url=url, token=key, raise_on_unexpected_status=True) as opened:
        sys.stdout.write(drive(opened))
