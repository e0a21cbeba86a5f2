"""Units in which others write weights and lengths, and what one of each is in ours: grams, millimetres."""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType

UNITS: Mapping[str, Decimal] = MappingProxyType(
    {
        "mg": Decimal("0.001"),
        "g": Decimal(1),
        "kg": Decimal(1_000),
        "t": Decimal(1_000_000),
        "oz": Decimal("28.349523125"),
        "lb": Decimal("453.59237"),
        "mm": Decimal(1),
        "cm": Decimal(10),
        "m": Decimal(1_000),
        "in": Decimal("25.4"),
        "ft": Decimal("304.8"),
        "cents": Decimal("0.01"),
    }
)
"""The ounce and pound are avoirdupois, by the international agreement of 1959, as are inch and foot. `cents` are
hundredths of an amount of money, as some systems send their prices. A result is rounded to whole grams or millimetres,
half to even.
"""
