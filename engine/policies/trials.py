"""The shadow and the canary of a network: begun, grown, ended, and read.

A shadow is a version that is tried on each order beside the one that decides, and holds nothing. A canary decides a
share of the orders, in place of the active version.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from engine.errors import InputInvalid, KeyReused, Mistake, NotActivated, NotFound, PolicyUnreadable
from engine.model.order_share import SHARES
from engine.policies.changed_orders import ChangedOrders, Place, changed_orders
from engine.policies.gates import Passage
from engine.policies.review import SHORT
from engine.policies.trial_figures import Watched, is_broken
from engine.policies.versions import ENGINE, Versions
from engine.store.outcomes import ActiveChanged, NetworkChanged, TimelineChanged, TimelineOutcome
from engine.store.policy_trials import CanaryTerms, StoredTrial, StoredTrials, TrialKind
from engine.store.policy_versions import HistoryEntry
from rules.errors import LiteralInvalid
from rules.gate import GATE_FIGURES, Bound, GateFigure
from rules.syntax.close_words import closest
from rules.syntax.gate_parser import bound

USUAL_LEAST = 100
"""Orders from which on the bounds of a canary count, unless it says otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryRequest:
    """A version that is to decide a `share` of the orders, in ten-thousandths. `stop_if` are bounds as they are
    written, `late > +2%`; `watch` the figures that are shown.
    """

    version: str
    share: int
    stop_if: Sequence[str]
    watch: Sequence[str] = ()
    least_orders: int = USUAL_LEAST


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
        _verify_share(share)
        self._versions.read(version)
        answer = self.stored.change_shadow(version, self._entry(who, note, operation), share=share)
        _verify_answer(answer, version, "shadow")
        return self._found("shadow")

    def end_shadow(self, *, who: str, note: str = "", operation: str | None = None) -> StoredTrial:
        """Raises NotFound if there is none."""
        answer = self.stored.change_shadow("", self._entry(who, note, operation))
        _verify_answer(answer, "", "shadow")
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
            _verify_currency(bounds, self._versions.currency())
            answer = self.stored.start_canary(
                request.version, entry, network=network, against=passage.against, share=request.share, terms=terms
            )
            if answer[0] in ("network", "active"):
                return NetworkChanged() if answer[0] == "network" else ActiveChanged()
            _verify_answer(answer, request.version, "canary")
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
        _verify_share(request.share)
        bounds = parsed_bounds(request.stop_if)
        watch = _watched(request.watch, bounds)
        running = self.stored.find("canary") if operation is None else None
        if running is not None and self.runs(running):
            raise _runs_already("canary", running.version)
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
        _verify_share(share)
        running = self._to_change(operation)
        entry, _ = self._versions.permitted(
            running.version, who=who, note=note, operation=operation, override=override, override_gate=override_gate
        )
        state = self.stored.change_canary(running.id, entry, share=share)
        _verify_answer([state], running.version, "canary")
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
            raise _none("canary")
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
        _verify_answer([state], "", "canary")
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
            raise _none(kind)
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
            raise NotFound(_NEVER[kind])
        return trial

    def _found(self, kind: TrialKind) -> StoredTrial:
        trial = self.stored.find(kind)
        if trial is None:
            raise _none(kind)
        return trial

    def _entry(self, who: str, note: str, operation: str | None) -> HistoryEntry:
        return HistoryEntry(operation=operation or self._new_id(), who=who, at=self._clock(), note=note)


def parsed_bounds(texts: Sequence[str]) -> list[Bound]:
    """The bounds that texts such as `late > +2%` write. Raises InputInvalid with every mistake."""
    bounds: list[Bound] = []
    mistakes: list[Mistake] = []
    for text in texts:
        figure, sign, amount = (part.strip() for part in text.partition(">"))
        if not sign or figure not in GATE_FIGURES:
            meant = closest(figure, GATE_FIGURES)
            message = f"'{text}' is no bound; write for example 'late > +2%', of {', '.join(GATE_FIGURES)}"
            if meant and figure not in GATE_FIGURES:
                message = f"'{text}' is no bound: there is no figure '{figure}'; did you mean '{meant}'?"
            mistakes.append(Mistake(field="stop_if", message=message))
            continue
        if any(its.figure == figure for its in bounds):
            mistakes.append(
                Mistake(field="stop_if", message=f"'{text}': there is a bound of {figure} already; give one")
            )
            continue
        try:
            bounds.append(bound(figure, amount))
        except LiteralInvalid as error:
            mistakes.append(Mistake(field="stop_if", message=str(error)))
    if mistakes:
        raise InputInvalid(mistakes)
    return bounds


def _verify_currency(bounds: Sequence[Bound], currency: str) -> None:
    others = [its for its in bounds if its.currency not in ("", currency)]
    if currency and others:
        raise InputInvalid(
            [
                Mistake(field="stop_if", message=f"'{its.text}' is in {its.currency}, the network counts in {currency}")
                for its in others
            ]
        )


def _watched(watch: Sequence[str], bounds: Sequence[Bound]) -> list[GateFigure]:
    """The figures that are shown: those asked for and those that have a bound; all, if none is."""
    unknown = [name for name in watch if name not in GATE_FIGURES]
    if unknown:
        known = ", ".join(GATE_FIGURES)
        raise InputInvalid([Mistake(field="watch", message=f"'{unknown[0]}' is no figure; it may be one of {known}")])
    wanted = {*watch, *(its.figure for its in bounds)} if watch else set(GATE_FIGURES)
    return [figure for figure in GATE_FIGURES if figure in wanted]


def _verify_share(share: int) -> None:
    if not 0 < share <= SHARES:
        raise InputInvalid([Mistake(field="share", message="a share is above 0% and at most 100%, as 5% or 0.5%")])


def _verify_answer(answer: Sequence[str], version: str, kind: TrialKind) -> None:
    match answer[0]:
        case "reused":
            raise KeyReused("this idempotency key was used before for something else; use a new one for each request")
        case "missing":
            raise NotFound(f"no policy version {version} was published")
        case "running":
            raise _runs_already(kind, answer[1])
        case "none" if kind == "shadow":
            raise _none(kind)
        case "none":
            raise NotActivated(
                f"version {version[:SHORT]} can be no canary: it is active itself, or no other version is active"
            )


def _runs_already(kind: TrialKind, version: str) -> NotActivated:
    short = version[:SHORT]
    if kind == "shadow":
        return NotActivated(f"version {short} is the shadow already; end it first")
    return NotActivated(f"version {short} is the canary already; end it first")


def _none(kind: TrialKind) -> NotFound:
    return NotFound(_NONE[kind])


_NONE: Mapping[TrialKind, str] = {"shadow": "there is no shadow", "canary": "there is no canary"}
_NEVER: Mapping[TrialKind, str] = {
    "shadow": "there is no shadow, and there was none",
    "canary": "there is no canary, and there was none",
}
