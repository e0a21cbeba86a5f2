"""The periods of allotments: days and weeks of the installation's calendar, and windows of rules. What a channel takes
is counted in them.
"""

import datetime
import functools
import urllib.parse
from collections.abc import Mapping, Sequence

from engine.model.facts import Network
from rules.policy import PolicySet
from rules.reserves import DAY, WEEK, Allotment, Tally


def period_names(policies: PolicySet, network: Network, now: int) -> Mapping[Tally, str]:
    """By tally, the name of the period that counts at `now`, which names the channel, too. Nothing is counted for rules
    whose window does not have that day.
    """
    if not policies.allotments:
        return {}
    return _names(policies.allotments, network.local(now).date())


@functools.lru_cache(maxsize=64)
def _names(allotments: Sequence[Allotment], date: datetime.date) -> Mapping[Tally, str]:
    """Those of a day, which is asked for with each order."""
    tallies = sorted({item.tally for item in allotments if item.may_apply_on(date.isoformat())})
    year, week, _ = date.isocalendar()
    periods = {DAY: f"day:{date.isoformat()}", WEEK: f"week:{year:04}-W{week:02}"}
    return {
        tally: f"{periods.get(tally.per, tally.per.replace(' ', ':', 1))}:{urllib.parse.quote(tally.channel, safe='')}"
        for tally in tallies
    }
