"""An address as the lines that stand on a parcel."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace

from engine.fulfilment.labels.address.countries import Country, country
from engine.fulfilment.labels.letters.printable import printable
from engine.fulfilment.labels.page import Line
from engine.model.postal_address import PostalAddress

_FIELD = re.compile(r"\{(\w+)\}")
_PLACE = ("postcode", "town", "region")


def postal_lines(address: PostalAddress, *, sender: PostalAddress, language: str, field: str) -> tuple[Line, ...]:
    """In the order of its country, names and town in bold. The country stands below, in capitals and in the language of
    the sender, if it is another than the sender's, as the Universal Postal Union has it; without a name of its own, an
    address has its first line in bold. Raises NotPrintable, with what follows `field` in it.
    """
    abroad = address.country.upper() != sender.country.upper()
    there = country(address.country)
    lines = [*_names(address, there), *_below(_in_capitals(address, there), there, abroad=abroad)]
    if abroad:
        lines.append((Line(there.name(language).upper(), bold=True), "country"))
    shown = (Line(printable(line.text, f"{field}.{name}"), line.bold) for line, name in lines)
    return tuple(line for line in shown if line.text)


def _names(address: PostalAddress, there: Country) -> Iterator[tuple[Line, str]]:
    names = [("name", address.name), ("company", address.company)]
    if there.company_first:
        names.reverse()
    present = [(name, text) for name, text in names if text]
    for name, text in present:
        yield Line(text, bold=(name, text) == present[0]), name


def _in_capitals(address: PostalAddress, there: Country) -> PostalAddress:
    """Where they are in Latin letters: others are left as they were written."""
    capitals = {name: getattr(address, name).upper() for name in there.capitals if _is_latin(getattr(address, name))}
    return replace(address, **capitals)


def _is_latin(text: str) -> bool:
    return all(unicodedata.name(letter, "").startswith("LATIN") for letter in text if letter.isalpha())


def _below(address: PostalAddress, there: Country, *, abroad: bool) -> Iterator[tuple[Line, str]]:
    """The lines below the names. A postcode or a town that the country's order has no place for stands last."""
    for template in there.order.split("|"):
        if template == "{street}":
            yield from ((Line(text), f"lines.{number}") for number, text in enumerate(address.lines))
        elif text := _filled(template, address, abroad=abroad):
            yield Line(text, bold=True), _first_field(template)
    named = set(_FIELD.findall(there.order))
    literals = _FIELD.sub("", there.order).casefold()
    rest = [
        text
        for name in ("postcode", "town")
        if name not in named and (text := getattr(address, name)) and text.casefold() not in literals
    ]
    if rest:
        yield Line(" ".join(rest), bold=True), "town"


def _first_field(template: str) -> str:
    return next(iter(_FIELD.findall(template)), "town")


def _filled(template: str, address: PostalAddress, *, abroad: bool) -> str:
    """A line with what the address has. What stands between two fields stands there only if it has both."""
    parts = _FIELD.split(template)  # text, field, text, field, ..., text
    line = ""
    for between, name in zip(parts[::2], [*parts[1::2], ""], strict=True):
        value = getattr(address, name) if name else ""
        if not name:
            line += between if line else ""
        elif value and line:
            line += between + value
        elif value:
            line = _with_prefix(between, value, abroad=abroad)
    return line or ("" if len(parts) > 1 else template)


def _with_prefix(prefix: str, value: str, *, abroad: bool) -> str:
    """A value behind what stands before it, which is only needed abroad if it is a sign of the country."""
    sign = prefix.strip()
    if not sign or value.upper().startswith(sign.strip("-").upper()):
        return value
    return prefix + value if abroad or len(sign.strip("-")) > _COUNTRY_SIGN else value


_COUNTRY_SIGN = 2
