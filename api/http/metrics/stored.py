"""Numbers that are read from the store when they are asked for."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import fields

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from engine.errors import PointsmanError
from engine.service import Pointsman
from engine.store.stored_state import StoredState
from engine.version import VERSION

DESCRIPTIONS = {
    "open_holds": "Holds that are open.",
    "waiting": "Decisions of which units wait for stock.",
    "parked": "Orders that wait until a person approves them.",
    "resting": "Nodes that rest after a rejection, or did until lately.",
    "log_entries": "Entries in the log.",
    "events_waiting": "Events that are to be sent to a webhook again, or wait behind one that is.",
    "dead_letters": "Events that are not sent to a webhook any more.",
    "webhooks_off": "Webhooks that are switched off.",
    "prints_waiting": "Papers that are to be printed.",
    "prints_given_up": "Papers that are not printed by themselves any more.",
}


class StoredNumbers(Collector):
    """Those of all networks that are served. If the store can't be read, `pointsman_store_up` is 0 and others lack."""

    def __init__(self, served: Sequence[Pointsman]) -> None:
        self._served = served

    def collect(self) -> Iterator[GaugeMetricFamily]:
        up = GaugeMetricFamily("pointsman_store_up", "Whether the store answers.", labels=["network"])
        families = {
            field.name: GaugeMetricFamily(f"pointsman_{field.name}", DESCRIPTIONS[field.name], labels=["network"])
            for field in fields(StoredState)
        }
        for pointsman in self._served:
            network = [pointsman.settings.network]
            try:
                state = pointsman.in_store()
            except PointsmanError:
                up.add_metric(network, 0)
                continue
            up.add_metric(network, 1)
            for name, family in families.items():
                family.add_metric(network, getattr(state, name))
        numbers = [*self._tracking_numbers(), self._failing_carriers()]
        release = GaugeMetricFamily("pointsman_release_info", "The release that runs.", labels=["release"])
        release.add_metric([VERSION], 1)
        return iter([release, up, *families.values(), *numbers])

    def _tracking_numbers(self) -> Iterator[GaugeMetricFamily]:
        """How many the ranges of carriers have, and how many of those are left."""
        every, left = (
            GaugeMetricFamily(name, text, labels=["network", "carrier"])
            for name, text in (
                ("pointsman_tracking_numbers", "Tracking numbers in a carrier's ranges."),
                ("pointsman_tracking_numbers_left", "Those that are left of them."),
            )
        )
        for pointsman in self._served:
            with contextlib.suppress(PointsmanError):  # no network is loaded, or the store is away
                for carrier, stock in sorted(pointsman.fulfilment.carriers.stocks().items()):
                    every.add_metric([pointsman.settings.network, carrier], stock.numbers)
                    left.add_metric([pointsman.settings.network, carrier], stock.left)
        yield from (every, left)

    def _failing_carriers(self) -> GaugeMetricFamily:
        failing = GaugeMetricFamily(
            "pointsman_carrier_failing",
            "Whether a carrier could not say where parcels are when it was last asked.",
            labels=["network", "carrier"],
        )
        for pointsman in self._served:
            with contextlib.suppress(PointsmanError):  # no network is loaded, or the store is away
                rests = pointsman.fulfilment.polling.rests()
                for carrier, account in sorted(pointsman.fulfilment.carriers.all().items()):
                    if account.sells_labels:
                        failing.add_metric([pointsman.settings.network, carrier], int(carrier in rests))
        return failing
