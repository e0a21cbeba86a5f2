"""The shadow and the canary of a network: begun, grown, ended, and read.

A shadow is a version that is tried on each order beside the one that decides, and holds nothing. A canary decides a
share of the orders, in place of the active version.
"""

from collections.abc import Callable
from typing import Any, cast

from engine.errors import InputInvalid, Mistake, NotActivated, NotFound, PolicyUnreadable
from engine.policies.canary_request import (
    CanaryRequest,
    parsed_bounds,
    verify_currency,
    verify_share,
    watched_figures,
)
from engine.policies.changed_orders import ChangedOrders, Place, changed_orders
from engine.policies.gates import Passage
from engine.policies.trial_figures import Watched, is_broken
from engine.policies.trial_refusals import NEVER, none_runs, runs_already, verify_answer
from engine.policies.versions import ENGINE, Versions
from engine.store.outcomes import ActiveChanged, NetworkChanged, TimelineChanged, TimelineOutcome
from engine.store.policy_trials import CanaryTerms, StoredTrial, StoredTrials, TrialKind
from engine.store.policy_versions import HistoryEntry
from rules.gate import Bound, GateFigure
from rules.syntax.gate_parser import bound


class Trials:
    """Those of one network. `clock` answers UTC seconds; `new_id` names an operation that has no name."""

    def __init__(
        self, stored: StoredTrials, versions: Versions, *, clock: Callable[[], int], new_id: Callable[[], str]
    ) -> None:
        self.stored = stored
        self._versions = versions
        self._clock = clock
        self._new_id = new_id

    def start_shadow(
        self, version: str, *, share: int, who: str, note: str = "", operation: str | None = None
    ) -> StoredTrial:
        """Try a version beside the one that decides. Raises NotFound, PolicyUnreadable, KeyReused, InputInvalid, and
        NotActivated if another is tried already.
        """
        verify_share(share)
        self._versions.read(version)
        answer = self.stored.change_shadow(version, self._entry(who, note, operation), share=share)
        verify_answer(answer, version, "shadow")
        return self._found("shadow")

    def end_shadow(self, *, who: str, note: str = "", operation: str | None = None) -> StoredTrial:
        """Raises NotFound if there is none."""
        answer = self.stored.change_shadow("", self._entry(who, note, operation))
        verify_answer(answer, "", "shadow")
        return self._found("shadow")

    def start_canary(
        self,
        request: CanaryRequest,
        *,
        who: str,
        note: str = "",
        operation: str | None = None,
        override: bool = False,
        override_gate: bool = False,
    ) -> StoredTrial:
        """Let a version decide a share of the orders. Raises as `Versions.activate`, and NotActivated if there is a
        canary already, or the version is active itself.
        """
        bounds, watch = self.verify_may_start(request, operation=operation)
        terms = CanaryTerms(
            watch=list(watch), stop_if=[(its.figure, its.text) for its in bounds], least_orders=request.least_orders
        )

        def change(entry: HistoryEntry, passage: Passage, network: str) -> TimelineOutcome:
            # a network that is loaded after this look has another version, and the script refuses
            verify_currency(bounds, self._versions.currency())
            answer = self.stored.start_canary(
                request.version, entry, network=network, against=passage.against, share=request.share, terms=terms
            )
            if answer[0] in ("network", "active"):
                return NetworkChanged() if answer[0] == "network" else ActiveChanged()
            verify_answer(answer, request.version, "canary")
            return TimelineChanged()

        self._versions.change_if_permitted(
            request.version,
            change,
            who=who,
            note=note,
            operation=operation,
            override=override,
            override_gate=override_gate,
        )
        return self._found("canary")

    def verify_may_start(
        self, request: CanaryRequest, *, operation: str | None = None
    ) -> tuple[list[Bound], list[GateFigure]]:
        """Look at what can be said before the version's gate is run: its bounds and the figures that are shown. Raises
        InputInvalid, and NotActivated if a canary runs already, unless an `operation` that is given began it, or if
        this release can't read the active version, with which it is to be compared.
        """
        verify_share(request.share)
        bounds = parsed_bounds(request.stop_if)
        watch = watched_figures(request.watch, bounds)
        running = self.stored.find("canary") if operation is None else None
        if running is not None and self.runs(running):
            raise runs_already("canary", running.version)
        unreadable = "" if self._versions.is_done(operation) else self._unreadable(self._versions.timeline().active)
        if unreadable:
            raise NotActivated(
                "no canary begins beside an active version that can't be read, as nothing could be compared and no"
                f" bound could end it: {unreadable}"
            )
        return bounds, watch

    def grow_canary(
        self,
        share: int,
        *,
        who: str,
        note: str = "",
        operation: str | None = None,
        override: bool = False,
        override_gate: bool = False,
    ) -> StoredTrial:
        """Give the canary a larger share: who is in it stays in it. It needs what its start needs, as the largest share
        is all orders. Raises NotApproved, GateNotPassed, NotFound, InputInvalid, KeyReused.
        """
        verify_share(share)
        running = self._to_change(operation)
        entry, _ = self._versions.permitted(
            running.version, who=who, note=note, operation=operation, override=override, override_gate=override_gate
        )
        state = self.stored.change_canary(running.id, entry, share=share)
        verify_answer([state], running.version, "canary")
        if state == "smaller":
            raise InputInvalid(
                [
                    Mistake(
                        field="share",
                        message=f"the canary has {running.share / 100:g}% already, and its share only grows, so that"
                        " orders stay on their side; end it, and begin again",
                    )
                ]
            )
        if state == "over":
            raise none_runs("canary")
        return self._found("canary")

    def end_canary(
        self,
        *,
        who: str,
        note: str = "",
        operation: str | None = None,
        because: str = "stopped",
        seen: dict[str, Any] | None = None,
        trial: str | None = None,
    ) -> bool:
        """End the canary, or that of the id `trial`; False if it was over. Raises KeyReused, and NotFound if there is
        none.
        """
        trial_id = trial or self._to_change(operation).id
        entry = self._entry(who, note, operation)
        state = self.stored.change_canary(trial_id, entry, because=because, seen=seen, by_itself=who == ENGINE)
        verify_answer([state], "", "canary")
        return state == "done"

    def end_unreadable(self, version: str, reason: str) -> None:
        """End the canary of a version that this release can't read."""
        trial = self.stored.find("canary")
        if trial is not None and trial.version == version:
            self.end_canary(who=ENGINE, note=reason, because="unreadable", trial=trial.id)

    def _to_change(self, operation: str | None) -> StoredTrial:
        """The canary that runs; where the request was carried out before, it may be over since. Raises NotFound."""
        return self.last("canary") if self._versions.is_done(operation) else self.running("canary")

    def running(self, kind: TrialKind) -> StoredTrial:
        """Raises NotFound if none runs."""
        trial = self.stored.find(kind)
        if trial is None or not self.runs(trial):
            raise none_runs(kind)
        return trial

    def runs(self, trial: StoredTrial) -> bool:
        """A canary is over once another version is active than that beside which it began, noted or not."""
        return trial.ended is None and (trial.base is None or trial.base == self._versions.timeline().active)

    def why_untried(self, trial: StoredTrial) -> str:
        """Why nothing can be compared at present: this release can't read one of the two versions. Empty otherwise, as
        also of one that is over, or of which all was compared.
        """
        if not trial.sums.get("untried") or not self.runs(trial):
            return ""
        return self._unreadable(trial.base or self._versions.timeline().active) or self._unreadable(trial.version)

    def _unreadable(self, version: str | None) -> str:
        """Why this release can't read a version; empty if it can."""
        try:
            if version is not None:
                self._versions.read(version)
        except (NotFound, PolicyUnreadable) as error:
            return str(error)
        return ""

    def changed_orders(self, kind: TrialKind, *, limit: int, after: Place | None = None) -> ChangedOrders:
        """At most `limit` of the orders that come out otherwise, the worst first, after a place in that order."""
        return changed_orders(self.stored.orders(kind).values(), limit=limit, after=after)

    def watched(self, trial: StoredTrial) -> Watched:
        """What came of it until now."""
        rows = self.stored.orders(trial.kind)
        return Watched.of(trial.sums, rows, self.bounds(trial))

    @staticmethod
    def bounds(trial: StoredTrial) -> list[Bound]:
        """The bounds of a canary."""
        terms = trial.terms.stop_if if trial.terms else []
        return [bound(cast("GateFigure", figure), text) for figure, text in terms]

    def broken(self, trial: StoredTrial) -> list[Bound]:
        """The bounds that a canary breaks, if it has decided enough orders."""
        if trial.terms is None or trial.sums.get("orders", 0) < trial.terms.least_orders:
            return []
        return [its for its in self.bounds(trial) if is_broken(its, trial.sums)]

    def last(self, kind: TrialKind) -> StoredTrial:
        """The one that runs, or else the last that did; raises NotFound if there was none."""
        trial = self.stored.find(kind)
        if trial is None:
            raise NotFound(NEVER[kind])
        return trial

    def _found(self, kind: TrialKind) -> StoredTrial:
        trial = self.stored.find(kind)
        if trial is None:
            raise none_runs(kind)
        return trial

    def _entry(self, who: str, note: str, operation: str | None) -> HistoryEntry:
        return HistoryEntry(operation=operation or self._new_id(), who=who, at=self._clock(), note=note)
