"""Where the retailer is: cities from cities.csv and the 68 nodes put into them. Nothing here is random."""

import csv
import math
from dataclasses import dataclass
from pathlib import Path

CITIES = Path(__file__).with_name("cities.csv")
EARTH_KM = 6371.0088  # mean radius, as in the design


@dataclass(frozen=True, slots=True, kw_only=True)
class City:
    name: str
    latitude: float
    longitude: float
    population: int
    region: str
    postcode: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    id: str
    name: str
    type: str
    city: City
    tags: tuple[str, ...]
    handling: str
    preparation: str
    services: tuple[str, ...]
    group: str
    hours: str
    handling_per_unit: str
    franchise: bool | None = None
    daily_orders: int | None = None


def cities() -> dict[str, City]:
    """Every city of cities.csv by name, the most populous first."""
    with CITIES.open(encoding="utf-8", newline="") as file:
        return {row["name"]: _city(row) for row in csv.DictReader(file)}


def _city(row: dict[str, str]) -> City:
    return City(
        name=row["name"],
        latitude=float(row["latitude"]),
        longitude=float(row["longitude"]),
        population=int(row["population"]),
        region=row["region"],
        postcode=row["postcode"],
    )


def kilometres(a: City, b: City) -> float:
    """Great-circle distance by haversine."""
    p, q = math.radians(a.latitude), math.radians(b.latitude)
    half = math.sin((q - p) / 2) ** 2
    half += math.cos(p) * math.cos(q) * math.sin(math.radians(b.longitude - a.longitude) / 2) ** 2
    return 2 * EARTH_KM * math.asin(math.sqrt(half))


WAREHOUSES = (
    ("wh-orleans", "Entrepôt d'Orléans", "Orléans", ("robotised", "main"), "0.60", "2 h"),
    ("wh-lyon", "Entrepôt de Lyon", "Lyon", ("robotised",), "0.70", "2 h"),
    ("wh-lille", "Entrepôt de Lille", "Lille", (), "0.90", "3 h"),
)
WAREHOUSE_SERVICES = ("parcel", "economy", "express", "express_air", "bulky")

# Suppliers ship their own brand from their own dock and need a working day to react.
SUPPLIERS = (
    ("sup-cholet", "Ébénisterie des Mauges", "Cholet", ("dropship",), ("bulky",)),
    ("sup-angers", "Pépinières du Maine", "Angers", ("dropship",), ("bulky", "parcel")),
    ("sup-limoges", "Porcelaines du Limousin", "Limoges", ("dropship",), ("parcel",)),
    ("sup-oyonnax", "Jouets du Haut-Bugey", "Oyonnax", ("dropship",), ("parcel",)),
)
DISTRIBUTOR = ("dis-aubagne", "Grossiste Provence", "Aubagne", ("consignment",), ("parcel", "express"))

# l = large, m = medium, s = small; f = franchise, p = retail park (has a van for bulky goods), o = outlet, c = closing.
STORES = (
    ("Paris", "l"), ("Marseille", "l"), ("Lyon", "l"), ("Toulouse", "l"), ("Nice", "l"), ("Nantes", "l"),
    ("Strasbourg", "l"), ("Bordeaux", "l"), ("Montpellier", "l"), ("Lille", "l"), ("Rennes", "m"), ("Reims", "m"),
    ("Le Havre", "m"), ("Saint-Étienne", "m"), ("Toulon", "m"), ("Angers", "m"), ("Dijon", "m"), ("Grenoble", "m"),
    ("Nîmes", "mf"), ("Clermont-Ferrand", "m"), ("Aix-en-Provence", "mf"), ("Brest", "m"), ("Le Mans", "mp"),
    ("Amiens", "m"), ("Tours", "m"), ("Limoges", "sf"), ("Villeurbanne", "mp"), ("Besançon", "sf"), ("Metz", "m"),
    ("Orléans", "m"), ("Rouen", "m"), ("Mulhouse", "sc"), ("Montreuil", "s"), ("Perpignan", "sf"), ("Caen", "m"),
    ("Boulogne-Billancourt", "l"), ("Nancy", "m"), ("Argenteuil", "mp"), ("Roubaix", "mo"), ("Saint-Denis", "mp"),
    ("Avignon", "mf"), ("Dunkerque", "sp"), ("Poitiers", "sf"), ("Versailles", "m"), ("Créteil", "lp"),
    ("Pau", "sf"), ("La Rochelle", "sf"), ("Cannes", "s"), ("Calais", "so"), ("Bourges", "sf"), ("Colmar", "s"),
    ("Valence", "sp"), ("Quimper", "sf"), ("Lorient", "sf"), ("Troyes", "mo"), ("Chambéry", "s"), ("Annecy", "s"),
    ("Bayonne", "sf"), ("Angoulême", "sf"), ("Vannes", "sf"),
)  # fmt: skip
SIZES = {"l": "large", "m": "medium", "s": "small"}


def nodes(city: dict[str, City]) -> list[Node]:
    """All nodes in the order they are written. `city` is what `cities()` gave."""
    warehouses = [
        Node(
            id=i,
            name=n,
            type="warehouse",
            city=city[c],
            tags=t,
            handling=h,
            preparation=p,
            services=WAREHOUSE_SERVICES,
            group="warehouses",
            hours="warehouse",
            handling_per_unit="0.10",
        )
        for i, n, c, t, h, p in WAREHOUSES
    ]
    suppliers = [
        Node(
            id=i,
            name=n,
            type="supplier",
            city=city[c],
            tags=t,
            handling="1.50",
            preparation="9 h",
            services=s,
            group="partners",
            hours="office_hours",
            handling_per_unit="0.20",
            daily_orders=150,
        )
        for i, n, c, t, s in SUPPLIERS
    ]
    i, n, c, t, s = DISTRIBUTOR
    distributor = Node(
        id=i,
        name=n,
        type="distributor",
        city=city[c],
        tags=t,
        handling="1.80",
        preparation="6 h",
        services=s,
        group="partners",
        hours="office_hours",
        handling_per_unit="0.20",
        daily_orders=150,
    )
    return [*warehouses, *(_store(city[name], marks) for name, marks in STORES), *suppliers, distributor]


def _store(city: City, marks: str) -> Node:
    franchise, park = "f" in marks, "p" in marks
    tags = [SIZES[marks[0]], "retail_park" if park or "o" in marks else "city_centre"]
    tags += [tag for mark, tag in (("o", "outlet"), ("c", "closing")) if mark in marks]
    services = ["parcel", "pickup"]
    services += [] if franchise else ["express"]  # the express contract is the group's own
    services += ["local_van"] if park else [] if "o" in marks else ["bike"]
    return Node(
        id=f"st-{identifier(city.name)}",
        name=f"Magasin de {city.name}",
        type="store",
        city=city,
        tags=tuple(tags),
        handling="2.90" if franchise else "2.20",
        preparation="4 h" if marks[0] == "s" else "3 h",
        services=tuple(services),
        group="franchises" if franchise else "shops",
        hours="small_shop" if marks[0] == "s" else tags[1],
        handling_per_unit="0.25",
        franchise=franchise,
    )


def identifier(name: str) -> str:
    """'Saint-Étienne' -> 'saint-etienne'."""
    return name.lower().translate(str.maketrans("éèêîïôçâà' ", "eeeiiocaa--"))
