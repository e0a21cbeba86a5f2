"""How numbers and their differences are written in a report, and whether a difference is for the better."""

import datetime
from collections.abc import Callable
from typing import Final, NamedTuple, TypeAlias

from api.cli.output.numbers import decimal, millionths
from api.cli.output.times import MONTHS
from api.language.current import say, say_number
from api.records.whatif_amounts import WhatIfAmountsRecord
from api.reports.charts.bars import Tone
from rules.syntax.literals import SECONDS_A_DAY

Shown: TypeAlias = Callable[[int], str]
_MINUS: Final = "\N{MINUS SIGN}"
_THOUSANDTHS: Final = 1_000


def whole(number: int) -> str:
    return minus(say_number(f"{number:,}"))


def cents(micros: int) -> str:
    return minus(millionths(micros, shown=2))


def kilograms(milligrams: int) -> str:
    return minus(millionths(milligrams, shown=1))


def hundredths(thousandths: int) -> str:
    return minus(decimal(thousandths, 3, shown=2))


def signed(number: int, shown: Shown) -> str:
    """With its sign, but that of a number that is shown as nothing."""
    text = shown(abs(number))
    if not any(sign in "123456789" for sign in text):
        return text
    return f"{_MINUS if number < 0 else '+'}{text}"


def minus(text: str) -> str:
    """With the sign that is as wide as a plus."""
    return text.replace("-", _MINUS)


def less_is_better(difference: int) -> Tone:
    return "even" if not difference else "better" if difference < 0 else "worse"


def more_is_better(difference: int) -> Tone:
    return less_is_better(-difference)


def short_day(date: str) -> str:
    """27 Nov."""
    day = datetime.date.fromisoformat(date)
    return f"{day.day} {say(MONTHS[day.month - 1])}"


class Ratio(NamedTuple):
    """A mean, in thousandths; None if it is of nothing."""

    baseline: int | None
    draft: int | None

    @property
    def difference(self) -> int:
        return 0 if self.baseline is None or self.draft is None else self.draft - self.baseline


def shipments_each(baseline: WhatIfAmountsRecord, draft: WhatIfAmountsRecord) -> Ratio:
    """Of decisions of which something ships."""
    return Ratio(*(_thousandths(side.shipments, side.arriving) for side in (baseline, draft)))


def days_to_arrival(baseline: WhatIfAmountsRecord, draft: WhatIfAmountsRecord) -> Ratio:
    """From the order until all has arrived, of decisions of which something ships."""
    return Ratio(*(_thousandths(side.arrival_seconds, side.arriving * SECONDS_A_DAY) for side in (baseline, draft)))


def _thousandths(sum_of_them: int, number: int) -> int | None:
    return round(sum_of_them * _THOUSANDTHS / number) if number else None
