"""The milestones that a shipment passes at its node, and what the network says of when."""

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias, get_args

Milestone: TypeAlias = Literal["released", "picked", "packed", "handed_over"]
"""Given to the people or machines that prepare it; all its goods picked; packed; given to whoever carries it."""
MILESTONES: Final[tuple[Milestone, ...]] = get_args(Milestone)
"""In the order in which a shipment passes them."""
PREPARATION_MILESTONES: Final = MILESTONES[:-1]
"""Those before it is handed over, which is when the preparation is over."""
USUAL_SHARES: Final[Mapping[str, int]] = {"released": 0, "picked": 5_000, "packed": 8_000}
"""By milestone, the share of the preparation that is over by then, in basis points, where the network does not say."""
WHOLE_PREPARATION: Final = 10_000
"""Basis points."""

Cause: TypeAlias = Literal[
    "not_released", "not_picked", "not_packed", "not_handed_over", "receipt_late", "receipt_short"
]
"""Why a promise is at risk: the first milestone that the shipment has not passed; or the receipt on which it is held
comes later than it was expected, or with fewer units than are promised of it.
"""
CAUSES: Final[tuple[Cause, ...]] = get_args(Cause)
RECEIPT_CAUSES: Final = frozenset({"receipt_late", "receipt_short"})
CAUSE_OF: Final[Mapping[Milestone, Cause]] = {
    "released": "not_released",
    "picked": "not_picked",
    "packed": "not_packed",
    "handed_over": "not_handed_over",
}
OnTheWayCause: TypeAlias = Literal["in_transit_late", "lost"]
"""Why the promise of a shipment that a carrier has is at risk: it is not delivered yet, or nothing was heard of it for
so long that it may be lost.
"""
ON_THE_WAY_CAUSES: Final[tuple[OnTheWayCause, ...]] = get_args(OnTheWayCause)
RiskCause: TypeAlias = Literal[Cause, OnTheWayCause]
"""Of any promise: one of the two."""
RISK_CAUSES: Final[tuple[RiskCause, ...]] = (*CAUSES, *ON_THE_WAY_CAUSES)
