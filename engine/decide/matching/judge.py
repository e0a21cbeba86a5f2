"""What a policy set says of facts: the judgement, who gives it, and how the options of a line are judged together.

A stage's facts are coded group by group (order, line, node ...) into a signature, and the judgement is a function of
that signature. `Judge` and `PolicyJudge` are what the rest of a decision asks for; `Matcher` judges by all rules of a
policy set, `CounterfactualMatcher` by all but one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias, cast

from engine.decide.matching.option_columns import VARYING, OptionFacts
from engine.decide.matching.partial_evaluation import Residual
from engine.decide.matching.signatures import GroupCoder
from engine.decide.matching.volatile_facts import VolatileFacts
from rules.effects import Outcome
from rules.policy import PolicySet
from rules.vocabulary import Facts, Stage

MOST_OF_RESIDUAL = 20_000
"""Judgements that one residual program remembers before it starts afresh."""
SHARED = ("order", "now", "line", "product")
"""The groups of facts that all options of a line share."""

GroupCodes: TypeAlias = tuple[int, ...]
"""A group code for each of the stage's groups, in the order of `Stage.value`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a stage's rules say of one signature: the rules that act, those silenced by an override, the outcome."""

    fired: tuple[str, ...]
    silenced: tuple[str, ...]
    outcome: Outcome


class Judge(Protocol):
    """Judges facts by the rules of one stage."""

    @property
    def coders(self) -> Mapping[str, GroupCoder]:
        """By group of facts of the stage, what codes it."""
        ...

    def residual(self, shared_codes: GroupCodes, shared: Mapping[str, Facts]) -> Residual[Judgement]:
        """What the rules still ask of options that share these facts, whose group codes are `shared_codes`."""
        ...

    def judge(self, codes: GroupCodes, facts: Callable[[], Facts]) -> Judgement:
        """The judgement of a signature given as group codes. `facts` is called only if the signature is new."""
        ...


class PolicyJudge(Protocol):
    """Judges facts by the rules of a policy set, at every stage."""

    @property
    def policies(self) -> PolicySet: ...

    @property
    def volatile(self) -> VolatileFacts: ...

    @property
    def stages(self) -> Mapping[Stage, Judge]: ...

    def judge(self, stage: Stage, facts: Facts) -> Judgement:
        """The judgement at `stage` of the facts of all its groups."""
        ...

    def with_effect(self, judgement: Judgement, *effects: str) -> tuple[str, ...]:
        """The rules that fired and have one of `effects`, sorted."""
        ...


def group_codes(judge: Judge, facts: Mapping[str, Facts], *groups: str) -> GroupCodes:
    """The codes of some groups, in the order given."""
    return tuple([judge.coders[group](facts[group]) for group in groups])


def judge_facts(judge: Judge, stage: Stage, facts: Facts) -> Judgement:
    """The judgement of facts given as one mapping; `judge` is that of `stage`."""
    return judge.judge(group_codes(judge, dict.fromkeys(stage.value, facts), *stage.value), lambda: facts)


def judge_options(judge: Judge, shared: Mapping[str, Facts], options: Sequence[OptionFacts]) -> Sequence[Judgement]:
    """The judgements of one line's options, given the facts that they share, by group, and those of each."""
    shared_codes = group_codes(judge, shared, *SHARED)
    residual = judge.residual(shared_codes, shared)
    remembered = list(map(residual.remembered.get, residual.columns.codes(options)))
    if all(remembered):
        return cast("list[Judgement]", remembered)
    return [
        judgement or _judge_new(judge, residual, shared_codes, shared, option)
        for judgement, option in zip(remembered, options, strict=True)
    ]


def _judge_new(
    judge: Judge,
    residual: Residual[Judgement],
    shared_codes: GroupCodes,
    shared: Mapping[str, Facts],
    option: OptionFacts,
) -> Judgement:
    """The judgement of an option that the residual program may not have met, remembered from now on."""
    codes = residual.columns.cache(option)
    if codes not in residual.remembered:
        varying_codes = [judge.coders[name](facts) for name, facts in zip(VARYING, option, strict=True)]
        groups = (*shared.values(), *option)
        if len(residual.remembered) >= MOST_OF_RESIDUAL:
            residual.remembered.clear()
        residual.remembered[codes] = judge.judge(
            (*shared_codes, *varying_codes), lambda: {path: value for group in groups for path, value in group.items()}
        )
    return residual.remembered[codes]
