"""How often services are on time, from where to which country: worked out of parcels that were delivered or lost, and
put into the network once a day, so that decisions are made, recorded and replayed with it.
"""

from collections.abc import Callable
from typing import Final

from engine.errors import NotReady
from engine.facts_reader import FactsReader
from engine.model.facts import Network, rounded
from engine.store.connection.client import Client
from engine.store.fulfilment.on_time_counts import OnTimeCounts
from engine.store.fulfilment.stored_tracking import utc_date
from engine.store.keys import Keys
from engine.store.network.change import change_network
from engine.store.network.former.tidy import tidy
from engine.store.network.on_time_rates import Rates, rates_of, with_rates
from rules.reserves import FULL_SHARE

LEAST_PARCELS: Final = 20
"""Of fewer it is not said how often they came on time."""


class OnTimeRates:
    """Of one network. `clock` answers UTC seconds."""

    def __init__(self, client: Client, keys: Keys, *, facts: FactsReader, clock: Callable[[], int]) -> None:
        self._client = client
        self._keys = keys
        self._facts = facts
        self._counts = OnTimeCounts(client, keys)
        self._clock = clock

    def refresh(self) -> bool:
        """Put today's rates into the network, if a rule of the active policies mentions them; whether that was done
        now. Raises StoreUnavailable.
        """
        now = self._clock()
        if self._counts.rates_made_on() == utc_date(now):
            return False
        try:
            snapshot, matcher = self._facts.read([], now)
        except NotReady:  # no policy is active
            return False
        if not matcher.policies.mentions_on_time_rate:
            return False
        rates = self.rates(now)
        if rates != rates_of(snapshot.network):
            if not self._put(rates, snapshot.network, now):
                return False  # another network is loaded by now: next time
            tidy(self._client, self._keys)
        self._counts.note_rates_made(utc_date(now))
        return True

    def _put(self, rates: Rates, network: Network, now: int) -> bool:
        """Whether they are in the network now: it may be another than was read."""
        details = {"before": network.version, "on_time": sum(len(nodes) for nodes in rates.values())}
        changed = with_rates(network, rates)
        return change_network(self._client, self._keys, network, changed, details=details, now=now)

    def rates(self, now: int) -> dict[str, dict[str, dict[str, int]]]:
        """By service, node and country, the share that came on time, in basis points, where enough parcels count."""
        every, on_time = self._counts.read(now)
        rates: dict[str, dict[str, dict[str, int]]] = {}
        for lane in sorted(every):
            if every[lane] >= LEAST_PARCELS:
                rate = rounded(on_time[lane] * FULL_SHARE, every[lane])
                rates.setdefault(lane.service, {}).setdefault(lane.node, {})[lane.country] = rate
        return rates
