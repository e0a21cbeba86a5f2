"""Whole numbers of small units, such as millionths of a currency, as decimal numbers in the language of the command."""

from api.language.current import say_number


def decimal(value: int, digits: int, *, shown: int) -> str:
    """`value` times 10**-`digits` with `shown` decimals, rounded half away from zero."""
    step = 10 ** (digits - shown)
    rounded = (abs(value) + step // 2) // step
    whole, rest = divmod(rounded, 10**shown)
    sign = "-" if value < 0 and rounded else ""
    return say_number(f"{sign}{whole:,}.{rest:0{shown}}" if shown else f"{sign}{whole:,}")


def millionths(amount: int, *, shown: int = 6) -> str:
    """Micros as the currency, milligrams as kilograms."""
    return decimal(amount, 6, shown=shown)
