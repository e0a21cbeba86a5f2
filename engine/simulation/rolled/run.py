"""Rolls one variant over the entries of a time: what a process does as one task."""

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, NamedTuple

from engine.audit.replays import Replays
from engine.decide.matching.matcher import Matcher
from engine.lookahead.known_orders import KnownOrders
from engine.parallel.work import tasks_of
from engine.simulation.network_change import NetworkChange
from engine.simulation.piece_files import PieceFiles
from engine.simulation.rolled.answer_journal import AnswerJournal, variant_digest
from engine.simulation.rolled.end_stock import EndStock, end_stock
from engine.simulation.rolled.hindsight import known_orders
from engine.simulation.rolled.roll import Roll
from engine.simulation.rolled.rolled_order import RolledOrder, result_of
from engine.simulation.rolled.stretches import Stretch
from engine.simulation.rolled.units.kinds import KINDS
from engine.simulation.tried_decision import NotKept, UntriedDecision

_AT_ONCE: Final = 100
"""Entries after which what was decided at them is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RollRequest:
    """The entries from the instant `since` on and before `until`, from the id `first` to `last`. `offers` and
    `as_logged` as `Roll` has them. What was decided is kept in the folder `checkpoint`, and what is kept there is not
    decided again.
    """

    since: int | None
    until: int | None
    offers: bool
    as_logged: bool
    checkpoint: Path | None = None
    first: str = "-"
    last: str = "+"

    def of(self, stretch: Stretch) -> "RollRequest":
        """The same over a stretch alone."""
        since, until, first, last = stretch
        return replace(self, since=since, until=until, first=first, last=last)


class RolledRun(NamedTuple):
    """What came of a variant. `left_out` are the orders of which nothing is said, because they could not be decided.
    `made_as_logged` of the `decisions` of the log came out the same. `archive` says why archived entries could not be
    read. `known` are its orders for the hindsight bound, if it looks ahead on an unchanged network.
    """

    orders: Sequence[RolledOrder]
    left_out: AbstractSet[tuple[str, str]]
    decisions: int
    made_as_logged: int
    untried: Sequence[UntriedDecision]
    archive: str
    stock: EndStock
    known: KnownOrders | None = None


def roll(
    replays: Replays,
    matcher: Matcher,
    change: NetworkChange,
    request: RollRequest,
    not_kept: Callable[[str], tuple[NotKept, ...]],
) -> RolledRun:
    """`not_kept` says which facts that the matcher's policies ask for were not kept with decisions by a policy version.
    Raises StoreUnavailable, and PointsmanError if nothing can be kept in the folder.
    """
    journal = _journal(matcher, change, request)
    rolled = Roll(replays, matcher, change, offers=request.offers, as_logged=request.as_logged, journal=journal)
    archive: list[str] = []

    def damaged(entry: str) -> None:
        rolled.untried.append(UntriedDecision(entry, "damaged", "its entry can't be read"))

    batches = replays.log_as_stored(
        request.since, request.until, KINDS, on_missing=archive.append, first=request.first, last=request.last
    )
    for piece in tasks_of(batches, _AT_ONCE):
        with nullcontext() if journal is None else journal.piece(piece):
            for entry in replays.parsed(piece, on_damaged=damaged):
                rolled.add(entry)
    results = [(variant.key, result_of(variant, not_kept)) for variant in rolled.variants]
    return RolledRun(
        orders=[result for _, result in results if result is not None],
        left_out=frozenset(key for key, result in results if result is None),
        decisions=rolled.decisions,
        made_as_logged=rolled.made_as_logged,
        untried=rolled.untried,
        archive="".join(archive[:1]),
        stock=end_stock(rolled),
        known=known_orders(rolled) if matcher.policies.looks_ahead and change.changes_nothing else None,
    )


def _journal(matcher: Matcher, change: NetworkChange, request: RollRequest) -> AnswerJournal | None:
    if request.checkpoint is None:
        return None
    variant = variant_digest(matcher, change, offers=request.offers, as_logged=request.as_logged)
    return AnswerJournal(PieceFiles(request.checkpoint), variant)
