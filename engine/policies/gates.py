"""Whether the gate of a policy version lets it be activated: it has passed, of late, against what is active now."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from engine.decide.order_record import seconds
from engine.errors import GateNotPassed, InputInvalid, Mistake, PolicyUnreadable
from engine.policies.gate_result import GateResultRecord
from engine.policies.review import SHORT
from engine.store.policy_gates import StoredGates
from rules.gate import Gate
from rules.policy import PolicySet

GateState: TypeAlias = Literal["none", "passed", "failed", "not_judged", "not_run", "stale"]
"""none: the version needs no gate. stale: another version is active than it was compared with, or it is too old."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GateOf:
    """The gate that a version has to pass, and the version whose files have it."""

    gate: Gate
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GateCheck:
    """`state` of a version's gate now, and its last `result`, if there is one."""

    state: GateState
    result: GateResultRecord | None = None

    @property
    def lets_pass(self) -> bool:
        return self.state in ("none", "passed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """How a version gets past its gate: while `against` is active (empty: while no version is; None: whatever is), and
    whether its gate is `overridden`.
    """

    against: str | None = None
    overridden: bool = False


class Gates:
    """The gates of the versions of one network. `read` reads a version; `active` answers that which is active now;
    `clock` answers UTC seconds.
    """

    def __init__(
        self,
        stored: StoredGates,
        *,
        read: Callable[[str], PolicySet],
        active: Callable[[], str | None],
        clock: Callable[[], int],
    ) -> None:
        self.stored = stored
        self._read = read
        self._active = active
        self._clock = clock

    def gate_of(self, version: str, active: str | None) -> GateOf | None:
        """The gate of a version or, if it has none, that of the active one: who takes a gate away passes it once more.
        None if it has to pass none. Raises NotFound, PolicyUnreadable.
        """
        if version == active:
            return None
        own = self._read(version).gate
        if own is not None:
            return GateOf(gate=own, version=version)
        try:
            before = self._read(active).gate if active else None
        except PolicyUnreadable:  # what this release can't read does not decide
            return None
        return GateOf(gate=before, version=active or "") if before else None

    def check(self, version: str) -> GateCheck:
        """How the gate of a version stands now. Raises NotFound, PolicyUnreadable."""
        return self._check(version, self._active())

    def _check(self, version: str, active: str | None) -> GateCheck:
        if self.gate_of(version, active) is None:
            return GateCheck(state="none")
        result = self.stored.last(version)
        if result is None:
            return GateCheck(state="not_run")
        if result.against != active or seconds(result.valid_until) <= self._clock():
            return GateCheck(state="stale", result=result)
        return GateCheck(state=result.verdict, result=result)

    def passage(self, version: str, *, override: bool, note: str) -> Passage:
        """How a version may be activated, as long as the version that is active now stays so. Raises GateNotPassed, and
        InputInvalid if an override has no note.
        """
        if override and not note.strip():
            raise InputInvalid([Mistake(field="note", message="an override of the gate needs a note that says why")])
        active = self._active()
        check = self._check(version, active)
        if check.lets_pass or override:
            return Passage(against=active or "", overridden=not check.lets_pass)
        raise GateNotPassed(
            f"{_why_not(version, check)}; or override it with a note that says why (--override-gate, over HTTP:"
            ' "override_gate": true)'
        )


def _why_not(version: str, check: GateCheck) -> str:
    short, result = version[:SHORT], check.result
    again = f"run it (pointsman policy gate {short}, over HTTP: POST /v1/policies/{short}/gate)"
    if check.state == "not_run" or result is None:
        return f"the gate of policy version {short} was not run; {again}"
    if check.state == "stale":
        return (
            f"the gate of policy version {short} was run at {result.run_at} against"
            f" {result.against[:SHORT] if result.against else 'no version'}, which is too long ago or no longer active;"
            f" {again}"
        )
    if check.state == "not_judged":
        return f"the gate of policy version {short} could not judge it: {result.why}; when that is mended, {again}"
    broken = ", ".join(f"{item.figure} > {item.at_most}" for item in result.bounds if not item.passed)
    return f"policy version {short} does not pass its gate: {broken}; change the rules and publish them again"
