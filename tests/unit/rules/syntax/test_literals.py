"""The amounts that authors write, as integers."""

import datetime

import pytest

from rules.errors import LiteralInvalid
from rules.syntax import literals

ACCEPTED = [
    (literals.count, "0", 0),
    (literals.count, "+12", 12),
    (literals.count, "12.0", 12),
    (literals.number, "12.5", 12_500_000),
    (literals.number, "-0.000001", -1),
    (literals.money, "4.00 EUR", 4_000_000),
    (literals.money, "4", 4_000_000),
    (literals.money, "0.000001", 1),
    (literals.money, "999999999999999.99 JPY", 999_999_999_999_999_990_000),
    (literals.weight, "2.5 kg", 2_500),
    (literals.weight, "250g", 250),
    (literals.weight, "0.000001 t", 1),
    (literals.distance, "300 km", 300_000),
    (literals.distance, "800 m", 800),
    (literals.duration, "48 h", 2_880),
    (literals.duration, "30m", 30),
    (literals.duration, "30 min", 30),
    (literals.duration, "2 d", 2_880),
    (literals.duration, "1.5 h", 90),
    (literals.carbon, "250 g", 250_000),
    (literals.carbon, "0.5 kg", 500_000),
    (literals.share, "10%", 1_000),
    (literals.share, "0.01 %", 1),
    (literals.share, "100%", 10_000),
    (literals.time, "00:00", 0),
    (literals.time, "18:30", 1_110),
    (literals.time, "24:00", 1_440),
]
REFUSED = [
    (literals.count, "1.5", "'1.5' is finer than one; write 1 or 2"),
    (literals.count, "-0.5", "'-0.5' is finer than one; write -1 or 0"),
    (literals.count, "12 kg", "'12 kg' is no whole number; write for example 12"),
    (literals.count, "012", "'012' starts with a zero; write for example 12"),
    (literals.count, "00", "'00' starts with a zero; write for example 12"),
    (literals.count, "1:30", "'1:30' is no amount; write for example 12"),
    (literals.count, "1_000", "'1_000' is no amount; write for example 12"),
    (literals.count, "0x1F", "'0x1F' is no amount; write for example 12"),
    (literals.count, "1e3", "'1e3' is no amount; write for example 12"),
    (literals.count, "1,5", "'1,5' is no amount; write for example 12; write a point for the decimal comma"),
    (literals.count, "٣", "'٣' is no amount; write for example 12"),
    (literals.count, "1234567890123456", "'1234567890123456' is no amount; write for example 12"),
    (literals.count, "", "'' is no amount; write for example 12"),
    (literals.number, "5 kg", "'5 kg' is no number; write for example 12.5"),
    (literals.number, "0.0000001", "'0.0000001' is finer than a millionth"),
    (literals.money, "4.00 EURO", "'4.00 EURO': 'EURO' is no currency code; write for example 4.00 EUR"),
    (literals.money, "4.00 eur", "'4.00 eur': 'eur' is no currency code; write for example 4.00 EUR"),
    (literals.money, "€4", "'€4' is no amount; write for example 4.00 EUR; write EUR for €, after the amount"),
    (literals.money, "0.0000001", "'0.0000001' is finer than a millionth of a currency unit"),
    (literals.weight, "2.5", "'2.5': a unit is missing; use g, kg, t, for example 2.5 kg"),
    (literals.weight, "2.5 lb", "'2.5 lb': unit 'lb' is not known; use g, kg, t, for example 2.5 kg"),
    (literals.weight, "0.5 g", "'0.5 g' is finer than a gram"),
    (literals.distance, "5 miles", "'5 miles': unit 'miles' is not known; use m, km, for example 300 km"),
    (literals.duration, "90 s", "'90 s': unit 's' is not known; use m, min, h, d, for example 48 h"),
    (literals.duration, "0.01 h", "'0.01 h' is finer than a minute"),
    (literals.share, "0.1", "'0.1' is no share; write for example 10%"),
    (literals.share, "-1%", "'-1%' is not between 0% and 100%"),
    (literals.share, "100.01%", "'100.01%' is not between 0% and 100%"),
    (literals.share, "0.001%", "'0.001%' is finer than a hundredth of a percent"),
    (literals.flag, "True", "'True' is not true or false"),
    (literals.flag, "no", "'no' is not true or false"),
    (literals.time, "8:00", "'8:00' is no time of day; write for example \"08:00\", in quotes"),
    (
        literals.instant,
        "2026-12-04T18:00:00+01:00",
        "'2026-12-04T18:00:00+01:00' names a time zone; rules go by local clocks: write 2026-12-04 18:00, without one",
    ),
    (
        literals.instant,
        "2026-12-04 18:00Z",
        "'2026-12-04 18:00Z' names a time zone; rules go by local clocks: write 2026-12-04 18:00, without one",
    ),
    (literals.time, "24:01", "'24:01' is no time of day; write for example \"08:00\", in quotes"),
    (literals.time, "12:60", "'12:60' is no time of day; write for example \"08:00\", in quotes"),
    (literals.date, "2026-2-1", "'2026-2-1' is no date; write for example 2026-11-01"),
    (literals.date, "31/12/2026", "'31/12/2026' is no date; write 2026-12-31"),
    (literals.date, "3.12.2026", "'3.12.2026' is no date; write 2026-12-03 or 2026-03-12"),
    (literals.date, "05/05/2026", "'05/05/2026' is no date; write 2026-05-05"),
    (literals.date, "12/31/2026", "'12/31/2026' is no date; write 2026-12-31"),
    (literals.date, "20261101", "'20261101' is no date; write for example 2026-11-01"),
    (literals.date, "2026-W44-1", "'2026-W44-1' is no date; write for example 2026-11-01"),
    (literals.date, "2026-02-29", "'2026-02-29' is no day of the calendar: day is out of range for month"),
    (literals.instant, "2026-11-01T", "'' is no time of day; write for example \"08:00\", in quotes"),
]


def name_of(case) -> str:
    return f"{case.__name__}" if callable(case) else repr(case)


@pytest.mark.parametrize(("parse", "text", "value"), ACCEPTED, ids=name_of)
def test_an_amount_is_parsed_into_its_unit(parse, text, value):
    assert parse(text) == value


@pytest.mark.parametrize(("parse", "text", "message"), REFUSED, ids=name_of)
def test_an_invalid_amount_is_refused_with_an_example(parse, text, message):
    with pytest.raises(LiteralInvalid) as caught:
        parse(text)
    assert str(caught.value) == message


@pytest.mark.parametrize("text", ["true", "false"])
def test_a_flag_is_true_or_false(text):
    assert literals.flag(text) is (text == "true")


def test_a_date_is_its_day_of_the_calendar():
    assert literals.date("2026-11-27") == datetime.date(2026, 11, 27).toordinal()
    assert literals.date("2028-02-29") == literals.date("2028-02-28") + 1
    assert literals.date("0001-01-01") == 1


@pytest.mark.parametrize("text", ["2026-11-27 08:30", "2026-11-27T08:30"])
def test_an_instant_is_the_wall_clock_in_seconds(text):
    assert literals.instant(text) == literals.date("2026-11-27") * 86_400 + (8 * 60 + 30) * 60


def test_a_date_alone_is_its_midnight():
    assert literals.instant("2026-11-27") == literals.instant("2026-11-27 00:00")
    assert literals.instant("2026-11-26 24:00") == literals.instant("2026-11-27")
