"""The moments of a test file, on the clock of its network, in UTC seconds."""

import datetime

from api.files.policy_tests.shapes import AfterDecision, LocalInstant
from engine.model.facts import Network
from rules.syntax.literals import SECONDS_A_DAY


def utc_seconds(when: LocalInstant, network: Network) -> int:
    """UTC seconds of an instant on the clock of the network's time zone; of an hour that it shows twice the first,
    unless it is written how far the clock is ahead.
    """
    day, second = divmod(when.seconds, SECONDS_A_DAY)
    local = datetime.datetime.fromordinal(day) + datetime.timedelta(seconds=second)
    ahead = None if when.ahead is None else datetime.timezone(datetime.timedelta(seconds=when.ahead))
    return int(local.replace(tzinfo=ahead or network.zone).timestamp())


def instant_of(when: LocalInstant | AfterDecision, network: Network, now: int) -> int:
    """The same of a moment that may count from the decision, made `now`."""
    return now + when.minutes * 60 if isinstance(when, AfterDecision) else utc_seconds(when, network)
