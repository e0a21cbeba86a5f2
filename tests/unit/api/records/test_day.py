"""The figures of a day."""

from api.records.day import DayFigures, DayRecord


def test_rules_that_never_fired_are_named():
    day = DayFigures(currency="EUR", rules=frozenset({"p/a", "p/b", "p/c"}))
    day.fired["p/b"] = 3
    assert day.never_fired == ["p/a", "p/c"]
    assert DayRecord.of(day).never_fired == ["p/a", "p/c"]
