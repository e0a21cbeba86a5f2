"""A policy set ready to judge: which rules fire at each stage, and what they amount to.

durable-rules says which rules fire. Its answer is a function of the signature, so it is remembered. If the matcher is
guarded, the reference (`conditions.holds`) is asked as well the first time a signature is met: should the two differ,
the reference's answer is taken, and the incident is logged and counted. Rules too large for durable-rules are judged
by the reference alone.
"""

import graphlib
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

import numpy as np

from engine.decide.matching.judgement_table import Judgement, JudgementTable
from engine.decide.matching.partial_evaluation import ResidualFormulas, asked, partially_evaluate
from engine.decide.matching.rete import Rete
from engine.decide.matching.signature_table import Rows, SignatureTable
from engine.decide.matching.signatures import Coding, Formula, group_coder
from engine.decide.matching.volatile_facts import volatile_facts
from engine.decide.shipping.ways import Integers
from rules.conditions import holds
from rules.effects import Outcome, combine
from rules.policy import PolicySet, Rule
from rules.vocabulary import Facts, Stage

GroupCodes: TypeAlias = tuple[int, ...]
"""A code for each of some groups of facts."""
MOST_REMEMBERED = 200_000
"""Signatures a stage remembers before it starts afresh: some tens of megabytes at most."""
MOST_RESIDUALS = 20_000
"""Residual programs a stage remembers before it starts afresh."""

logger = logging.getLogger("pointsman.matching")


class RuleEngine(Protocol):
    """Says which formulas hold of a signature: `Rete`, which is durable-rules, or what a test puts in its place."""

    @property
    def too_large(self) -> frozenset[str]:
        """The ids of rules too large for the engine, on which it says nothing."""
        ...

    def fired(self, signature: Sequence[int]) -> frozenset[str]:
        """The ids of the rules whose formulas hold of the signature's codes."""
        ...

    def close(self) -> None: ...


MakeEngine: TypeAlias = Callable[[str, Mapping[str, Formula]], RuleEngine]
"""Makes the engine of some formulas, by rule id, under a name."""


class StageMatcher:
    """The rules that act at one stage, and those that override them."""

    def __init__(
        self, stage: Stage, policies: PolicySet, *, guarded: bool = True, make_engine: MakeEngine = Rete
    ) -> None:
        self.stage = stage
        self._guarded = guarded
        self.incidents = 0
        self._rules = policies.relevant_at(stage)
        self._overriders = _overriders(self._rules)
        coding = Coding(rule.condition for rule in self._rules.values())
        self._formulas = {rule.id: coding.formula(rule.condition) for rule in self._rules.values()}
        self._properties = coding.properties
        self._coders = {
            group: group_coder([item for item in coding.properties if item.fact.group == group])
            for group in stage.value
        }
        self._engine = make_engine(f"{policies.version[:16]}/{stage.name.lower()}", self._formulas)
        self.table = JudgementTable()
        self._numbers: dict[tuple[int, ...], int] = {}
        """By signature, the number of its judgement."""
        self._tables: dict[GroupCodes, SignatureTable] = {}
        self._by_formulas: dict[ResidualFormulas, SignatureTable] = {}

    def judge(self, facts: Mapping[str, Facts]) -> Judgement:
        """See `Judge`."""
        return self.table.judgements[self._number(_merged(facts))]

    def judge_rows(self, shared: Mapping[str, Facts], rows: Rows) -> Integers:
        """See `Judge`."""
        return self._judge_coded(self._table_for(shared), rows, lambda row: {**_merged(shared), **rows.facts(row)})

    def judge_lines(self, lines: Sequence[Mapping[str, Facts]], line: Integers, rows: Rows) -> Integers:
        """As `judge_rows`, of the rows of many lines at once: `lines` has the facts that the rows of each share, by
        group, and `line` numbers the line of each row. Lines that leave the same formulas are judged together.
        """
        tables = [self._table_for(shared) for shared in lines]
        place = {table: number for number, table in enumerate(dict.fromkeys(tables))}
        table_of_row = np.array([place[table] for table in tables], dtype=np.int64)[line]
        judgements = np.empty(len(line), dtype=np.int64)
        for table, number in place.items():
            at = np.flatnonzero(table_of_row == number)
            some = rows.at(at)
            judgements[at] = self._judge_coded(
                table,
                some,
                lambda row, at=at, some=some: {**_merged(lines[line[at[row]]]), **some.facts(row)},  # type: ignore[misc]
            )
        return judgements

    def codes(self, facts: Facts) -> tuple[int, ...]:
        """The codes of these facts, of those of them that a rule mentions: where they are equal, the rules tell no
        difference. They are the same in every process.
        """
        return tuple([item.of(facts) for item in self._properties if item.fact.path in facts])

    def _judge_coded(self, table: SignatureTable, rows: Rows, facts: Callable[[int], Facts]) -> Integers:
        """The numbers of the rows' judgements; `facts` makes all facts of a row whose signature is new."""
        signatures, known = table.signatures(rows)
        numbers = list(map(known.get, signatures))
        if None in numbers:
            if len(known) >= MOST_REMEMBERED:
                known.clear()
            for row, signature in enumerate(signatures):
                if numbers[row] is None:
                    number = known.get(signature)
                    if number is None:  # another thread may empty `known` at any moment
                        number = known[signature] = self._number(facts(row))
                    numbers[row] = number
        return np.array(numbers, dtype=np.int64)

    def _table_for(self, shared: Mapping[str, Facts]) -> SignatureTable:
        """How rows that share these facts are coded. Shared facts that leave the same formulas have one table."""
        codes = tuple([self._coders[group](facts) for group, facts in shared.items()])
        table = self._tables.get(codes)
        if table is None:
            settled = {
                index: item.of(shared[item.fact.group])
                for index, item in enumerate(self._properties)
                if item.fact.group in shared
            }
            formulas = partially_evaluate(self._formulas, settled)
            if len(self._tables) >= MOST_RESIDUALS:
                self._tables.clear()
                self._by_formulas.clear()
            table = self._by_formulas.get(formulas) or SignatureTable(asked(formulas, self._properties))
            self._tables[codes] = self._by_formulas[formulas] = table
        return table

    def without(self, judgement: Judgement, rule: str) -> Judgement:
        """The judgement as it would be without `rule`."""
        return self._judgement(frozenset({*judgement.fired, *judgement.silenced}) - {rule})

    @property
    def remembered(self) -> int:
        """How many signatures of rows are remembered."""
        return sum(table.remembered for table in list(self._by_formulas.values()))

    def close(self) -> None:
        self._engine.close()

    def _number(self, facts: Facts) -> int:
        """The number of the judgement of facts given as one mapping, remembered by their signature."""
        signature = tuple([item.of(facts) for item in self._properties])
        number = self._numbers.get(signature)
        if number is None:
            if len(self._numbers) >= MOST_REMEMBERED:
                self._numbers.clear()
            number = self._numbers[signature] = self.table.number(self._judgement(self._firing(signature, facts)))
        return number

    def _judgement(self, fired: frozenset[str]) -> Judgement:
        acting, silenced = _after_overrides(fired, self._overriders)
        return Judgement(fired=acting, silenced=silenced, outcome=_outcome(self.stage, acting, self._rules))

    def _firing(self, signature: Sequence[int], facts: Facts) -> frozenset[str]:
        """The rules whose conditions hold: as durable-rules says, unless it fails or the guard overrules it."""
        try:
            fired = self._engine.fired(signature)
        except Exception:
            # a decision must not fail because the library does
            self.incidents += 1
            logger.exception("durable-rules failed at %s", self.stage.name)
            return self._holding(self._rules, facts)
        answer = fired | self._holding(self._engine.too_large, facts)
        if not self._guarded:
            return answer
        reference = self._holding(self._rules, facts)
        if answer != reference:
            self.incidents += 1
            differing = sorted(answer ^ reference)
            logger.error("durable-rules differs from the reference at %s on %s", self.stage.name, differing)
        return reference

    def _holding(self, rules: Iterable[str], facts: Facts) -> frozenset[str]:
        """Those of the rules whose conditions hold, by the reference."""
        return frozenset(rule for rule in rules if holds(self._rules[rule].condition, facts))


class Matcher:
    """A policy set ready to judge at every stage. Make it in the process that uses it.

    `guarded`: the reference is asked as well the first time a signature is met.
    """

    def __init__(self, policies: PolicySet, *, guarded: bool = True, make_engine: MakeEngine = Rete) -> None:
        self.policies = policies
        self.stages: Mapping[Stage, StageMatcher] = {
            stage: StageMatcher(stage, policies, guarded=guarded, make_engine=make_engine) for stage in Stage
        }
        self.volatile = volatile_facts(policies)

    @property
    def incidents(self) -> int:
        """How often durable-rules failed or differed from the reference; 0 unless something is broken."""
        return sum(stage.incidents for stage in self.stages.values())

    def judge(self, stage: Stage, facts: Facts) -> Judgement:
        """See `PolicyJudge`."""
        return self.stages[stage].judge({stage.name: facts})

    def with_effect(self, judgement: Judgement, *effects: str) -> tuple[str, ...]:
        """See `PolicyJudge`."""
        rules = self.policies.rules
        return tuple([rule for rule in judgement.fired if any(item.name in effects for item in rules[rule].effects)])

    def close(self) -> None:
        for stage in self.stages.values():
            stage.close()


def _merged(facts: Mapping[str, Facts]) -> dict[str, Any]:
    """The facts of all groups as one mapping."""
    return {path: value for group in facts.values() for path, value in group.items()}


def _overriders(rules: Mapping[str, Rule]) -> dict[str, list[str]]:
    """By rule, the rules that override it; a rule comes after its overriders, which have no circles."""
    by_rule: dict[str, list[str]] = {rule: [] for rule in rules}
    for rule in rules.values():
        for other in rule.overrides:
            if other in by_rule:
                by_rule[other].append(rule.id)
    return {rule: by_rule[rule] for rule in graphlib.TopologicalSorter(by_rule).static_order() if by_rule[rule]}


def _after_overrides(
    fired: frozenset[str], overriders: Mapping[str, Sequence[str]]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The rules that act and those silenced, sorted. A silenced rule silences nothing."""
    acting = set(fired)
    for rule, others in overriders.items():
        if not acting.isdisjoint(others):
            acting.discard(rule)
    return tuple(sorted(acting)), tuple(sorted(fired - acting))


def _outcome(stage: Stage, acting: Iterable[str], rules: Mapping[str, Rule]) -> Outcome:
    return combine(stage, (effect for rule in acting for effect in rules[rule].effects))
