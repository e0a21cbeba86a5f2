"""What a variant decided while it was rolled forward, kept in a folder piece by piece: a what-if that was broken off
goes through the log once more without deciding again.

All else of a variant follows from the log and from what it decided: its stock, its orders, its figures. So these are
kept, and going through the log once more makes the very same of them. Each file has the decisions at some entries, and
is named after all that they follow from: the release, the clocks, the policies, the network, all entries up to there,
and all that was decided at those before. Whatever changed since, no decision is taken over that would be another now.
"""

import hashlib
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import msgspec

from engine.audit.comparison.contradictions import NOT_REPLAYABLE, contradictions_named
from engine.decide.matching.matcher import Matcher
from engine.errors import FactsForgotten, OrderInvalid
from engine.model.facts import Network
from engine.model.time_zone_data import tzdata_version
from engine.simulation.checkpoint import digest_of
from engine.simulation.network_change import NetworkChange
from engine.simulation.outcome import Decided
from engine.simulation.piece_files import PieceFiles
from engine.simulation.rolled.answering import Answer, Answering, Question
from engine.simulation.rolled.units.placed_shipment import PlacedShipment
from engine.store.log.stored_entry import RawEntry
from engine.version import MEANING, VERSION


class _Placed(NamedTuple):
    """Of a shipment that is held, what its record does not say: in which loads and allotments it counts."""

    periods: tuple[str, ...]
    counted: tuple[str, ...]
    weights: Mapping[str, int] | None


class _Answered(NamedTuple):
    """An answer without its network, which follows from the log."""

    decided: Decided
    placed: tuple[_Placed, ...]
    waiting: Mapping[str, int]
    policy_amounts: int
    fired: tuple[str, ...]
    rank: str
    not_before: int | None


class _Kept(NamedTuple):
    """What came of a decision of an order: an answer, or why there is none."""

    decision: str
    order: str
    answered: _Answered | None
    failure: str


_DECODER = msgspec.msgpack.Decoder(list[_Kept])
_ENCODER = msgspec.msgpack.Encoder()


def variant_digest(matcher: Matcher, change: NetworkChange, *, offers: bool, as_logged: bool) -> bytes:
    """Of all that a variant's decisions follow from beside the log."""
    parts = [VERSION, MEANING, tzdata_version(), matcher.policies.version, change.identity, offers, as_logged]
    return hashlib.sha256(msgspec.json.encode(["rolled forward", *parts])).digest()


class AnswerJournal:
    """Of one variant, from the first entry of its time on. `variant` is its digest."""

    def __init__(self, files: PieceFiles, variant: bytes) -> None:
        self._files = files
        self._before = variant
        """The digest of all that the decisions at the next piece follow from."""
        self._given: list[_Kept] = []
        self._kept: deque[_Kept] = deque()

    @contextmanager
    def piece(self, entries: Sequence[RawEntry]) -> Iterator[None]:
        """The next entries of the log, while they are gone through."""
        behind = digest_of(self._before, entries)
        content = self._files.read(behind.hex())
        self._kept, self._given = deque(() if content is None else _DECODER.decode(content)), []
        yield
        given = _ENCODER.encode(self._given)
        if self._given and given != content:
            self._files.write(behind.hex(), given)
        self._before = hashlib.sha256(behind + given).digest()

    def answer(self, question: Question, decision: str, answering: Answering) -> Answer:
        """What was decided, or else what is. Raises FactsForgotten in the place of what was raised then."""
        kept = self._kept.popleft() if self._kept else None
        order = question.remainder.whole_order.id
        if kept is None or (kept.decision, kept.order) != (decision, order):
            self._kept.clear()  # something else is asked than was then: what follows may be another, too
            return self._decided(question, decision, answering)
        self._given.append(kept)
        if kept.answered is None:
            raise FactsForgotten(kept.failure)
        return _answer(kept.answered, decision, answering.network.of(question.logged, question.now).network)

    def _decided(self, question: Question, decision: str, answering: Answering) -> Answer:
        order = question.remainder.whole_order.id
        try:
            with contradictions_named(decision):
                answer = answering.answer(question, decision)
        except (*NOT_REPLAYABLE, OrderInvalid) as error:
            self._given.append(_Kept(decision, order, None, str(error)))
            raise
        self._given.append(_Kept(decision, order, _answered(answer), ""))
        return answer


def _answered(answer: Answer) -> _Answered:
    return _Answered(
        decided=answer.decided,
        placed=tuple(_Placed(its.periods, its.counted, its.weights) for its in answer.shipments),
        waiting=answer.waiting,
        policy_amounts=answer.policy_amounts,
        fired=answer.fired,
        rank=answer.rank,
        not_before=answer.not_before,
    )


def _answer(made: _Answered, decision: str, network: Network) -> Answer:
    # of a scheduled order, shipments are planned and none is held
    held = zip(made.decided.shipments, made.placed, strict=True) if made.placed else ()
    return Answer(
        decided=made.decided,
        shipments=[
            PlacedShipment(
                decision=decision,
                number=number,
                record=record,
                periods=placed.periods,
                counted=placed.counted,
                weights=placed.weights,
            )
            for number, (record, placed) in enumerate(held)
        ],
        waiting=made.waiting,
        policy_amounts=made.policy_amounts,
        fired=made.fired,
        rank=made.rank,
        not_before=made.not_before,
        network=network,
    )
