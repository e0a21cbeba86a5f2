"""Writes a postcode as its country does, so that one place has one postcode however it was typed.

The forms are those of the Universal Postal Union's postal addressing systems, by country
(https://www.upu.int/en/postal-solutions/programmes-services/addressing-solutions).
"""

import functools
import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple


class _Form(NamedTuple):
    """A postcode of so many letters and digits, of which a separator stands behind the first `split`."""

    length: int
    split: int
    separator: str


_FORMS: Final[Mapping[str, _Form]] = {
    "BR": _Form(8, 5, "-"),
    "CA": _Form(6, 3, " "),
    "CZ": _Form(5, 3, " "),
    "GR": _Form(5, 3, " "),
    "IE": _Form(7, 3, " "),
    "JP": _Form(7, 3, "-"),
    "MT": _Form(7, 3, " "),
    "NL": _Form(6, 4, " "),
    "PL": _Form(5, 2, "-"),
    "PT": _Form(7, 4, "-"),
    "SE": _Form(5, 3, " "),
    "SK": _Form(5, 3, " "),
    "US": _Form(9, 5, "-"),
}
_MOST_KEPT: Final = 10_000
"""Postcodes whose canonical form is remembered."""
_BRITISH: Final = frozenset({"GB", "GG", "IM", "JE"})
_OUTWARD_AND_INWARD: Final = re.compile(r"([A-Z]{1,2}[0-9][A-Z0-9]?)([0-9][A-Z]{2})")
"""BS7666: an outward code of two to four characters, then an inward code of three."""
_SIGNS: Final[Mapping[str, str]] = {"AT": "A", "BE": "B", "DE": "D", "ES": "E", "FI": "FIN", "FR": "F", "IT": "I"} | {
    "LU": "L",
    "NO": "N",
    "SE": "S",
}
"""What is written before the digits of these countries besides their code: the sign of their vehicles."""
_BEGIN_WITH_THEIR_CODE: Final = frozenset({"AD", "AI", "BB", "KY", "LC", "MS", "VC", "VG"})


@functools.lru_cache(maxsize=_MOST_KEPT)
def canonical(postcode: str, country: str | None) -> str:
    """In capitals, with the blanks and hyphens of its country: `kw172aa` of GB is `KW17 2AA`, `F-75 003` of FR is
    `75003`. Where the country is not known, or has no such form, blanks are made single ones.
    """
    words = postcode.upper().split()
    compact = _without_sign("".join(words).replace("-", ""), country or "")
    if country in _BRITISH and (parts := _OUTWARD_AND_INWARD.fullmatch(compact)):
        return " ".join(parts.groups())
    form = _FORMS.get(country or "")
    if form and len(compact) == form.length:
        return compact[: form.split] + form.separator + compact[form.split :]
    return compact if country and compact.isdigit() else " ".join(words)


def beginnings(postcode: str, country: str | None) -> Iterator[str]:
    """The canonical postcode, and from the longest to the shortest what of it names a larger area. Of British ones
    these are sector, outward code and area, since KW1 is no beginning of KW17.
    """
    yield postcode
    outward = outward_code(postcode, country)
    if outward is None:
        yield from (postcode[:length] for length in range(len(postcode) - 1, 0, -1))
        return
    yield postcode[: len(outward) + 2]
    yield outward
    yield outward[:2].rstrip("0123456789")


def outward_code(postcode: str, country: str | None) -> str | None:
    """`KW17` of `KW17 2AA`; None of what is no whole postcode of the United Kingdom, Jersey, Guernsey or Man."""
    if country not in _BRITISH:
        return None
    outward, blank, inward = canonical(postcode, country).partition(" ")
    return outward if blank and _OUTWARD_AND_INWARD.fullmatch(outward + inward) else None


def _without_sign(compact: str, country: str) -> str:
    """Without the country's code or sign before its digits, unless that is a part of all its postcodes."""
    if country in _BEGIN_WITH_THEIR_CODE:
        return compact
    for sign in (country, _SIGNS.get(country, "")):
        rest = compact.removeprefix(sign)
        if sign and rest != compact and rest.isdigit():
            return rest
    return compact
