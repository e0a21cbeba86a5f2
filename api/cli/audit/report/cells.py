"""Tables of an evidence report, and how their cells are shown."""

from collections.abc import Sequence
from dataclasses import dataclass

from api.cli.output.numbers import decimal
from api.cli.output.times import Times
from api.language.current import say_number
from api.records.audit.calculation import decimal_text
from api.shapes.quantities import Quantities

Row = Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A table of the report: `name` is that of its file, `remarks` are sentences above it. `numbers` are the columns
    whose cells are numbers, from 0.
    """

    name: str
    title: str
    remarks: Sequence[str]
    headings: Sequence[str]
    rows: Sequence[Row]
    numbers: frozenset[int] = frozenset()
    total: Row | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """How numbers and instants are shown: to people, or plainly, as programs read them."""

    times: Times
    quantities: Quantities
    plain: bool

    def instant(self, text: str | None) -> str:
        return "" if text is None else text if self.plain else self.times(text)

    def number(self, value: int) -> str:
        return str(value) if self.plain else say_number(f"{value:,}")

    def scaled(self, value: int, digits: int, shown: int) -> str:
        """A number of 10**-digits, rounded to `shown` decimals for people; whole for programs."""
        if self.plain:
            return decimal_text(value, digits)
        return decimal(value, digits, shown=shown)

    def units(self, sku: str, units: int) -> str:
        shown = self.quantities.show_units(sku, units)
        return str(shown) if self.plain or not isinstance(shown, int) else say_number(f"{shown:,}")
