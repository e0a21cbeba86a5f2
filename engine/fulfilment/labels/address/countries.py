"""What countries are called, and in which order they write addresses: `countries.csv`, which
`tests/data/gather_address_formats.py` makes and names the sources of.
"""

import csv
import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rules.wording.catalogue import ENGLISH

_FILE = Path(__file__).with_name("countries.csv")
_COLUMNS = frozenset({"country", "company_first", "capitals", "order"})
"""The others are languages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Country:
    """`order` is a template of the lines below the names, with a bar between them. `capitals` are the fields that are
    written in capitals. `names` are by language; `company_first`: a company stands above the person.
    """

    code: str
    names: Mapping[str, str]
    company_first: bool
    capitals: frozenset[str]
    order: str

    def name(self, language: str) -> str:
        """In English where it is not known in the language."""
        return self.names.get(language) or self.names[ENGLISH]


def country(code: str) -> Country:
    """Of an ISO 3166 code; one that is not listed is called by its code."""
    listed = _countries().get(code.upper())
    return listed or Country(
        code=code,
        names={ENGLISH: code},
        company_first=False,
        capitals=frozenset(),
        order="{street}|{postcode} {town}|{region}",
    )


@functools.cache
def _countries() -> Mapping[str, Country]:
    with _FILE.open(encoding="utf-8", newline="") as file:
        return {row["country"]: _country(row) for row in csv.DictReader(file)}


def _country(row: dict[str, str]) -> Country:
    return Country(
        code=row["country"],
        names={language: name for language, name in row.items() if language not in _COLUMNS},
        company_first=bool(row["company_first"]),
        capitals=frozenset(row["capitals"].split()),
        order=row["order"],
    )
