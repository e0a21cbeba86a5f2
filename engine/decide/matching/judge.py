"""What the rest of a decision asks of a policy set: judgements of single facts, and of many rows at once.

`Matcher` judges by all rules of a policy set, `CounterfactualMatcher` by all but one.
"""

from collections.abc import Mapping
from typing import Protocol

from engine.decide.matching.judgement_table import Judgement, JudgementTable
from engine.decide.matching.shipment_steps import ShipmentSteps
from engine.decide.matching.signature_table import Rows
from engine.decide.matching.volatile_facts import VolatileFacts
from engine.decide.shipping.columns import Integers
from rules.policy import PolicySet
from rules.vocabulary import Facts, Stage


class Judge(Protocol):
    """Judges facts by the rules of one stage."""

    @property
    def table(self) -> JudgementTable:
        """The judgements by number."""
        ...

    def judge(self, facts: Mapping[str, Facts]) -> Judgement:
        """The judgement of the facts of all groups of the stage, by group."""
        ...

    def judge_rows(self, shared: Mapping[str, Facts], rows: Rows) -> Integers:
        """The numbers of the judgements of many rows, which share facts, given by group."""
        ...

    def codes(self, facts: Facts) -> tuple[int, ...]:
        """The codes of these facts: where they are equal, the rules tell no difference."""
        ...


class PolicyJudge(Protocol):
    """Judges facts by the rules of a policy set, at every stage."""

    @property
    def policies(self) -> PolicySet: ...

    @property
    def volatile(self) -> VolatileFacts: ...

    @property
    def shipment_steps(self) -> ShipmentSteps | None: ...

    @property
    def stages(self) -> Mapping[Stage, Judge]: ...

    def judge(self, stage: Stage, facts: Facts) -> Judgement:
        """The judgement at `stage` of the facts of all its groups."""
        ...

    def with_effect(self, judgement: Judgement, *effects: str) -> tuple[str, ...]:
        """The rules that fired and have one of `effects`, sorted."""
        ...
