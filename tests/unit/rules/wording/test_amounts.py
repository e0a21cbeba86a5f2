"""Amounts in words: units, plurals, decimals and dates of each language."""

import datetime

import pytest

from rules.vocabulary import Kind
from rules.wording import amounts
from rules.wording.catalogue import load_catalogue

ENGLISH, FRENCH = load_catalogue("en"), load_catalogue("fr")
MINUTE, HOUR, DAY = 60, 3_600, 86_400


def day(text: str) -> int:
    return datetime.date.fromisoformat(text).toordinal()


@pytest.mark.parametrize(
    ("kind", "value", "english", "french"),
    [
        (Kind.MONEY, 4_000_000, "4.00", "4,00"),
        (Kind.MONEY, 2_505_000, "2.505", "2,505"),
        (Kind.NUMBER, -500_000, "-0.5", "-0,5"),
        (Kind.NUMBER, 3_000_000, "3", "3"),
        (Kind.COUNT, 12, "12", "12"),
        (Kind.WEIGHT, 999, "999 g", "999 g"),
        (Kind.WEIGHT, 2_500, "2.5 kg", "2,5 kg"),
        (Kind.WEIGHT, 0, "0 g", "0 g"),
        (Kind.DISTANCE, 300_000, "300 km", "300 km"),
        (Kind.DISTANCE, 100, "100 m", "100 m"),
        (Kind.CARBON, 250_000, "250 g", "250 g"),
        (Kind.CARBON, 1_250_000, "1.25 kg", "1,25 kg"),
        (Kind.DURATION, 0, "0 days", "0 jour"),
        (Kind.DURATION, 90, "90 minutes", "90 minutes"),
        (Kind.DURATION, 60, "1 hour", "1 heure"),
        (Kind.DURATION, 2_880, "2 days", "2 jours"),
        (Kind.TIME, 485, "08:05", "08:05"),
        (Kind.DATE, day("2026-11-01"), "1 November 2026", "1er novembre 2026"),
        (Kind.DATE, day("2026-08-21"), "21 August 2026", "21 août 2026"),
        (Kind.INSTANT, day("2026-11-27") * DAY + 18 * HOUR, "27 November 2026 18:00", "27 novembre 2026 à 18:00"),
        (Kind.INSTANT, day("2026-12-01") * DAY + 5, "1 December 2026 00:00:05", "1er décembre 2026 à 00:00:05"),
    ],
)
def test_an_amount_reads_in_english_and_in_french(kind, value, english, french):
    assert [amounts.amount(kind, value, catalogue) for catalogue in (ENGLISH, FRENCH)] == [english, french]


def test_a_share_is_a_percentage():
    assert (amounts.share(250, ENGLISH), amounts.share(2_000, FRENCH)) == ("2.5%", "20\u00a0%")


def test_a_decimal_is_in_full_and_has_a_point_unless_another_mark_is_given():
    assert amounts.decimal(1, 1_000_000) == "0.000001"
    assert amounts.decimal(-1_500, 1_000, mark=",", places=2) == "-1,50"
