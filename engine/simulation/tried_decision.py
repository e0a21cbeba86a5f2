"""What came of one logged decision under each draft, in the form in which processes hand it on."""

from typing import Literal, NamedTuple, TypeAlias

from engine.simulation.cause import Cause
from engine.simulation.destination import NOWHERE, Destination
from engine.simulation.outcome import Outcome

NotKept: TypeAlias = Literal["hourly_loads", "daily_output", "allotments", "receipts"]
"""Facts that a draft asks for and that were not kept with the decision, because no rule asked for them then: what nodes
had been given in the hour, and in units and kilograms that day; what channels had taken; what was to come in.
"""
Untriable: TypeAlias = Literal["erased", "not_replayable", "damaged"]
"""erased: so were the order's personal values. not_replayable: what it was made on is not kept, or contradicts it.
damaged: its entry can't be read.
"""


class TriedDraft(NamedTuple):
    """What a draft decides. `changed`: something else than the baseline. `same_bytes`: whether the record comes out as
    it was logged, byte for byte; None if it was logged by other policies, so that it can't. `cause`: by what it
    differs, None if it does not.
    """

    outcome: Outcome
    changed: bool
    same_bytes: bool | None
    not_kept: tuple[NotKept, ...]
    cause: Cause | None = None


class TriedDecision(NamedTuple):
    """A decision that was tried. `entry` is the id of its log entry, `first` that of the order's first decision.
    `baseline` is what the policies compared with decide: as it was logged if they decided it, and otherwise
    `made_again`.
    """

    entry: str
    decision: str
    order: str
    first: str
    channel: str
    segment: str | None
    baseline: Outcome
    made_again: bool
    drafts: tuple[TriedDraft, ...]
    destination: Destination = NOWHERE


class UntriedDecision(NamedTuple):
    """A decision that can't be tried. `decision` is the id of its log entry, if that can't be read."""

    decision: str
    reason: Untriable
    why: str
