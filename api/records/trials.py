"""The shadow and the canary as JSON."""

from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

from msgspec import UNSET, Meta, UnsetType

from api.shapes.cursors import changed_orders_cursor
from engine.decide.order_record import Record, Timestamp, timestamp
from engine.policies.changed_orders import ChangedOrders
from engine.policies.trial_figures import Row, Watched, WatchedFigure
from engine.policies.trials import Trials
from engine.store.policy_trials import StoredTrial, TrialKind
from rules.gate import GATE_FIGURES, GateFigure

_Unit: TypeAlias = Literal["micros", "milligrams", "decisions", "units", "shipments"]
_UNITS: Mapping[GateFigure, _Unit] = {
    "cost": "micros",
    "co2": "milligrams",
    "late": "decisions",
    "unfilled": "units",
    "shipments": "shipments",
}


class TrialFigureRecord(Record, frozen=True):
    """A figure in micros, milligrams of CO2e, decisions that are late, units or shipments."""

    figure: GateFigure
    unit: Annotated[
        _Unit,
        Meta(description="what the numbers count: millionths of the network's currency, milligrams of CO2e, ..."),
    ]
    before: Annotated[int, Meta(description="what the decisions come to under the other version")]
    difference: Annotated[int, Meta(description="how much more they come to under this one")]
    low: Annotated[
        int, Meta(description="between here and `high` 95 % of the differences lie if orders are drawn again")
    ]
    high: int
    stop_if: Annotated[str | UnsetType, Meta(description="a canary ends if it is more than that")] = UNSET
    broken: bool = False

    @classmethod
    def of(cls, item: WatchedFigure) -> "TrialFigureRecord":
        return cls(
            figure=item.figure,
            unit=_UNITS[item.figure],
            before=item.before,
            difference=item.difference,
            low=item.low,
            high=item.high,
            stop_if=item.bound.text if item.bound else UNSET,
            broken=item.is_broken,
        )


class TrialRecord(Record, frozen=True):
    """A shadow or a canary: the one that runs, or else the last that did."""

    kind: Literal["shadow", "canary"]
    version: str
    running: bool
    share: Annotated[str, Meta(description="of the orders: 5%")]
    since: Timestamp
    by: str
    note: str
    orders: Annotated[int, Meta(description="whose first decision was compared")]
    decisions: Annotated[int, Meta(description="that were compared")]
    untried: Annotated[int, Meta(description="that could not be compared")]
    orders_changed: Annotated[int, Meta(description="of which some decision comes out otherwise")]
    figures: list[TrialFigureRecord]
    base: Annotated[str | UnsetType, Meta(description="of a canary, the version that decides the other orders")] = UNSET
    least_orders: Annotated[
        int | UnsetType, Meta(description="of a canary, from how many orders on its bounds count")
    ] = UNSET
    watch: Annotated[
        list[GateFigure] | UnsetType, Meta(description="of a canary, the figures that are shown first")
    ] = UNSET
    untried_because: Annotated[
        str | UnsetType,
        Meta(description="why nothing is compared now: this release can't read one of the two versions"),
    ] = UNSET
    ended_at: Annotated[Timestamp | UnsetType, Meta(description="left out while it runs")] = UNSET
    because: Annotated[str | UnsetType, Meta(description="why a canary ended")] = UNSET
    end_note: str | UnsetType = UNSET

    @classmethod
    def of(cls, trial: StoredTrial, watched: Watched, *, running: bool, unreadable: str = "") -> "TrialRecord":
        terms = trial.terms
        return cls(
            kind=trial.kind,
            version=trial.version,
            running=running,
            share=f"{trial.share / 100:g}%",
            base=trial.base or UNSET,
            since=timestamp(trial.since),
            by=trial.who,
            note=trial.note,
            least_orders=terms.least_orders if terms else UNSET,
            watch=[figure for figure in GATE_FIGURES if figure in terms.watch] if terms else UNSET,
            orders=watched.orders,
            decisions=watched.decisions,
            untried=trial.sums.get("untried", 0),
            untried_because=unreadable or UNSET,
            orders_changed=watched.orders_changed,
            figures=[TrialFigureRecord.of(item) for item in watched.figures],
            ended_at=UNSET if trial.ended is None else timestamp(trial.ended),
            because=trial.because or UNSET,
            end_note=trial.end_note or UNSET,
        )


def trial_record(trials: Trials, kind: TrialKind) -> TrialRecord:
    """That which runs, or else the last that did; raises NotFound."""
    trial = trials.last(kind)
    return TrialRecord.of(
        trial, trials.watched(trial), running=trials.runs(trial), unreadable=trials.why_untried(trial)
    )


class TrialOrderRecord(Record, frozen=True):
    """An order that comes out otherwise: by how much each figure differs, over its decisions."""

    order: str
    decision: Annotated[str, Meta(description="the last of its decisions that does")]
    decisions: Annotated[int, Meta(description="how many of them do")]
    cost_micros: int
    co2_mg: int
    late: int
    units_unfilled: int
    shipments: int

    @classmethod
    def of(cls, row: Row) -> "TrialOrderRecord":
        return cls(*row)


class TrialOrdersRecord(Record, frozen=True):
    """The orders that come out otherwise, those that lose most units and then most money first."""

    orders: list[TrialOrderRecord]
    next: str | None

    @classmethod
    def of(cls, page: ChangedOrders) -> "TrialOrdersRecord":
        return cls(orders=[TrialOrderRecord.of(row) for row in page.rows], next=changed_orders_cursor(page.after))
