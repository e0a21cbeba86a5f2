"""Fills in by rule what the data set leaves out, and counts each use of a rule."""

import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from data_set import DataSet, Row
from errors import InputInvalid

# Every rule for something missing or odd, in the order in which the summary lists them.
RULES = {
    "orders_without_items": "orders without items: one unit of the SKU `unlisted`, which no node carries",
    "lines_summed": "items that repeat a product at the same price within an order: summed into one line",
    "orders_not_sold": "orders canceled or unavailable later on: routed like the rest, for they were placed",
    "hours_repeated": "purchases in the hour that the end of summer time repeats: the first of the two",
    "hours_skipped": "times in the hour that the start of summer time skips: read as if winter time went on",
    "customer_postcodes_padded": "customers' zip prefixes short of leading zeros: padded to 5 digits",
    "seller_postcodes_padded": "sellers' zip prefixes short of leading zeros: padded to 5 digits",
    "coordinates_outside_brazil": "coordinates outside Brazil (34°S to 6°N, 74°W to 28°W): ignored",
    "customers_at_state_mean": "customers without coordinates: the mean of their state's known zip prefixes",
    "customers_at_country_mean": "customers without coordinates, nor any in their state: the country's mean",
    "sellers_at_state_mean": "sellers without coordinates: the mean of their state's known zip prefixes",
    "sellers_at_country_mean": "sellers without coordinates, nor any in their state: the country's mean",
    "seller_states_corrected": "sellers whose state is not their zip prefix's: the prefix's state",
    "weights_from_category": "products whose weight is missing or 0: the median of their category",
    "weights_from_all": "products whose weight is missing or 0, as all of their category: the median of all",
    "categories_unknown": "products without a category: `unknown`",
    "preparation_typical": "sellers with fewer than 5 timed orders: the median preparation of all sellers",
    "sellers_left_out": "sellers that sold nothing here: left out",
    "products_left_out": "products that nobody bought here: left out",
}
UNKNOWN = "unknown"
POSTCODE_DIGITS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Degrees, rounded to 4 decimals (11 m), as fine as the data set gives them."""

    postcode: str
    state: str
    latitude: float
    longitude: float


Point = tuple[float, float]


def padded(prefix: str) -> str:
    """A zip prefix with the leading zeros that spreadsheets take away."""
    return prefix.zfill(POSTCODE_DIGITS)


class Places:
    """The coordinates of zip prefixes; where they are missing, the mean of the state, else that of the country."""

    def __init__(self, rows: Iterable[Row], tally: Counter[str]) -> None:
        points: dict[str, list[Point]] = defaultdict(list)
        states: dict[str, Counter[str]] = defaultdict(Counter)
        for row in rows:
            prefix = padded(row.required("geolocation_zip_code_prefix"))
            point = row.number("geolocation_lat"), row.number("geolocation_lng")
            if _in_brazil(point):
                points[prefix].append(point)
                states[prefix][row.required("geolocation_state")] += 1
            else:
                tally["coordinates_outside_brazil"] += 1
        if not points:
            raise InputInvalid("the geolocation file has no coordinates inside Brazil; take a fresh copy of it")
        self._tally = tally
        self._points = {prefix: _mean(of) for prefix, of in points.items()}
        self._states = {prefix: min(of, key=lambda state: (-of[state], state)) for prefix, of in states.items()}
        self._country = _mean(self._points.values())
        by_state: dict[str, list[Point]] = defaultdict(list)
        for prefix, point in self._points.items():
            by_state[self._states[prefix]].append(point)
        self._means = {state: _mean(of) for state, of in by_state.items()}

    def known(self, prefix: str) -> Point | None:
        return self._points.get(padded(prefix))

    def customer(self, row: Row) -> Place:
        return self._place(row, "customer", row.required("customer_state"))

    def seller(self, row: Row) -> Place:
        written = row.required("seller_state")
        state = self._states.get(padded(row.text("seller_zip_code_prefix")), written)
        self._tally["seller_states_corrected"] += state != written
        return self._place(row, "seller", state)

    def _place(self, row: Row, who: str, state: str) -> Place:
        written = row.required(f"{who}_zip_code_prefix")
        postcode = padded(written)
        self._tally[f"{who}_postcodes_padded"] += postcode != written
        point = self._points.get(postcode)
        if point is None:
            self._tally[f"{who}s_at_{'state' if state in self._means else 'country'}_mean"] += 1
            point = self._means.get(state, self._country)
        return Place(postcode=postcode, state=state, latitude=round(point[0], 4), longitude=round(point[1], 4))


def _in_brazil(point: Point) -> bool:
    """Whole degrees around the country's extremes, Trindade and Martim Vaz included."""
    latitude, longitude = point
    return -34 <= latitude <= 6 and -74 <= longitude <= -28  # noqa: PLR2004 - named by the sentence above


def _mean(points: Iterable[Point]) -> Point:
    """The mean of the points; summed exactly, so that it does not depend on the order of the file's lines."""
    latitudes, longitudes = zip(*points, strict=True)
    return math.fsum(latitudes) / len(latitudes), math.fsum(longitudes) / len(longitudes)


def category(row: Row) -> str:
    return row.text("product_category_name") or UNKNOWN


def weight(row: Row) -> int | None:
    """Grams; None where the cell is empty or 0, which is no weight."""
    if not row.text("product_weight_g"):
        return None
    grams = round(row.number("product_weight_g"))
    if grams < 0:
        row.fail("product_weight_g", f"{grams} is negative; write grams, or leave it empty")
    return grams or None


class Weights:
    """Every product's weight in grams; where it is missing, the median of its category, else that of all products."""

    def __init__(self, products: Mapping[str, Row], tally: Counter[str]) -> None:
        grams_by_category: dict[str, list[int]] = defaultdict(list)
        for row in products.values():
            grams = weight(row)
            if grams is not None:
                grams_by_category[category(row)].append(grams)
        if not grams_by_category:
            raise InputInvalid("the products file has not one product with a weight; take a fresh copy of it")
        self._tally = tally
        self._medians = {name: round(statistics.median(of)) for name, of in grams_by_category.items()}
        self.typical = round(statistics.median(grams for of in grams_by_category.values() for grams in of))

    def of(self, row: Row) -> int:
        grams = weight(row)
        if grams is None:
            grams = self._medians.get(category(row))
            self._tally["weights_from_all" if grams is None else "weights_from_category"] += 1
        return self.typical if grams is None else grams


def sold_items(data: DataSet) -> dict[str, list[Row]]:
    """The items of each order that has any, in the order of the customer's basket."""
    items: dict[str, list[Row]] = defaultdict(list)
    for row in data.items:
        items[row.text("order_id")].append(row)
    for rows in items.values():
        rows.sort(key=lambda row: row.number("order_item_id"))
    return items
