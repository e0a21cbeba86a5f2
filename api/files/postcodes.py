"""Reads postcodes.csv: where the areas of postcodes have their middle, for orders without coordinates."""

from collections.abc import Mapping
from pathlib import Path

from api.files.csv_rows import load_row, rows
from api.files.inventory_shapes import PostcodeShape
from engine.decide.address import countries
from engine.decide.address.postcodes import canonical
from engine.errors import Mistake
from engine.model.facts import GeoPoint

MOST_POSTCODES = 300_000
_COORDINATES = ("latitude", "longitude")


def read_postcodes(path: Path, mistakes: list[Mistake]) -> Mapping[str, Mapping[str, GeoPoint]]:
    """By country and postcode; empty without such a file. A postcode may be the beginning of one, such as 69 or KW17.
    Mistakes are added to `mistakes`.
    """
    places: dict[str, dict[str, GeoPoint]] = {}
    if not path.exists():
        return places
    shape = PostcodeShape()
    columns = ["country", "postcode", *_COORDINATES]
    for number, (where, row) in enumerate(rows(path, columns, mistakes, numbers=_COORDINATES)):
        if number == MOST_POSTCODES:
            message = (
                f"it has more than {MOST_POSTCODES:,} rows; write the beginnings of postcodes, such as 69 for 69003"
            )
            mistakes.append(Mistake(where=where, field="", message=message))
            break
        data = load_row(shape, row, where, mistakes)
        if data is None:
            continue
        country, postcode = data["country"], canonical(data["postcode"], data["country"])
        place = GeoPoint(latitude=data["latitude"], longitude=data["longitude"])
        field, message = _mistake(country, postcode, place, places)
        if message:
            mistakes.append(Mistake(where=where, field=field, message=message))
        places.setdefault(country, {})[postcode] = place
    return places


def _mistake(
    country: str, postcode: str, place: GeoPoint, places: Mapping[str, Mapping[str, GeoPoint]]
) -> tuple[str, str]:
    """A field of the row and what is wrong with it, or two empty texts."""
    if "*" in postcode or "?" in postcode:
        return "postcode", "write the beginning of the postcode alone, such as 69 for 69*"
    if postcode in places.get(country, {}):
        return "postcode", f"'{postcode}' of {country} stands here a second time"
    if not countries.lies_in(country, place):
        return "latitude", f"this lies {countries.metres_outside(country, place) // 1_000:,} km outside {country}"
    return "", ""
