"""Compares for the shadow and the canary: each decision as it was logged, on its kept facts, beside what the other
version decides of it. It runs in a background turn of one worker at a time, after the answer, and follows the log by a
cursor; what came of it and the cursor are stored at once.
"""

import itertools
import logging
import uuid
from collections.abc import Iterator, Sequence
from typing import Final

from engine.audit.sealing.leaf import id_text
from engine.decide.order_record import timestamp
from engine.errors import NotFound, PolicyUnreadable
from engine.model.order_share import order_number
from engine.policies.review import SHORT
from engine.policies.trial_figures import Compared, added
from engine.policies.versions import ENGINE
from engine.service import Pointsman
from engine.simulation.draft import Draft
from engine.simulation.one_step import OneStep
from engine.simulation.outcome import Amounts
from engine.simulation.tried_decision import TriedDecision
from engine.store.log.entry import Entry
from engine.store.log.stored_entry import RawEntry
from engine.store.policy_trials import StoredTrial
from engine.turn_thread import TurnThread

TURN_SECONDS: Final = 0.25
IDLE_SECONDS: Final = 2.0
"""How long a worker waits before it looks again whether there is anything that it compares."""
_AT_ONCE: Final = 10
"""Decisions that are compared in a turn: the thread leaves the rest of its time to those who answer."""
_ENTRIES: Final = 200
_LEASE_MILLISECONDS: Final = 10_000
MOST_ORDERS: Final = 10_000
"""Orders that come out otherwise, of which more are counted and not listed."""

logger = logging.getLogger("pointsman")


class TrialTurns:
    """Of one network."""

    def __init__(self, service: Pointsman) -> None:
        self._service = service
        self._trials = service.trials
        self._who = uuid.uuid4().hex
        self._steps: dict[tuple[str, str], OneStep] = {}
        """By version compared with and version tried."""
        self._thread = TurnThread(
            self._take_turn,
            name="trials",
            seconds=TURN_SECONDS,
            idle_seconds=IDLE_SECONDS,
            later="decisions are compared",
        )

    def start(self) -> None:
        self._thread.start()

    def take_turn(self) -> int:
        """Compare some decisions, unless another worker does; returns how many."""
        return sum(self._compare(trial) for trial in self._running())

    def _take_turn(self) -> bool:
        """The same; False if there is nothing that this worker compares."""
        running = self._running()
        for trial in running:
            self._compare(trial)
        return bool(running)

    def _running(self) -> list[StoredTrial]:
        """The trials that this worker compares."""
        stored = self._trials.stored
        running = [trial for kind in ("canary", "shadow") if (trial := stored.find(kind)) and trial.ended is None]
        if not running:
            self._forget()
        elif not stored.take_turn(self._who, milliseconds=_LEASE_MILLISECONDS):
            return []
        return running

    def _compare(self, trial: StoredTrial) -> int:
        if not self._trials.runs(trial):  # another version became active, and nobody has noted yet that it is over
            active = self._service.versions.timeline().active
            because = "promoted" if active == trial.version else "activated"
            self._trials.end_canary(who=ENGINE, because=because, trial=trial.id)
            return 0
        cursor, decisions = self._next(trial)
        if cursor != trial.cursor:
            compared = [item for raw, entry in decisions for item in self._compared(trial, raw, entry)]
            firsts = [item.first for item in compared if item is not None]
            sums, rows = added(
                [item for item in compared if item is not None],
                self._trials.stored.orders_of(trial.kind, list(dict.fromkeys(firsts))),
                has_room=trial.sums.get("orders_changed", 0) < MOST_ORDERS,
            )
            untried = sum(item is None for item in compared)
            self._trials.stored.add(trial, cursor, sums | ({"untried": untried} if untried else {}), rows)
        if trial.kind == "canary":
            self._end_if_broken(trial.id)
        return len(decisions)

    def _next(self, trial: StoredTrial) -> tuple[str, list[tuple[RawEntry, Entry]]]:
        """The next decisions in the log that are compared, and up to where it has been read with them. Those of other
        orders do not count among the few of a turn: a small share keeps up with a log that grows much faster.
        """
        raw = self._service.replays.following(trial.cursor, _ENTRIES)
        decided = {item[0].decode(): item for item in raw if item[1].get(b"kind") == b"decided"}
        entries = self._service.replays.parsed(list(decided.values()), on_damaged=_ignore)
        meant = (entry for entry in entries if self._is_meant(trial, entry))
        found = [(decided[id_text(entry.id)], entry) for entry in itertools.islice(meant, _AT_ONCE)]
        if len(found) == _AT_ONCE:
            return found[-1][0][0].decode(), found
        return (raw[-1][0].decode() if raw else trial.cursor), found

    @staticmethod
    def _is_meant(trial: StoredTrial, entry: Entry) -> bool:
        """Of a shadow, whether the order is in its share; of a canary, whether it was decided by that."""
        if entry.erased:
            return False
        if trial.kind == "canary":
            return entry.record.policy_version == trial.version
        return order_number(entry.record.order.id) < trial.share

    def _compared(self, trial: StoredTrial, raw: RawEntry, entry: Entry) -> Iterator[Compared | None]:
        """What came of it; None if it can't be compared."""
        step = self._step(trial.base or entry.record.policy_version, trial.version)
        if step is None:
            yield None
            return
        for tried in step.try_decisions([raw]):
            yield _difference(tried) if isinstance(tried, TriedDecision) else None

    def _step(self, against: str, version: str) -> OneStep | None:
        """None if this release can't read one of the versions."""
        kept = self._steps.get((against, version))
        if kept is None:
            service = self._service
            try:
                draft = Draft(name=version, texts=service.versions.texts(version))
                guarded = service.settings.guard != "off"
                kept = OneStep(service.replays, against=against, drafts=[draft], guarded=guarded)
            except (NotFound, PolicyUnreadable) as error:
                logger.warning("decisions are not compared: %s", error)
                return None
            self._steps[against, version] = kept
        return kept

    def _end_if_broken(self, trial_id: str) -> None:
        trial = self._trials.stored.find("canary")
        if trial is None or trial.id != trial_id or trial.ended is not None:
            return
        broken = self._trials.broken(trial)
        if not broken:
            return
        names = [its.figure for its in broken]
        seen = {
            "broken": names,
            "orders": trial.sums.get("orders", 0),
            "decisions": trial.sums.get("decisions", 0),
            "since": timestamp(trial.since),
            "figures": {
                item.figure: {"before": item.before, "difference": item.difference, "low": item.low, "high": item.high}
                for item in self._trials.watched(trial).figures
            },
        }
        note = "; ".join(f"{its.figure} > {its.text}" for its in broken)
        if self._trials.end_canary(who=ENGINE, note=note, because="bounds", seen=seen, trial=trial.id):
            logger.error("the canary of policy version %s is over: %s", trial.version[:SHORT], note)

    def _forget(self) -> None:
        for step in self._steps.values():
            step.close()
        self._steps.clear()


def _difference(tried: TriedDecision) -> Compared:
    (draft,) = tried.drafts
    before, after = _figures(tried.baseline.amounts), _figures(draft.outcome.amounts)
    return Compared(
        first=tried.first,
        order=tried.order,
        decision=tried.decision,
        is_first=tried.first == tried.decision,
        changed=draft.changed,
        before=before,
        by=[its - other for its, other in zip(after, before, strict=True)],
    )


def _figures(amounts: Amounts) -> Sequence[int]:
    """In the order of GATE_FIGURES."""
    return amounts.cost, amounts.co2, amounts.late, amounts.units_unfilled, amounts.shipments


def _ignore(_entry: str) -> None:
    """A damaged entry is told by the ledger check."""
