"""Makes cities.csv: GeoNames towns of mainland France, each with its commune's first postcode.

Wants two files that this repository does not ship (see README.md for where they come from):

    python gather_cities.py GEONAMES_CITIES5000.json CODES_POSTAUX.json > cities.csv
"""

import csv
import json
import re
import sys
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any

COUNT = 420
Commune = tuple[str, str, list[str]]  # name, department, postcodes

# GeoNames admin1 code: region and its departments. Corsica is left out: no road leads there.
REGIONS = {
    "11": ("Île-de-France", "75 77 78 91 92 93 94 95"),
    "24": ("Centre-Val de Loire", "18 28 36 37 41 45"),
    "27": ("Bourgogne-Franche-Comté", "21 25 39 58 70 71 89 90"),
    "28": ("Normandie", "14 27 50 61 76"),
    "32": ("Hauts-de-France", "02 59 60 62 80"),
    "44": ("Grand Est", "08 10 51 52 54 55 57 67 68 88"),
    "52": ("Pays de la Loire", "44 49 53 72 85"),
    "53": ("Bretagne", "22 29 35 56"),
    "75": ("Nouvelle-Aquitaine", "16 17 19 23 24 33 40 47 64 79 86 87"),
    "76": ("Occitanie", "09 11 12 30 31 32 34 46 48 65 66 81 82"),
    "84": ("Auvergne-Rhône-Alpes", "01 03 07 15 26 38 42 43 63 69 73 74"),
    "93": ("Provence-Alpes-Côte d'Azur", "04 05 06 13 83 84"),
}
COLUMNS = ["geonameid", "name", "latitude", "longitude", "population", "region", "department", "postcode"]


def plain(name: str) -> str:
    """A name without accents, case and punctuation: 'Saint-Étienne' and 'SAINT ETIENNE' are one."""
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z]+", " ", letters.lower()).strip()


def communes(postal: list[dict[str, str]]) -> dict[tuple[str, str], Commune]:
    """(region code, plain name) -> (name, department, postcodes); names that occur twice in a region are dropped."""
    region_of = {d: code for code, (_, departments) in REGIONS.items() for d in departments.split()}
    codes = {}
    for row in postal:
        department = row["codeCommune"][:2]
        if department in region_of and row["codePostal"][:2] == department:
            name = re.sub(r" \d+er? Arrondissement$", "", row["nomCommune"])
            key = (region_of[department], plain(name))
            commune = "arrondissements" if name != row["nomCommune"] else row["codeCommune"]
            codes.setdefault(key, {}).setdefault((name, department, commune), []).append(row["codePostal"])
    return {
        key: (*next(iter(postcodes))[:2], next(iter(postcodes.values())))
        for key, postcodes in codes.items()
        if len(postcodes) == 1
    }


def gather(towns: Iterable[dict[str, Any]], postal: list[dict[str, str]]) -> list[dict[str, Any]]:
    """The COUNT most populous towns that are communes by GeoNames' own name or a French spelling of it ('Dunkirk')."""
    known_communes = communes(postal)
    chosen = {}
    for town in sorted(towns, key=lambda t: (-t["population"], t["geonameid"])):
        if town["countrycode"] != "FR" or town["admin1code"] not in REGIONS:
            continue
        names = (
            [town["name"]] if (town["admin1code"], plain(town["name"])) in known_communes else town["alternatenames"]
        )
        for name in names:
            commune = known_communes.get((town["admin1code"], plain(name)))
            if commune and commune[:2] not in chosen:
                chosen[commune[:2]] = row_of(town, commune)
                break
        if len(chosen) == COUNT:
            break
    return list(chosen.values())


def main_first(postcode: str) -> tuple[bool, str]:
    """The town's main one ends in 00, where it has one: Cannes is 06400 rather than 06150."""
    return not postcode.endswith("00"), postcode


def row_of(town: dict[str, Any], commune: Commune) -> dict[str, Any]:
    name, department, postcodes = commune
    return {
        "geonameid": town["geonameid"], "name": name, "latitude": f"{town['latitude']:.5f}",
        "longitude": f"{town['longitude']:.5f}", "population": town["population"],
        "region": REGIONS[town["admin1code"]][0], "department": department, "postcode": min(postcodes, key=main_first),
    }  # fmt: skip


def main() -> None:
    towns, postal = (json.loads(Path(path).read_text(encoding="utf-8")) for path in sys.argv[1:3])
    table = csv.DictWriter(sys.stdout, COLUMNS, lineterminator="\n")
    table.writeheader()
    table.writerows(gather(towns.values(), postal))


if __name__ == "__main__":
    main()
