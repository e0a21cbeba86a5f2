"""The network that Jasin and Sinha made public: real cities and warehouses, orders of several products, their costs.

S. Jasin and A. Sinha, "An LP-based correlated rounding scheme for multi-item ecommerce order fulfillment", Operations
Research 63(6), 2015, section 6, as W. Ma generates it ("Order-optimal correlated rounding for fulfilling multi-item
e-commerce orders", Manufacturing & Service Operations Management 25(4), 2023): 20 products; for each number of products
from 1 to 5, five kinds of orders with products drawn at random; how often a number, and a kind of that number, is
ordered is drawn evenly; cities order in proportion to their people. Each product is carried by a warehouse with a
chance of 0.75, and each warehouse has what the cities are expected to order to which it is the nearest that carries it,
and half a standard deviation more. A parcel costs 8.759, and each unit 0.423 and 0.000541 a mile; a unit that nobody
has costs twice that, from the farthest place. Orders come in an even order drawn by the probabilities.

Places are rounded to a hundredth of a degree, people to thousands.
"""

import math
from dataclasses import dataclass

import numpy as np

from engine.decide.shipping.columns import Integers
from engine.lookahead.expected_orders import MILLIS, Basket, BasketCosts, BasketLine, ExpectedOrders

PRODUCTS, KINDS, MOST_PRODUCTS, CARRIED, SAFETY = 20, 5, 5, 0.75, 0.5
PARCEL, UNIT, MILE = 8_759_000, 423_000, 541
"""Micros a parcel, a unit, and a unit and mile."""
_EARTH = 3_958.8
_WAREHOUSES = """OAK4 37.74 -121.40,IND1 39.98 -86.38,AVP3 41.28 -75.50,CAE1 33.91 -81.05,DFW7 32.97 -97.33,
ONT6 33.87 -117.24,PHX6 33.43 -112.16,BNA2 36.12 -86.41,SAT1 29.60 -98.29,RIC2 37.35 -77.33"""
_CITIES = """New York 40.69 -73.92 18680,Los Angeles 34.11 -118.41 12531,Chicago 41.84 -87.69 8587,
Miami 25.78 -80.21 6076,Dallas 32.79 -96.77 5911,Houston 29.79 -95.39 5724,Philadelphia 40.01 -75.13 5540,
Atlanta 33.76 -84.42 5151,Washington 38.90 -77.02 5067,Boston 42.32 -71.09 4466,
Phoenix 33.57 -112.09 4188,Detroit 42.38 -83.10 3731,San Francisco 37.76 -122.44 3558,Seattle 47.62 -122.32 3531,
San Diego 32.83 -117.12 3178,Minneapolis 44.96 -93.27 2886,Tampa 27.99 -82.44 2772,Brooklyn 40.65 -73.95 2736,
Denver 39.76 -104.88 2709,Queens 40.75 -73.80 2405,Baltimore 39.31 -76.61 2270,Las Vegas 36.23 -115.27 2165,
St. Louis 38.64 -90.25 2144,Riverside 33.94 -117.39 2112,Portland 45.54 -122.65 2073,San Antonio 29.46 -98.52 2036,
Sacramento 38.57 -121.47 1882,San Juan 18.40 -66.06 1855,San Jose 37.30 -121.85 1797,Orlando 28.48 -81.34 1792,
Cleveland 41.48 -81.68 1742,Pittsburgh 40.44 -79.98 1719,Manhattan 40.78 -73.97 1694,Austin 30.30 -97.75 1686,
Cincinnati 39.14 -84.51 1685,Indianapolis 39.78 -86.15 1637,Kansas City 39.12 -94.55 1602,Columbus 39.99 -82.99 1548,
Charlotte 35.21 -80.83 1526,Virginia Beach 36.73 -76.04 1476,Bronx 40.85 -73.87 1473,Milwaukee 43.06 -87.97 1390,
Providence 41.82 -71.42 1204,Jacksonville 30.33 -81.67 1165,Salt Lake City 40.78 -111.93 1136,
Nashville 36.17 -86.78 1082,Raleigh 35.83 -78.64 1074,Memphis 35.11 -89.97 1072,Richmond 37.53 -77.48 1025,
Louisville 38.17 -85.65 1005,New Orleans 30.07 -89.93 958,Bridgeport 41.19 -73.20 949,Oklahoma City 35.47 -97.51 947,
Buffalo 42.90 -78.85 927,Hartford 41.77 -72.68 918,Fort Worth 32.78 -97.35 892,Tucson 32.15 -110.88 883,
McAllen 26.23 -98.25 805,El Paso 31.85 -106.43 798,Omaha 41.26 -96.05 791,Albuquerque 35.11 -106.65 763,
Birmingham 33.53 -86.80 754,Sarasota 27.34 -82.54 727,Dayton 39.78 -84.20 724,Rochester 43.17 -77.62 720,
Fresno 36.78 -119.79 702,Tulsa 36.13 -95.90 698,Allentown 40.60 -75.48 689,Concord 37.97 -122.00 667,
Cape Coral 26.64 -82.00 649,Charleston 32.82 -79.97 645,Colorado Springs 38.87 -104.76 621,
Springfield 42.12 -72.54 616,Grand Rapids 42.96 -85.66 615,Ogden 41.23 -111.97 615,Columbia 34.04 -80.90 610,
Baton Rouge 30.44 -91.13 605,Knoxville 35.97 -83.95 604,Mission Viejo 33.61 -117.66 601,Albany 42.67 -73.80 591,
Akron 41.08 -81.52 570,New Haven 41.31 -72.92 567,Provo 40.25 -111.65 564,Bakersfield 35.35 -119.04 557,
Murrieta 33.57 -117.19 524,Des Moines 41.57 -93.61 519,Worcester 42.27 -71.81 516,Mesa 33.40 -111.72 509,
Toledo 41.66 -83.58 499,Palm Bay 27.96 -80.66 497,Staten Island 40.58 -74.15 496,Wichita 37.69 -97.34 485,
Harrisburg 40.28 -76.88 472,Long Beach 33.80 -118.17 462,Little Rock 34.73 -92.36 447,Madison 43.08 -89.39 445,
Greenville 34.84 -82.36 441,Reno 39.55 -119.85 441,Port St. Lucie 27.28 -80.39 435"""

Places = dict[str, tuple[float, float, int]]


def _places(text: str) -> Places:
    """By name: latitude, longitude, and thousands of people."""
    places: Places = {}
    for item in text.replace("\n", "").split(","):
        name, *numbers = item.rsplit(" ", 2 if text is _WAREHOUSES else 3)
        places[name] = (float(numbers[0]), float(numbers[1]), int(numbers[2]) if len(numbers) > 2 else 0)
    return places


@dataclass(frozen=True, kw_only=True)
class Costs:
    """What shipments cost, from warehouses to cities, as the learning asks for it."""

    nodes: tuple[str, ...]
    cities: tuple[str, ...]
    unit: Integers
    """Micros a unit, by warehouse and city."""

    def of_basket(self, region, lines):
        unit = self.unit[:, self.cities.index(region)]
        return BasketCosts(np.full(len(self.nodes), PARCEL), np.stack([unit] * len(lines)))


@dataclass(frozen=True, kw_only=True)
class Instance:
    """One drawing: kinds of orders, the probability of each in each city, what there is, and the orders that come, each
    with the number of its kind and of its city.
    """

    costs: Costs
    kinds: tuple[tuple[str, ...], ...]
    probability: np.ndarray
    supply: dict[str, Integers]
    orders: tuple[tuple[int, int], ...]

    def expected(self, left: int, supply: dict[str, Integers], *, volume: float, mix: np.ndarray) -> ExpectedOrders:
        """What is expected of so many orders that are still to come, if there were `volume` times as many, and kinds in
        cities were ordered `mix` times as often.
        """
        counts = np.rint(self.probability * mix * (left * volume * MILLIS)).astype(np.int64)
        return self._baskets(counts, supply)

    def known(self) -> ExpectedOrders:
        """The orders that come, as if all had been known."""
        counts = np.zeros_like(self.probability, dtype=np.int64)
        for kind, city in self.orders:
            counts[kind, city] += MILLIS
        return self._baskets(counts, self.supply)

    def _baskets(self, counts: Integers, supply: dict[str, Integers]) -> ExpectedOrders:
        baskets = [
            Basket(
                region=self.costs.cities[city], lines=tuple(BasketLine(sku, 1) for sku in self.kinds[kind]), orders=n
            )
            for (kind, city), n in np.ndenumerate(counts)
            if n
        ]
        return ExpectedOrders(baskets=baskets, supply=supply, costs=self.costs)


def make_instance(seed: int, *, warehouses: int, cities: int, orders: int) -> Instance:
    """The first warehouses and the largest cities, so many of each."""
    dice = np.random.default_rng(seed)
    centres = dict(list(_places(_WAREHOUSES).items())[:warehouses])
    towns = dict(list(_places(_CITIES).items())[:cities])
    miles = np.array([[_miles(a, b) for b in towns.values()] for a in centres.values()])
    people = np.array([place[2] for place in towns.values()], dtype=float)
    costs = Costs(nodes=tuple(centres), cities=tuple(towns), unit=np.rint(UNIT + MILE * miles).astype(np.int64))
    kinds = [
        tuple(sorted(f"P{number:02}" for number in dice.permutation(PRODUCTS)[:size]))
        for size in range(1, MOST_PRODUCTS + 1)
        for _ in range(KINDS)
    ]
    sizes = dice.random(MOST_PRODUCTS)
    within = dice.random((MOST_PRODUCTS, KINDS))
    often = (sizes[:, None] / sizes.sum() * within / within.sum(axis=1, keepdims=True)).ravel()
    probability = np.outer(often, people / people.sum())
    supply = _supply(dice, kinds, probability, miles, orders)
    drawn = dice.choice(probability.size, size=orders, p=probability.ravel())
    return Instance(
        costs=costs,
        kinds=tuple(kinds),
        probability=probability,
        supply=supply,
        orders=tuple((int(item) // cities, int(item) % cities) for item in drawn),
    )


def _supply(dice, kinds, probability, miles, orders) -> dict[str, Integers]:
    supply = {}
    for number in range(PRODUCTS):
        sku = f"P{number:02}"
        carries = dice.random(len(miles)) < CARRIED
        wanted = probability[[sku in kind for kind in kinds]].sum(axis=0)
        chance = np.zeros(len(miles))
        if carries.any():
            nearest = np.where(carries[:, None], miles, math.inf).argmin(axis=0)
            np.add.at(chance, nearest, wanted)
        supply[sku] = np.rint(orders * chance + SAFETY * np.sqrt(orders * chance * (1 - chance))).astype(np.int64)
    return supply


def _miles(a: tuple[float, float, int], b: tuple[float, float, int]) -> float:
    south, west, north, east = map(math.radians, (a[0], a[1], b[0], b[1]))
    half = math.sin((north - south) / 2) ** 2 + math.cos(south) * math.cos(north) * math.sin((east - west) / 2) ** 2
    return 2 * _EARTH * math.asin(math.sqrt(half))
