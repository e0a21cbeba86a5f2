"""Windows in words, and which conditions count as a window."""

import pytest

from rules.conditions import All, AnyOf, Compare, Condition, Operator
from rules.vocabulary import VOCABULARY, Value
from rules.wording.catalogue import load_catalogue
from rules.wording.window_phrases import split_window
from tests.support.wording_examples import WINDOWS, rule

ENGLISH, FRENCH = load_catalogue("en"), load_catalogue("fr")


def now(name: str, operator: Operator, operand: Value) -> Compare:
    return Compare(fact=VOCABULARY[f"now.{name}"], operator=operator, operands=(operand,))


@pytest.mark.parametrize(("window", "english", "french"), WINDOWS)
def test_a_window_reads_in_english_and_in_french(window, english, french):
    without_window, _ = split_window(rule("node.type: store").condition, ENGLISH)
    for catalogue, expected in ((ENGLISH, english), (FRENCH, french)):
        condition, text = split_window(rule("node.type: store", window=window).condition, catalogue)
        assert condition == without_window
        assert f"{text[0].upper()}{text[1:]}." == expected


def test_a_condition_without_a_window_stays_as_it_is():
    channel = Compare(fact=VOCABULARY["order.channel"], operator=Operator.EQUALS, operands=("web",))
    both = All(parts=(channel, AnyOf(parts=(channel, now("date", Operator.AT_LEAST, 1)))))
    assert split_window(both, ENGLISH) == (both, "")


def test_a_condition_on_the_time_that_no_window_writes_is_no_window():
    noon = now("time", Operator.EQUALS, 720)
    assert split_window(noon, ENGLISH) == (noon, "")


def test_evenings_go_with_the_mornings_of_the_next_day_and_with_no_others():
    def nights(morning: str) -> Condition:
        return AnyOf(
            parts=(
                All(parts=(now("weekday", Operator.EQUALS, "friday"), now("time", Operator.AT_LEAST, 1_320))),
                All(parts=(now("weekday", Operator.EQUALS, morning), now("time", Operator.LESS_THAN, 360))),
            )
        )

    everything = All(parts=())
    assert split_window(nights("saturday"), ENGLISH) == (
        everything,
        "on Fridays, from 22:00 to 06:00 of the next day",
    )
    assert split_window(nights("friday"), ENGLISH) == (nights("friday"), "")
