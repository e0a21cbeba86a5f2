"""The orders of one day: 27 November 2026, Black Friday, from midnight to midnight in Paris (UTC+1)."""

import math
from datetime import UTC, datetime, timedelta
from typing import Any

from assortment import Product
from dice import Dice, Weighted
from places import EARTH_KM, City, Node, kilometres
from stock_levels import BULKY_GRAMS, Position

MIDNIGHT = datetime(2026, 11, 26, 23, 0, tzinfo=UTC)  # of Paris
CHANNELS = Weighted(("web", "app", "store", "social", "marketplace", "call_centre"), (45, 23, 9, 6, 12, 5))
LETTERS = {"web": "W", "app": "A", "store": "S", "social": "O", "marketplace": "M", "call_centre": "C"}
# Orders by hour of the day in Paris: the rush at the opening of the sale at midnight, lunch, the evening.
ONLINE_HOURS = (9, 5, 2, 1, 1, 2, 4, 7, 10, 11, 10, 10, 13, 12, 9, 8, 9, 10, 12, 14, 18, 20, 17, 12)
SHOP_HOURS = (0,) * 10 + (5, 8, 9, 7, 8, 9, 11, 13, 12, 7) + (0,) * 4
HOURS = dict.fromkeys(LETTERS, Weighted(range(24), ONLINE_HOURS)) | {
    "store": Weighted(range(24), SHOP_HOURS),
    "call_centre": Weighted(range(24), (0,) * 8 + (6, 9, 10, 10, 7, 8, 9, 9, 9, 8, 6, 4) + (0,) * 4),
}
LINES = Weighted(range(1, 7), (62, 23, 9, 4, 1.5, 0.5))
QUANTITIES = Weighted((1, 2, 3, 4), (85, 11, 3, 1))
SEGMENTS = Weighted((None, "loyal", "new", "pro"), (42, 32, 21, 5))
# The promise, counted from the midnight at which the day began: Monday at 20:00, Wednesday at 20:00, or none. Orders
# from ten o'clock on are promised a day later, because shops then need until Saturday; furniture takes two days more.
STANDARD_PROMISES = Weighted((timedelta(days=3, hours=20), timedelta(days=5, hours=20), None), (35, 50, 15))
TEN = timedelta(hours=10)
NEAR_KM = 40  # customers who collect live at most so far from a shop


class Town:
    """A city, the shop nearest to it, and how far from its centre its customers live."""

    def __init__(self, city: City, stores: list[Node]) -> None:
        self.city = city
        self.store = min(stores, key=lambda store: (kilometres(store.city, city), store.id))
        self.near = kilometres(self.store.city, city) <= NEAR_KM
        self.radius_km = min(8.0, 0.7 + math.sqrt(city.population) / 110)


class Market:
    """What can be ordered, and by whom."""

    def __init__(
        self, cities: dict[str, City], products: list[Product], nodes: list[Node], positions: list[Position]
    ) -> None:
        stores = [node for node in nodes if node.type == "store"]
        towns = [Town(city, stores) for city in cities.values()]
        self.towns = Weighted(towns, [town.city.population for town in towns])
        self.near = Weighted([t for t in towns if t.near], [t.city.population for t in towns if t.near])
        self.all = _asked(products)
        self.light = _asked([product for product in products if product.grams <= BULKY_GRAMS])
        self.shelf = {(p.node, p.sku) for p in positions if p.on_hand > 0}


def _asked(products: list[Product]) -> Weighted[Product]:
    """New goods are advertised, end-of-line goods are marked down: both sell above their place in the ranking."""
    boost = {"core": 1.0, "new": 1.25, "end_of_line": 1.1}
    return Weighted(products, [product.popularity * boost[product.lifecycle] for product in products])


def orders(seed: int, count: int, market: Market) -> list[dict[str, Any]]:
    """`count` orders as they are written to orders.ndjson, sorted by the time they were placed."""
    dice = Dice(seed, "orders")
    drafts = sorted((_draft(dice, market) for _ in range(count)), key=lambda draft: draft["placed"])
    return [_written(draft, number) for number, draft in enumerate(drafts, start=1)]


def _draft(dice: Dice, market: Market) -> dict[str, Any]:
    channel = dice.draw(CHANNELS)
    placed = MIDNIGHT + timedelta(seconds=3600 * dice.draw(HOURS[channel]) + dice.whole(0, 3599))
    collects = channel != "marketplace" and dice.chance(0.45 if channel == "store" else 0.16)
    town = dice.draw(market.near if collects else market.towns)
    express = not collects and dice.chance(0.12)
    segment = dice.draw(SEGMENTS)
    return {
        "channel": channel,
        "placed": placed,
        "delivery": "click_and_collect" if collects else "express" if express else "standard",
        "town": town,
        "destination": None if collects else _destination(dice, town),
        "segment": segment,
        "gift": dice.chance(0.14),
        "promised": dice.draw(STANDARD_PROMISES),
        **_lines(dice, market, town.store.id if collects else None, light=express or collects, pro=segment == "pro"),
    }


def _lines(dice: Dice, market: Market, store: str | None, *, light: bool, pro: bool) -> dict[str, Any]:
    """One to six different products. A customer who collects mostly saw on the site that the shop has them, but not
    always.
    """
    chosen = {}
    for _ in range(dice.draw(LINES)):
        for _ in range(4):
            product = dice.draw(market.light if light else market.all)
            if store is None or (store, product.sku) in market.shelf or dice.chance(0.15):
                break
        chosen[product.sku] = (product, _quantity(dice, product, pro=pro))
    return {
        "bulky": any(product.grams > BULKY_GRAMS for product, _ in chosen.values()),
        "lines": [line(product, quantity) for product, quantity in chosen.values()],
    }


def line(product: Product, quantity: int) -> dict[str, Any]:
    price = f"{product.cents // 100}.{product.cents % 100:02d}"
    return {"sku": product.sku, "quantity": quantity, "unit_price": price}


def _quantity(dice: Dice, product: Product, *, pro: bool) -> int:
    if product.grams > BULKY_GRAMS:
        return 1
    return dice.whole(3, 10) if pro and dice.chance(0.6) else dice.draw(QUANTITIES)


def _destination(dice: Dice, town: Town) -> dict[str, Any]:
    """A point spread evenly over a disc around the city's own."""
    away, bearing = town.radius_km * math.sqrt(dice.between(0, 1)), dice.between(0, 2 * math.pi)
    north, east = away * math.cos(bearing), away * math.sin(bearing)
    shrink = math.cos(math.radians(town.city.latitude))
    return {
        "country": "FR",
        "postcode": town.city.postcode,
        "region": town.city.region,
        "latitude": round(town.city.latitude + math.degrees(north / EARTH_KM), 4),
        "longitude": round(town.city.longitude + math.degrees(east / EARTH_KM / shrink), 4),
    }


def _promise(draft: dict[str, Any]) -> datetime | None:
    """The delivery time promised to the customer, or None. All times are those of Paris."""
    if draft["delivery"] == "express":
        before_six = draft["placed"] - MIDNIGHT < timedelta(hours=18)
        return MIDNIGHT + (timedelta(days=1, hours=20) if before_six else timedelta(days=3, hours=13))
    later = timedelta(days=1 if draft["placed"] - MIDNIGHT >= TEN else 0)
    if draft["delivery"] == "click_and_collect":
        return MIDNIGHT + timedelta(days=3, hours=18) + later
    if draft["promised"] is None:
        return None
    return MIDNIGHT + draft["promised"] + later + timedelta(days=2 if draft["bulky"] else 0)


def instant(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _written(draft: dict[str, Any], number: int) -> dict[str, Any]:
    order = {
        "id": f"{LETTERS[draft['channel']]}-{number:06d}",
        "channel": draft["channel"],
        "delivery": draft["delivery"],
        "placed_at": instant(draft["placed"]),
    }
    if (promise := _promise(draft)) is not None:
        order["promise_by"] = instant(promise)
    if draft["destination"] is None:
        order["collect_at"] = draft["town"].store.id
    else:
        order["destination"] = draft["destination"]
    if draft["segment"]:
        order["segment"] = draft["segment"]
    if draft["gift"]:
        order["tags"] = ["gift"]
    order["lines"] = draft["lines"]
    return order
