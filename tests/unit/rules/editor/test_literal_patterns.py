"""Examples of the values that an editor accepts; that they are those the loader reads is a property test."""

import pytest
from jsonschema import Draft7Validator

from rules.editor.literal_patterns import INSTANT_WITH_TIME, SHARE, WORD, literal, one_of, one_or_more, one_value
from rules.vocabulary import Kind


def accepts(shape, value) -> bool:
    return Draft7Validator(shape).is_valid(value)


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (Kind.COUNT, [12, 0, "12"], [1.5, -1, "1.5", "12 kg"]),
        (Kind.MONEY, [4, 4.5, "4.00", "4.00 EUR"], [-1, "4 EURO", "0.0000001"]),
        (Kind.WEIGHT, ["2.5 kg", "2500 g"], [2.5, "2.5", "0.5 g"]),
        (Kind.DURATION, ["48 h", "90 min", "0.00625 d"], [48, "0.5 min"]),
        (Kind.FLAG, [True, "false"], ["yes", 1]),
        (Kind.DATE, ["2026-11-30", "2026-02-29"], ["2026-11-31", "2026-11-01 08:00"]),
        (Kind.TIME, ["08:00", "24:00"], ["8:00", "24:01"]),
        (Kind.INSTANT, ["2026-11-27 18:00", "2026-11-27T18:00", "2026-11-27"], ["18:00"]),
        (Kind.WORD, ["web", 75001, True], [" ", None, ["web"]]),
    ],
)
def test_a_kind_accepts_its_values_and_no_others(kind, good, bad):
    shape = literal(kind)
    assert [value for value in good if not accepts(shape, value)] == []
    assert [value for value in bad if accepts(shape, value)] == []


def test_an_amount_keeps_to_its_bounds_with_quotes_or_without():
    tier = literal(Kind.COUNT, low=1, high=9)
    assert [value for value in (0, 1, 9, 10, "0", "1", "9", "10", "09") if accepts(tier, value)] == [1, 9, "1", "9"]


def test_an_amount_without_bounds_may_be_negative():
    assert accepts(literal(Kind.NUMBER, low=None), "-2.5")
    assert not accepts(literal(Kind.NUMBER), "-2.5")


def test_a_share_is_a_percentage_of_at_most_a_hundred():
    assert [text for text in ("10%", "2.5 %", "100%", "100.5%", "10") if accepts(SHARE, text)] == [
        "10%",
        "2.5 %",
        "100%",
    ]


def test_where_a_day_would_be_ambiguous_the_time_is_needed():
    assert accepts(INSTANT_WITH_TIME, "2026-11-27 18:00")
    assert not accepts(INSTANT_WITH_TIME, "2026-11-27")


def test_one_value_may_stand_in_a_list_and_more_only_where_more_are_meant():
    values = ["a", ["a"], ["a", "b"], []]
    assert [accepts(one_value(WORD), value) for value in values] == [True, True, False, False]
    assert [accepts(one_or_more(WORD), value) for value in values] == [True, True, True, False]


def test_a_boolean_may_be_quoted():
    assert [value for value in (True, "true", False, "false") if accepts(one_of([True], "true"), value)] == [
        True,
        "true",
    ]
