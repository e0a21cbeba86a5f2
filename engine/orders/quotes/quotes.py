"""Quotes: what a cart or a product may be promised before it is ordered."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec
from msgspec import UNSET

from engine.decide.address.address import address_of, placed_address
from engine.decide.decision import Reason
from engine.decide.order_checks import check_order
from engine.decide.order_record import OrderRecord, timestamp
from engine.decide.promises.promise import Promise, undominated
from engine.decide.promises.quote_record import NotPromisedRecord, PromiseRecord, QuoteRecord, to_json
from engine.decide.promises.search import PromiseSearch, SharedFacts
from engine.decide.record_parts import PlacedAddressRecord, PlacedLineRecord
from engine.errors import Mistake, OrderInvalid
from engine.facts_reader import FactsReader
from engine.model.facts import Line, Network, Order
from engine.orders.quotes.node_ranking import ranks_alone
from engine.store.connection.client import Client
from engine.store.keys import Keys
from engine.store.orders.quotes import QuoteStore

MINUTES = 15
"""How long a quote is valid if its caller does not say, and a promise for a product page at most."""
MOST_MINUTES = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteRequest:
    """A cart to be quoted by each of some kinds of delivery, for so many minutes. It is an order without an id, placed
    when it is quoted.
    """

    cart: Order
    deliveries: Sequence[str]
    minutes: int = MINUTES


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """Products that pages show, to be promised by each of some kinds of delivery, so many whole units of each. `order`
    is what all their orders would have in common; it has no lines.
    """

    skus: Sequence[str]
    quantity: int
    order: Order
    deliveries: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SkuPromise:
    """The earliest of a SKU by a kind of delivery, if there is one, and until when that may be shown."""

    sku: str
    delivery: str
    promise: Promise | None
    valid_until: int
    counted: bool = True
    """If not, it needs no stock and no parcel, and nothing of it has to arrive."""
    reasons: Sequence[Reason] = ()
    """Why there is no promise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PagePromises:
    """What product pages may promise; `unknown` are SKUs that no product goes by."""

    promises: Sequence[SkuPromise]
    unknown: Sequence[str]
    policy_version: str


class Quotes:
    """The quotes of one network. Methods raise OrderInvalid, NotReady and StoreUnavailable."""

    def __init__(
        self,
        client: Client,
        keys: Keys,
        *,
        facts: FactsReader,
        clock: Callable[[], int],
        new_id: Callable[[], str],
    ) -> None:
        self._store = QuoteStore(client, keys)
        self._facts = facts
        self._clock = clock
        self._new_id = new_id

    def make(self, request: QuoteRequest) -> QuoteRecord:
        """Every promise that can be kept of a cart and that no other is better than. Nothing is held or logged."""
        now = self._clock()
        cart = replace(request.cart, placed_at=now)
        snapshot, matcher = self._facts.read(cart.skus, now)
        check_order(cart, snapshot, now=now)
        shared = SharedFacts.of(cart, snapshot, matcher, now)
        _verify_destination(cart, shared)
        searches = [PromiseSearch(replace(cart, delivery=delivery), shared) for delivery in request.deliveries]
        found = [(search, list(search.promises())) for search in searches]
        valid_until = now + request.minutes * 60
        not_counted = [line for line in cart.lines if not snapshot.products[line.sku].counted]
        promises = undominated(promise for _, promises in found for promise in promises)
        quote = QuoteRecord(
            id=self._new_id(),
            quoted_at=timestamp(now),
            valid_until=timestamp(valid_until),
            policy_version=matcher.policies.version,
            network_version=snapshot.network.version,
            promises=[
                PromiseRecord.of(number, promise, cart, valid_until) for number, promise in enumerate(promises, start=1)
            ],
            not_promised=[
                NotPromisedRecord.of(search.delivery, search.unfilled())
                for search, promises in found
                if not promises and len(not_counted) < len(cart.lines)
            ],
            complete=all(search.complete for search in searches),
            by_lanes_only=_has_no_place(cart, snapshot.network),
            placed=PlacedAddressRecord.of(placed_address(cart, snapshot.network)),
            not_counted=[PlacedLineRecord(line=line.id, sku=line.sku, quantity=line.quantity) for line in not_counted]
            or UNSET,
        )
        self._store.save(
            quote.id, to_json(quote), msgspec.json.encode(OrderRecord.of(cart)), seconds=request.minutes * 60
        )
        return quote

    def rank_nodes(self, cart: Order, nodes: Sequence[str]) -> Mapping[str, int]:
        """By node, its rank, as `ranks_alone` says; of names that are no nodes, none. Nothing is held or logged."""
        now = self._clock()
        cart = replace(cart, placed_at=now)
        snapshot, matcher = self._facts.read(cart.skus, now)
        check_order(cart, snapshot, now=now)
        known = [node for node in dict.fromkeys(nodes) if node in snapshot.network.nodes]
        return ranks_alone(cart, known, snapshot, matcher, now)

    def promises(self, request: PageRequest) -> PagePromises:
        """Of each SKU, the earliest promise of an order of it alone."""
        now, skus = self._clock(), list(dict.fromkeys(request.skus))
        snapshot, matcher = self._facts.read(skus, now)
        shared: SharedFacts | None = None
        promises: list[SkuPromise] = []
        for sku in filter(snapshot.products.__contains__, skus):
            quantity = request.quantity * snapshot.products[sku].scale
            order = replace(request.order, placed_at=now, lines=(Line(id="1", sku=sku, quantity=quantity),))
            check_order(order, snapshot)
            if shared is None:
                shared = SharedFacts.of(order, snapshot, matcher, now)
                _verify_destination(order, shared)
            promises += _sku_promises(order, request.deliveries, shared)
        return PagePromises(
            promises=promises,
            unknown=[sku for sku in skus if sku not in snapshot.products],
            policy_version=matcher.policies.version,
        )


def _sku_promises(order: Order, deliveries: Sequence[str], shared: SharedFacts) -> Iterator[SkuPromise]:
    latest = shared.now + MINUTES * 60
    for delivery in deliveries:
        search, sku = PromiseSearch(replace(order, delivery=delivery), shared), order.lines[0].sku
        promise, counted = search.earliest(), shared.snapshot.products[sku].counted
        unfilled = search.unfilled() if counted and promise is None else ()
        yield SkuPromise(
            sku=sku,
            delivery=delivery,
            promise=promise,
            valid_until=min(latest, promise.alike_until) if promise else latest,
            counted=counted,
            reasons=[reason for item in unfilled for reason in item.reasons],
        )


def _has_no_place(order: Order, network: Network) -> bool:
    return address_of(order, network).place is None and None in map(order.collected_at, order.lines)


def _verify_destination(order: Order, shared: SharedFacts) -> None:
    """Raise OrderInvalid if nothing is known of the ways to a destination without coordinates."""
    if (
        _has_no_place(order, shared.snapshot.network)
        and order.destinations.index(None) not in shared.ways_there.destination
    ):
        message = "no lane of the network says how far it is to this country and postcode; give latitude and longitude"
        raise OrderInvalid([Mistake(field="destination", message=message)])
