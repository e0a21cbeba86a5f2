"""Windows written as conditions on a date, a time and a weekday: what they mean while no clock is put back.

For all that reads rules instead of evaluating them.
"""

from collections.abc import Iterator

from rules.conditions import All, AnyOf, Compare, Condition, Operator
from rules.vocabulary import VOCABULARY, Value
from rules.windows import DAY, WEEKDAYS, Window


def window_conditions(window: Window, clock: str) -> Iterator[Condition]:
    """The conditions that must all hold; `clock` is `now` or `node`, whose facts they compare."""
    facts = _Clock(clock)
    if window.start is not None:
        yield facts.from_minute(window.start)
    if window.end is not None:
        yield facts.until_minute(window.end)
    if window.weekdays and window.passes_midnight:
        yield facts.nights(window)
        return
    if window.weekdays:
        yield facts.compare("weekday", Operator.EQUALS, *window.weekdays)
    if (window.opens, window.closes) != (0, DAY):
        yield facts.hours(window)


class _Clock:
    """Makes conditions on the facts of one clock."""

    def __init__(self, name: str) -> None:
        self._name = name

    def compare(self, fact: str, operator: Operator, *operands: Value) -> Compare:
        return Compare(fact=VOCABULARY[f"{self._name}.{fact}"], operator=operator, operands=operands)

    def from_minute(self, start: int) -> Condition:
        day, minute = divmod(start, DAY)
        if not minute:
            return self.compare("date", Operator.AT_LEAST, day)
        that_day = All(
            parts=(self.compare("date", Operator.EQUALS, day), self.compare("time", Operator.AT_LEAST, minute))
        )
        return AnyOf(parts=(self.compare("date", Operator.MORE_THAN, day), that_day))

    def until_minute(self, end: int) -> Condition:
        day, minute = divmod(end, DAY)
        if not minute:
            return self.compare("date", Operator.AT_MOST, day - 1)
        that_day = All(
            parts=(self.compare("date", Operator.EQUALS, day), self.compare("time", Operator.LESS_THAN, minute))
        )
        return AnyOf(parts=(self.compare("date", Operator.LESS_THAN, day), that_day))

    def hours(self, window: Window) -> Condition:
        opens = self.compare("time", Operator.AT_LEAST, window.opens)
        closes = self.compare("time", Operator.LESS_THAN, window.closes)
        return AnyOf(parts=(opens, closes)) if window.passes_midnight else All(parts=(opens, closes))

    def nights(self, window: Window) -> Condition:
        """The nights that begin on these days: their evenings, and the mornings of the days after."""
        opens = self.compare("time", Operator.AT_LEAST, window.opens)
        closes = self.compare("time", Operator.LESS_THAN, window.closes)
        evening = (self.compare("weekday", Operator.EQUALS, *window.weekdays), opens)
        morning = (self.compare("weekday", Operator.EQUALS, *days_after(window.weekdays)), closes)
        return AnyOf(parts=(All(parts=evening), All(parts=morning)))


def days_after(weekdays: tuple[Value, ...]) -> tuple[str, ...]:
    """The day after each of these weekdays."""
    return tuple(WEEKDAYS[(WEEKDAYS.index(str(day)) + 1) % len(WEEKDAYS)] for day in weekdays)
