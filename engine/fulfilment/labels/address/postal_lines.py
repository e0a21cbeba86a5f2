"""An address as the lines that stand on a parcel."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace

from engine.fulfilment.labels.address.countries import Country, country
from engine.fulfilment.labels.address.language import language_of
from engine.fulfilment.labels.letters.printable import check_address, shown
from engine.fulfilment.labels.page import Line
from engine.model.postal_address import PostalAddress

_COUNTRY_SIGN = 2
"""Signs of countries before a postcode have so many letters at most."""
_FIELD = re.compile(r"\{(\w+)\}")


def postal_lines(address: PostalAddress, *, sender: PostalAddress, field: str) -> tuple[Line, ...]:
    """In the order of its country, the first name and what stands below the street in bold. The country stands last, in
    capitals and in the language of the sender's country (English, if that is none of ours), if it is another than the
    sender's, as the Universal Postal Union has it: whoever sorts it there has to read it, in whichever language the
    rest of the paper is.
    Raises NotPrintable for fields of `field` whose letters can't be shown.
    """
    check_address(address, field)
    abroad = address.country.upper() != sender.country.upper()
    there = country(address.country)
    lines = [*_names(address, there), *_below(_in_capitals(address, there), there, abroad=abroad)]
    if abroad:
        lines.append(Line(there.name(language_of(sender.country)).upper(), bold=True))
    return tuple(Line(text, bold) for line, bold in lines if (text := shown(line)))


def _names(address: PostalAddress, there: Country) -> Iterator[Line]:
    names = [address.name, address.company]
    if there.company_first:
        names.reverse()
    return (Line(name, bold=not number) for number, name in enumerate(filter(None, names)))


def _in_capitals(address: PostalAddress, there: Country) -> PostalAddress:
    """Where they are in Latin letters: others are left as they were written."""
    capitals = {name: getattr(address, name).upper() for name in there.capitals if _is_latin(getattr(address, name))}
    return replace(address, **capitals)


def _is_latin(text: str) -> bool:
    return all(unicodedata.name(letter, "").startswith("LATIN") for letter in text if letter.isalpha())


def _below(address: PostalAddress, there: Country, *, abroad: bool) -> Iterator[Line]:
    """The lines below the names. A postcode or a town that the country's order has no place for stands last."""
    for template in there.order.split("|"):
        if template == "{street}":
            yield from map(Line, address.lines)
        elif text := _filled(template, address, abroad=abroad):
            yield Line(text, bold=True)
    if rest := " ".join(_without_place(address, there)):
        yield Line(rest, bold=True)


def _without_place(address: PostalAddress, there: Country) -> Iterator[str]:
    """Singapore's town, for one, stands in its order by name."""
    named = set(_FIELD.findall(there.order))
    literals = _FIELD.sub("", there.order).casefold()
    for name in ("postcode", "town"):
        text = getattr(address, name)
        if name not in named and text.casefold() not in literals:
            yield text


def _filled(template: str, address: PostalAddress, *, abroad: bool) -> str:
    """A line with what the address has. What stands between two fields stands there only if it has both; a name before
    the first stands there in any case, and a sign of the country only before a postcode that goes abroad.
    """
    pieces = _FIELD.split(template)  # text, field, text, field, ..., text
    line = ""
    for number, (before, name) in enumerate(zip(pieces[::2], pieces[1::2], strict=False)):
        value = getattr(address, name)
        if value and number == 0:
            line = _with_prefix(before, value, abroad=abroad)
        elif value:
            line += before + value if line else value
    return line or (pieces[0].strip() if not _is_sign(pieces[0]) else "")


def _with_prefix(prefix: str, value: str, *, abroad: bool) -> str:
    if _is_sign(prefix) and (not abroad or value.upper().startswith(prefix.strip(" -").upper())):
        return value
    return prefix + value


def _is_sign(prefix: str) -> bool:
    return len(prefix.strip(" -")) <= _COUNTRY_SIGN
