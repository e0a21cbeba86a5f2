"""Figures of gates and trials as a reader sees them."""

from decimal import Decimal

from api.console.shown import amount, number, signed
from api.language.current import say, text

_NAMES = {
    "cost": text("Cost"),
    "co2": text("CO2e"),
    "late": text("Late orders"),
    "unfilled": text("Units unfilled"),
    "shipments": text("Shipments"),
}
_KILOGRAM = 1_000_000
"""Milligrams; an amount has as many millionths."""


def figure(name: str) -> str:
    return say(_NAMES[name])


def figure_value(name: str, value: int, currency: str, *, sign: bool = False) -> str:
    """`value` is in micros, milligrams, or counted."""
    if name == "cost":
        return f"{'+' if sign and value > 0 else ''}{amount(Decimal(value) / _KILOGRAM, currency)}"
    if name == "co2":
        exact = Decimal(value) / _KILOGRAM
        return f"{signed(str(exact), 1) if sign else number(exact, 1)} kg"
    return signed(value) if sign else number(value)
