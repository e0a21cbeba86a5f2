"""The client."""

import json
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from pointsman_client.connection import Connection

Json = dict[str, Any]


class Client:
    """One service, called with an API key. It may be used by several threads.

    `url` is where the service is, `network` the one that is meant if the key is for several. A call is sent `tries`
    times at most, and each time is
    answered within `timeout` seconds or sent again.
    """

    def __init__(
        self, url: str, *, key: str, network: str | None = None, tries: int = 5, timeout: float = 30.0
    ) -> None:
        headers = {"Authorization": f"Bearer {key}", **({"X-Pointsman-Network": network} if network else {})}
        self._connection = Connection(url, headers=headers, tries=tries, timeout=timeout)

    def availability(self, skus: Sequence[str], *, channel: str, **destination: object) -> Json:
        """What an order on the channel would get of each SKU; `destination` may have `country`, `latitude`, `longitude`
        or `collect_at`.
        """
        query = [*(("sku", sku) for sku in skus), ("channel", channel), *destination.items()]
        return self.call("GET", f"/v1/availability?{urlencode(query)}")

    def feed(self, channel: str, *, since: str | None = None) -> Iterator[Json]:
        """Of all SKUs, what an order on the channel would get; with `since`, the cursor of the last one, only what
        changed.
        """
        query = {"channel": channel, **({"since": since} if since else {})}
        return self._lines("GET", f"/v1/availability/feed?{urlencode(query)}")

    def quote(self, cart: Mapping[str, Any], *, key: str | None = None) -> Json:
        """What may be promised of a cart."""
        return self.call("POST", "/v1/quotes", cart, key=key)

    def take(self, quote_id: str, body: Mapping[str, Any], *, key: str | None = None) -> Json:
        """Order what was quoted: `order_id`, and the number of the `promise`."""
        return self.call("POST", f"/v1/quotes/{_part(quote_id)}/take", body, key=key)

    def decide(
        self, order: Mapping[str, Any], *, wait: bool = False, dry_run: bool = False, key: str | None = None
    ) -> Json:
        """Where an order ships from; its stock is held. `wait`: units that nobody has wait for stock."""
        query = urlencode({"wait": str(wait).lower(), "dry_run": str(dry_run).lower()})
        return self.call("POST", f"/v1/decisions?{query}", order, key=key)

    def batch(self, orders: Iterable[Mapping[str, Any]], *, key: str | None = None) -> Iterator[Json]:
        """Decide many orders together; yields what became of each, and at last how the batch ended."""
        lines = b"".join(json.dumps(order).encode() + b"\n" for order in orders)
        return self._lines("POST", "/v1/decisions/batch", lines, key=key)

    def decision(self, decision: str) -> Json:
        """A logged decision."""
        return self.call("GET", f"/v1/decisions/{_part(decision)}")

    def order(self, order: str) -> Json:
        """An order as it stands: where each of its units is."""
        return self.call("GET", f"/v1/orders/{_part(order)}")

    def cancel(self, order: str, *, lines: Mapping[str, int] | None = None, key: str | None = None) -> Json:
        """Cancel all units that have not left, or so many of each line."""
        return self.call("POST", f"/v1/orders/{_part(order)}/cancel", {"lines": lines} if lines else {}, key=key)

    def amend(self, order: Mapping[str, Any], *, key: str | None = None) -> Json:
        """Make an order what it is to be."""
        return self.call("POST", f"/v1/orders/{_part(str(order['id']))}/amend", order, key=key)

    def confirm(self, decision: str, *, key: str | None = None, **fields: Any) -> Json:
        """The goods have left: all, or `lines` of them, or `shipments`; `left_at` says when."""
        return self.call("POST", f"/v1/decisions/{_part(decision)}/confirm", fields, key=key)

    def release(self, decision: str, *, key: str | None = None, **fields: Any) -> Json:
        """The goods stay: all, or `lines` of them, or `shipments`."""
        return self.call("POST", f"/v1/decisions/{_part(decision)}/release", fields, key=key)

    def extend(self, decision: str, *, minutes: int, key: str | None = None) -> Json:
        """Hold the goods for so many minutes from now."""
        return self.call("POST", f"/v1/decisions/{_part(decision)}/extend", {"minutes": minutes}, key=key)

    def reject(self, decision: str, *, node: str, reason: str, key: str | None = None, **fields: Any) -> Json:
        """A node won't ship; answered with the decision that says where its units go instead."""
        body = {"node": node, "reason": reason, **fields}
        return self.call("POST", f"/v1/decisions/{_part(decision)}/reject", body, key=key)

    def count(self, node: str, sku: str, on_hand: float, *, at: str, key: str | None = None) -> Json:
        """What a node was counted to have, at an instant such as 2026-11-27T08:12:31Z."""
        body = {"on_hand": on_hand, "at": at}
        return self.call("PUT", f"/v1/stock/{_part(node)}/{_part(sku)}", body, key=key)

    def events(self, *, since: str | None = None) -> Iterator[Json]:
        """What changed after the cursor `since`, oldest first."""
        return self._lines("GET", f"/v1/events?{urlencode({'since': since} if since else {})}")

    def call(self, method: str, path: str, body: Any = None, *, key: str | None = None) -> Json:
        """Any call with JSON, and its answer; what changes something has an idempotency key, `key` or a new one."""
        sent = None if body is None else json.dumps(body).encode()
        answer = self._connection.ask(method, path, sent, "application/json", key=_key(method, key))
        return dict(json.loads(answer)) if answer else {}

    def _lines(self, method: str, path: str, body: bytes | None = None, *, key: str | None = None) -> Iterator[Json]:
        lines = self._connection.ask_for_lines(method, path, body, "application/x-ndjson", key=_key(method, key))
        return (json.loads(line) for line in lines if line.strip())


def _key(method: str, key: str | None) -> str | None:
    return None if method == "GET" else key or str(uuid.uuid4())


def _part(name: str) -> str:
    return quote(name, safe="")
