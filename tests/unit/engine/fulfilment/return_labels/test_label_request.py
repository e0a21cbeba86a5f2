"""The day by which labels of returns say that goods have to be here."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from engine.fulfilment.return_labels.label_request import last_whole_day

PARIS = ZoneInfo("Europe/Paris")


def instant(text):
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("expires", "now", "day"),
    [
        ("2026-12-28T09:00", "2026-11-28T09:00", date(2026, 12, 27)),  # during the 28th: not all of it
        ("2026-12-27T23:00", "2026-11-28T09:00", date(2026, 12, 27)),  # at midnight in Paris: all of the 27th
        ("2026-12-28T23:30", "2026-11-28T09:00", date(2026, 12, 28)),  # on the 29th there
        ("2026-12-28T09:00", "2026-12-28T08:00", date(2026, 12, 28)),  # no day that is over
    ],
)
def test_it_is_the_last_day_all_of_which_the_return_is_waited_for(expires, now, day):
    assert last_whole_day(instant(expires), instant(now), PARIS) == day
