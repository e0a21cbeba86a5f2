"""Values in the words of policy and test files, so that what is shown may be copied into one."""

from collections.abc import Mapping
from decimal import Decimal

from rules.literals import MICROS
from rules.vocabulary import Kind, Value

_MINUTES = 60
_MILLIGRAMS = 1_000
_METRES = 1_000
_CENT = Decimal("0.01")


def told(kind: Kind, value: Value | None, currency: str = "") -> str:
    """An integer of `kind` with its unit, exact: money "6.20 EUR", a duration "48 h", None "unknown"."""
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, int):
        return flow(value)
    match kind:
        case Kind.MONEY:
            amount = Decimal(value) / MICROS
            shown = amount.quantize(_CENT) if amount == amount.quantize(_CENT) else amount.normalize()
            return f"{shown:f} {currency}".rstrip()
        case Kind.DURATION:
            return f"{value} min" if value % _MINUTES else f"{value // _MINUTES} h"
        case Kind.DISTANCE:
            return f"{_decimal(value, _METRES)} km"
        case Kind.CARBON:
            return f"{_decimal(value, _MILLIGRAMS)} g"
        case _:
            return str(value)


def flow(value: object) -> str:
    """Nested mappings and lists of words as YAML's flow style has them, for reading."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(flow(item) for item in value) + "]"
    if isinstance(value, frozenset):
        return flow(sorted(value))
    return "~" if value is None else str(value)


def _decimal(value: int, unit: int) -> str:
    whole, rest = divmod(value, unit)
    return f"{whole}.{rest:03}".rstrip("0") if rest else str(whole)
