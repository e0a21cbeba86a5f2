"""Orders, lines, products, nodes, stock, services and routes as the facts that rules mention, by path."""

from collections.abc import Iterable, Mapping

from engine.decide.address.address import goal_address
from engine.decide.address.postcodes import outward_code
from engine.model.facts import Line, Network, Node, Order, Product, Service, StockPosition, rounded
from engine.model.receipts import Receipt
from engine.model.wall_clock import WallClock
from rules.syntax.literals import SECONDS_A_DAY
from rules.vocabulary import ON_TIME_RATE, Facts, Value
from rules.windows import weekday


def order_facts(order: Order, products: Mapping[str, Product], network: Network) -> Facts:
    """`order.value` is known if every line has a price, and `order.id` unless it is a cart that is only quoted."""
    values, units, weight = [], 0, 0
    for line in order.lines:
        product = products[line.sku]
        values.append(_value(line, product, order, network))
        units += _units(line, product)
        weight += rounded(product.weight * line.quantity, product.scale)
    return {
        "order.id": order.id or None,
        "order.channel": order.channel,
        **_goal_facts(order, order.delivery, order.collect_at, network),
        "order.placed_at": wall_clock(network, order.placed_at),
        "order.promise_by": None if order.promise_by is None else wall_clock(network, order.promise_by),
        "order.customer": order.customer,
        "order.segment": order.segment,
        "order.tags": order.tags,
        "order.units": units,
        "order.value": None if None in values else sum(value or 0 for value in values),
        "order.weight": weight,
        "order.lines": len(order.lines),
    }


def order_facts_of_line(facts: Facts, order: Order, line: Line, network: Network) -> Facts:
    """The facts of the order as rules see them on one of its lines: with the line's own delivery and destination."""
    if line.delivery is None and line.collect_at is None:
        return facts
    return {**facts, **_goal_facts(order, order.delivery_of(line), order.collected_at(line), network)}


def _goal_facts(order: Order, delivery: str, collect_at: str | None, network: Network) -> Facts:
    """How and where something of the order goes. What is collected goes to its node's country and region."""
    address = goal_address(order, collect_at, network)
    postcode = address.postcode
    return {
        "order.delivery": delivery,
        "order.country": address.country,
        "order.postcode": postcode,
        "order.outward_code": None if postcode is None else outward_code(postcode, address.country),
        "order.region": address.region,
    }


def now_facts(network: Network, now: int) -> Facts:
    """What the installation's clock shows."""
    return _clock_facts("now", network.clock, now)


def node_clock_facts(clock: WallClock, now: int) -> Facts:
    """What the clock of a node shows."""
    return _clock_facts("node", clock, now)


def _clock_facts(group: str, clock: WallClock, now: int) -> Facts:
    day, second = divmod(clock.local(now), SECONDS_A_DAY)
    return {
        f"{group}.date": day,
        f"{group}.time": second // 60,
        f"{group}.weekday": weekday(day),
        f"{group}.clock": clock.reading(now),
    }


def line_facts(line: Line, product: Product, order: Order, network: Network) -> Facts:
    return {
        "line.sku": line.sku,
        "line.quantity": _units(line, product),
        "line.unit_price": _price(line, order, network),
        "line.value": _value(line, product, order, network),
    }


def _units(line: Line, product: Product) -> int:
    """Whole units; one that is begun counts."""
    return -(-line.quantity // product.scale)


def _value(line: Line, product: Product, order: Order, network: Network) -> int | None:
    price = _price(line, order, network)
    return None if price is None else rounded(price * line.quantity, product.scale)


def _price(line: Line, order: Order, network: Network) -> int | None:
    """Micros of the network's currency."""
    return None if line.unit_price is None else network.in_own_currency(line.unit_price, order.currency)


def product_facts(product: Product) -> Facts:
    return {
        "product.sku": product.sku,
        "product.category": product.category,
        "product.brand": product.brand,
        "product.season": product.season,
        "product.lifecycle": product.lifecycle,
        "product.weight": product.weight,
        "product.tags": product.tags,
        **_attributes("product", product.attributes),
    }


def node_facts(node: Node, load: int) -> Facts:
    return {
        "node.id": node.id,
        "node.type": node.type,
        "node.country": node.country,
        "node.region": node.region,
        "node.tags": node.tags,
        "node.load": load,
        **_attributes("node", node.attributes),
    }


def stock_facts(position: StockPosition, scale: int = 1) -> Facts:
    """In whole units, of which each has `scale` of those that are counted: those that are there whole, and are held at
    least in part.
    """
    return {
        "stock.on_hand": position.on_hand // scale,
        "stock.held": -(-position.held // scale),
        "stock.available": position.available // scale,
        "stock.days_of_cover": position.days_of_cover,
    }


def incoming_facts(receipts: Iterable[Receipt], now: int, scale: int = 1) -> Facts:
    """Of the open receipts of a position: the whole units of those that are planned or confirmed, each of which has
    `scale` of those that are counted, and the minutes until the next is expected, rounded up; 0 if one is late.
    """
    units, arrival = incoming(receipts, now)
    return {"stock.incoming": units // scale, "stock.next_arrival": arrival}


def incoming(receipts: Iterable[Receipt], now: int) -> tuple[int, int | None]:
    """The units that are counted of those that are planned or confirmed, and the minutes until the next of all."""
    due = [item for item in receipts if item.to_come]
    first = min((item.expected_at for item in due), default=None)
    return (
        sum(item.to_come for item in due if item.status != "in_transit"),
        None if first is None else max(0, -((now - first) // 60)),
    )


def rejection_facts(reason: str) -> Facts:
    return {"rejection.reason": reason}


def return_facts(*, reason: str | None, grade: str | None, days: int | None, node: str) -> Facts:
    """Of a unit that came back so many days after it was delivered, and lies at `node`."""
    return {
        "return.reason": reason,
        "return.grade": grade,
        "return.days_since_delivery": days,
        "return.node": node,
    }


def need_facts(*, shortfall: int | None, chance: int | None) -> Facts:
    """How many whole units a place lacks, and the chance in basis points that one more sells there."""
    return {"need.shortfall": shortfall, "need.chance_of_sale": chance}


def promise_facts(cause: str, *, late: bool) -> Facts:
    """Of a shipment whose promise is at risk: why, and whether it can't arrive in time any more."""
    return {"promise.cause": cause, "promise.late": late}


def service_facts(service: Service) -> Facts:
    return {"service.id": service.id, "service.mode": service.mode, "service.carrier": service.carrier}


def route_facts(
    *, distance: int, arrives: int, late: bool | None, cost: int | None, co2: int, on_time: int | None = None
) -> Facts:
    """Of a line shipped whole by an option. Metres, minutes from the decision, micros (None if the line is no shipment
    that the service takes), milligrams of CO2e, basis points of parcels that came on time (None: too few are known).
    """
    return {
        "route.distance": distance,
        "route.arrives": arrives,
        "route.late": late,
        "route.cost": cost,
        "route.co2": co2,
        ON_TIME_RATE: on_time,
    }


def shipment_facts(weight: int, units: int) -> Facts:
    """Of a shipment of so many grams and units."""
    return {"shipment.weight": weight, "shipment.units": units}


def _attributes(group: str, attributes: Mapping[str, Value]) -> dict[str, Value]:
    return {f"{group}.attributes.{name}": value for name, value in attributes.items()}


def wall_clock(network: Network, instant: int) -> int:
    """Seconds of the installation's local time, as `rules.syntax.literals.instant` reads what authors write."""
    return network.clock.local(instant)
