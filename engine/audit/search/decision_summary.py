"""What of a logged decision is searched and listed: read from its record without decoding the rest."""

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec
from msgspec import Struct

from engine.audit.search.searched_record import SearchedRecord
from engine.decide.decision import Status


class _Order(Struct):
    id: str
    channel: str


class _Rules(Struct):
    fired: dict[str, int]
    silenced: list[str]


class _Follows(Struct):
    because: str


class _Record(SearchedRecord, kw_only=True):
    """The fields of `DecisionRecord` that are needed here; all others are skipped."""

    status: Status
    decided_at: str
    policy_version: str
    order: _Order
    cost_micros: int
    co2_mg: int
    rules: _Rules
    follows: _Follows | None = None


_DECODER = msgspec.json.Decoder(_Record)


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionSummary:
    """One logged decision. `entry` is its entry in the log, `logged_at` when that was written, by the server's clock in
    UTC milliseconds. `decided_at` is the instant as of which it was decided, RFC 3339.

    `because` says why it follows another decision of its order, and is empty if it is the first. `caller` is whose open
    holds its hold counts among, `by` who asked for it. `nodes` ship something by it, now or, if it is scheduled, later;
    `skus` are those that it decided. `fired` and `silenced` are rules.
    """

    entry: tuple[int, int]
    decision: str
    decided_at: str
    order: str
    channel: str
    status: Status
    because: str
    policy_version: str
    caller: str
    by: str
    nodes: tuple[str, ...]
    skus: tuple[str, ...]
    shipments: int
    cost_micros: int
    co2_mg: int
    fired: tuple[str, ...]
    silenced: tuple[str, ...]

    @property
    def logged_at(self) -> int:
        return self.entry[0]


def summarize(entry: tuple[int, int], decision: str, body: bytes, *, caller: str, by: str) -> DecisionSummary:
    """The summary of the decision whose record is `body`; raises ValueError if it is of none."""
    record = _DECODER.decode(body)
    return DecisionSummary(
        entry=entry,
        decision=decision,
        decided_at=record.decided_at,
        order=record.order.id,
        channel=record.order.channel,
        status=record.status,
        because=record.follows.because if record.follows else "",
        policy_version=record.policy_version,
        caller=caller,
        by=by,
        nodes=_once(record.nodes),
        skus=_once(record.skus),
        shipments=len(record.shipments),
        cost_micros=record.cost_micros,
        co2_mg=record.co2_mg,
        fired=_once(record.rules.fired),
        silenced=_once(record.rules.silenced),
    )


def _once(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(names)))
