"""Numbers of connectors, read from the store when they are asked for."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from api.connectors.running.book import ConnectorBook
from api.connectors.running.report import ENDINGS
from engine.errors import PointsmanError
from engine.service import Pointsman
from engine.store.connectors.status import ConnectorStatus

_LABELS = ("network", "connector")


class ConnectorNumbers(Collector):
    """Those of all networks that are served; none of one whose store can't be read. Where `folder` answers one, those
    of the connectors in it alone: what ran before and was removed has no numbers any more.
    """

    def __init__(self, served: Sequence[Pointsman], folder: Callable[[], Path | None]) -> None:
        self._served = served
        self._folder = folder
        self._books: dict[Path | None, ConnectorBook] = {}

    def collect(self) -> Iterator[CounterMetricFamily | GaugeMetricFamily]:
        rows = CounterMetricFamily(
            "pointsman_connector_rows",
            "Rows that a connector read, by what became of them.",
            labels=(*_LABELS, "result"),
        )
        gauges = {
            "lag_seconds": "For how long the oldest message has waited to be read, or the oldest record to be sent.",
            "waiting": "Messages that were there to be read when a connector last looked, or records to be sent.",
            "failing": "Whether the source or target of a connector could not be used when it last ran.",
        }
        families = {
            name: GaugeMetricFamily(f"pointsman_connector_{name}", meaning, labels=_LABELS)
            for name, meaning in gauges.items()
        }
        quarantined = CounterMetricFamily(
            "pointsman_connector_quarantined",
            "Messages of a connector with rows that could not be used.",
            labels=_LABELS,
        )
        sent = CounterMetricFamily("pointsman_connector_sent", "Records that a connector sent.", labels=_LABELS)
        for pointsman in self._served:
            network = pointsman.settings.network
            for status, now in self._statuses(pointsman):
                labels = [network, status.name]
                for ending in ENDINGS:
                    rows.add_metric([*labels, ending], getattr(status, ending))
                families["lag_seconds"].add_metric(labels, status.lag(now))
                families["waiting"].add_metric(labels, status.waiting)
                families["failing"].add_metric(labels, int(bool(status.error)))
                quarantined.add_metric(labels, status.quarantined)
                sent.add_metric(labels, status.sent)
        return iter([rows, quarantined, sent, *families.values()])

    def _statuses(self, pointsman: Pointsman) -> Sequence[tuple[ConnectorStatus, int]]:
        folder = self._folder()
        there = self._books.setdefault(folder, ConnectorBook(folder)).names()
        try:
            now, statuses = pointsman.now, pointsman.connectors.statuses()
        except PointsmanError:
            return []
        return [(status, now) for status in statuses if there is None or status.name in there]
