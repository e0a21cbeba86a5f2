"""Measures on the data set the figures that services.py states: the cost of freight and the days in transit.

python examples/olist/measure.py DIR
"""

import datetime
import math
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from data_set import DataSet, read
from errors import ConversionStopped
from missing_data import Places, sold_items, weight
from services import TRANSIT

EARTH_RADIUS_KM = 6371.0088


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """An order of one unit; `days` from the carrier to the customer, None where one of the two times is missing."""

    km: float
    kg: float
    freight: float
    days: float | None


def main(directory: Path) -> int:
    try:
        parcels = measure(read(directory))
    except ConversionStopped as error:
        print(f"measure.py: {error}", file=sys.stderr)
        return 2
    fit = base, per_km, per_kg = least_squares(parcels)
    print(f"{len(parcels):,} orders of one unit, both places and the weight known")
    print(f"parcel   base {base:.2f}  per_km {per_km:.4f}  per_kg {per_kg:.2f}  R² {_explained(parcels, fit):.2f}")
    print(f"half of them within {percentile([abs(p.freight - _cost(fit, p)) for p in parcels], 50):.2f} BRL")
    dear = percentile([parcel.freight / _cost(fit, parcel) for parcel in parcels], 90)
    print(
        f"express  base {base * dear:.2f}  per_km {per_km * dear:.4f}  per_kg {per_kg * dear:.2f}  ({dear:.2f} times)"
    )
    lowest = 0
    for up_to, *_ in TRANSIT:
        days = [p.days for p in parcels if p.days is not None and lowest <= p.km < up_to]
        slow, fast = (math.ceil(percentile(days, share)) for share in (75, 10))
        print(f"up to {up_to:>5} km  {len(days):>5,} orders  three in four {slow:>3} days  one in ten {fast:>3} days")
        lowest = up_to
    return 0


def measure(data: DataSet) -> list[Parcel]:
    places, parcels = Places(data.geolocation, Counter()), []
    for order, items in sold_items(data).items():
        row = data.orders[order]
        start = places.known(data.sellers[items[0].text("seller_id")].text("seller_zip_code_prefix"))
        end = places.known(data.customers[row.text("customer_id")].text("customer_zip_code_prefix"))
        grams = weight(data.products[items[0].text("product_id")])
        if len(items) > 1 or start is None or end is None or grams is None:
            continue
        left, came = row.time("order_delivered_carrier_date"), row.time("order_delivered_customer_date")
        days = (came - left) / datetime.timedelta(days=1) if left and came else None
        freight = float(items[0].amount("freight_value"))
        parcels.append(Parcel(km=great_circle_km(start, end), kg=grams / 1000, freight=freight, days=days))
    return parcels


def great_circle_km(a: tuple[float, float], b: tuple[float, float]) -> float:
    """By haversine (Sinnott 1984), on the sphere of the Earth's mean radius; places in degrees."""
    (latitude_a, longitude_a), (latitude_b, longitude_b) = (map(math.radians, point) for point in (a, b))
    half_chord = (
        math.sin((latitude_b - latitude_a) / 2) ** 2
        + math.cos(latitude_a) * math.cos(latitude_b) * math.sin((longitude_b - longitude_a) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_KM * math.asin(min(1, math.sqrt(half_chord)))


def least_squares(parcels: Sequence[Parcel]) -> tuple[float, float, float]:
    """Base, per km and per kg that come closest to the freight paid: the normal equations, by Cramer's rule."""
    regressors = [(1.0, parcel.km, parcel.kg) for parcel in parcels]
    matrix = [[math.fsum(row[i] * row[j] for row in regressors) for j in range(3)] for i in range(3)]
    paid = [
        math.fsum(row[i] * parcel.freight for row, parcel in zip(regressors, parcels, strict=True)) for i in range(3)
    ]
    whole = _determinant(matrix)
    return tuple(
        _determinant([[*row[:i], right, *row[i + 1 :]] for row, right in zip(matrix, paid, strict=True)]) / whole
        for i in range(3)
    )


def _determinant(matrix: Sequence[Sequence[float]]) -> float:
    (a, b, c), (d, e, f), (g, h, i) = matrix
    return a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)


def _cost(fit: tuple[float, float, float], parcel: Parcel) -> float:
    base, per_km, per_kg = fit
    return base + per_km * parcel.km + per_kg * parcel.kg


def _explained(parcels: Sequence[Parcel], fit: tuple[float, float, float]) -> float:
    """R²: the share of the freight's variance that the fit explains."""
    mean = math.fsum(parcel.freight for parcel in parcels) / len(parcels)
    missed = math.fsum((parcel.freight - _cost(fit, parcel)) ** 2 for parcel in parcels)
    return 1 - missed / math.fsum((parcel.freight - mean) ** 2 for parcel in parcels)


def percentile(values: Sequence[float], share: int) -> float:
    """The nearest rank: the smallest value that `share` percent of them don't exceed."""
    return sorted(values)[math.ceil(len(values) * share / 100) - 1]


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):  # noqa: PLR2004 - the program and its one argument
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1])))
