"""Instants and days as others write them, to UTC and back; nothing is guessed."""

import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.connectors.fields.dates import NoDate, day_of, instant_of, written
from tests.support.examples import examples

PARIS = "Europe/Paris"


@pytest.mark.parametrize(
    ("text", "options", "instant"),
    [
        ("2026-11-27T18:30:00Z", {}, "2026-11-27T18:30:00Z"),
        ("2026-11-27T18:30:00+01:00", {}, "2026-11-27T17:30:00Z"),
        ("2026-11-27 18:30", {"zone": PARIS}, "2026-11-27T17:30:00Z"),
        ("2026-07-27t18:30:00.25z", {}, "2026-07-27T18:30:00.250000Z"),
        ("27/11/2026 18:30", {"form": "%d/%m/%Y %H:%M", "zone": PARIS}, "2026-11-27T17:30:00Z"),
        ("27/07/2026 18:30", {"form": "%d/%m/%Y %H:%M", "zone": PARIS}, "2026-07-27T16:30:00Z"),
        ("20261127", {"form": "102", "zone": PARIS, "time": "18:30"}, "2026-11-27T17:30:00Z"),
        ("202611271830", {"form": "203", "zone": "UTC"}, "2026-11-27T18:30:00Z"),
        ("20261127183001", {"form": "204", "zone": "UTC"}, "2026-11-27T18:30:01Z"),
        ("261127", {"form": "101", "zone": "UTC", "time": "00:00"}, "2026-11-27T00:00:00Z"),
        ("2611271830", {"form": "201", "zone": "UTC"}, "2026-11-27T18:30:00Z"),
        ("1795804200", {"form": "seconds"}, "2026-11-27T18:30:00Z"),
        ("1795804200.5", {"form": "seconds"}, "2026-11-27T18:30:00.500000Z"),
        ("1795804200250", {"form": "milliseconds"}, "2026-11-27T18:30:00.250000Z"),
        ("25/10/2026 02:30", {"form": "%d/%m/%Y %H:%M", "zone": PARIS, "twice": "first"}, "2026-10-25T00:30:00Z"),
        ("25/10/2026 02:30", {"form": "%d/%m/%Y %H:%M", "zone": PARIS, "twice": "second"}, "2026-10-25T01:30:00Z"),
        ("2026-10-25T02:30:00+01:00", {"zone": PARIS}, "2026-10-25T01:30:00Z"),
    ],
)
def test_an_instant_is_the_one_that_is_meant(text, options, instant):
    assert instant_of(text, **{"form": None, "zone": None, **options}) == instant


@pytest.mark.parametrize(
    ("text", "options", "reason"),
    [
        ("27/11/2026", {}, "is no date of the form 2026-11-27T18:30:00; say by `date`"),
        ("2026-13-01T00:00:00Z", {}, "is no date"),
        ("2026-11-27T18:30:00", {}, "does not say its time zone; say it by `zone`"),
        ("2026-11-27", {"zone": PARIS}, "is a day; say by `time`"),
        ("31/02/2026 10:00", {"form": "%d/%m/%Y %H:%M", "zone": PARIS}, "is no date of the form"),
        ("2026111", {"form": "102", "zone": PARIS, "time": "00:00"}, "has another number of digits than %Y%m%d"),
        ("25/10/2026 02:30", {"form": "%d/%m/%Y %H:%M", "zone": PARIS}, "is a local time that comes twice"),
        (
            "29/03/2026 02:30",
            {"form": "%d/%m/%Y %H:%M", "zone": PARIS, "twice": "first"},
            "that there is not in Europe/Paris",
        ),
        ("soon", {"form": "seconds"}, "is no number of seconds since 1970"),
        ("9" * 15, {"form": "seconds"}, "is outside of the years that can be"),
        ("0001-01-01T00:00:00", {"zone": PARIS}, "is outside of the years that can be"),
    ],
)
def test_what_does_not_say_one_instant_is_none(text, options, reason):
    with pytest.raises(NoDate) as error:
        instant_of(text, **{"form": None, "zone": None, **options})
    assert reason in str(error.value)


@pytest.mark.parametrize(
    ("text", "form", "zone", "day"),
    [
        ("2026-11-27", None, None, "2026-11-27"),
        ("27.11.2026", "%d.%m.%Y", None, "2026-11-27"),
        ("20261127", "102", None, "2026-11-27"),
        ("2026-11-27T23:30:00Z", None, PARIS, "2026-11-28"),
        ("2026-11-27T23:30:00Z", None, None, "2026-11-27"),
        ("1795822200", "seconds", PARIS, "2026-11-28"),
    ],
)
def test_a_day_is_that_of_the_place(text, form, zone, day):
    assert day_of(text, form=form, zone=zone) == day


def test_a_day_of_an_instant_needs_a_place():
    with pytest.raises(NoDate, match="say by `zone` where the day is meant"):
        day_of("1795822200", form="seconds", zone=None)


@pytest.mark.parametrize(
    ("form", "zone", "text"),
    [
        (None, None, "2026-10-25T01:30:00Z"),
        (None, PARIS, "2026-10-25T02:30:00+01:00"),
        ("%d/%m/%Y %H:%M", PARIS, "25/10/2026 02:30"),
        ("102", None, "20261025"),
        ("seconds", None, "1792891800"),
        ("milliseconds", None, "1792891800000"),
    ],
)
def test_an_instant_of_ours_is_written_in_their_form(form, zone, text):
    assert written("2026-10-25T01:30:00Z", form=form, zone=zone) == text


def test_a_day_of_ours_is_written_as_a_day():
    assert written("2026-10-25", form="102", zone=PARIS) == "20261025"
    assert written("2026-10-25", form=None, zone=PARIS) == "2026-10-25"


@examples(60)
@given(
    st.integers(31_536_000, 4_070_908_800),
    st.sampled_from([PARIS, "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"]),
)
def test_an_instant_that_is_written_comes_back(seconds, zone):
    instant = datetime.datetime.fromtimestamp(seconds, tz=datetime.UTC)
    ours = instant.isoformat().replace("+00:00", "Z")
    form = "%Y-%m-%d %H:%M:%S"
    theirs = written(ours, form=form, zone=zone)
    fold = instant.astimezone(ZoneInfo(zone)).fold
    assert instant_of(theirs, form=form, zone=zone, twice="second" if fold else "first") == ours
