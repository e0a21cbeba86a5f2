"""Which SKUs and nodes a decision is found under, read off its record without decoding the rest."""

from msgspec import Struct


class RecordedLine(Struct):
    sku: str


class _Shipment(Struct):
    node: str
    lines: list[RecordedLine]


class _Scheduled(Struct):
    shipments: list[_Shipment]


class SearchedRecord(Struct, kw_only=True):
    """Those of the fields of `DecisionRecord`; all others are skipped. Shipments may be scheduled for later."""

    shipments: list[_Shipment]
    unfilled: list[RecordedLine]
    scheduled: _Scheduled | None = None
    not_counted: list[RecordedLine] = []

    @property
    def nodes(self) -> set[str]:
        """Those that ship something by it, now or later."""
        return {shipment.node for shipment in self._all_shipments()}

    @property
    def skus(self) -> set[str]:
        """Those that it decided."""
        parts = (*(shipment.lines for shipment in self._all_shipments()), self.unfilled, self.not_counted)
        return {line.sku for part in parts for line in part}

    def _all_shipments(self) -> list[_Shipment]:
        return [*self.shipments, *(self.scheduled.shipments if self.scheduled else ())]
