"""A policy set ready to judge: which rules fire at each stage, and what they amount to.

A judgement is a function of the signature, so it is remembered.
"""

import graphlib
import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from engine.decide.matching.judgement_table import Judgement, JudgementTable
from engine.decide.matching.pair_codes import PairCodes, codes_of_values
from engine.decide.matching.partial_evaluation import FAILS, Residuals
from engine.decide.matching.rete import Rete
from engine.decide.matching.row_codes import RowCodes
from engine.decide.matching.rule_firing import MakeEngine, RuleFiring
from engine.decide.matching.shipment_steps import shipment_steps
from engine.decide.matching.signature_table import MOST_REMEMBERED, UNSEEN, Rows, SignatureTable
from engine.decide.matching.signatures import Coding, FactCoder, codes_of, fact_coders
from engine.decide.matching.truth_tables import TruthTables
from engine.decide.matching.volatile_facts import volatile_facts
from engine.decide.shipping.columns import Integers, least
from rules.effects import Outcome, combine
from rules.policy import PolicySet, Rule
from rules.vocabulary import Facts, Stage, group_of

FactCodes: TypeAlias = tuple[tuple[str, ...], tuple[int, ...]]
"""The names of some groups of facts, and the codes of these facts."""
MOST_TABLES = 1_000
"""Signature tables of a stage: a hundred kilobytes each if what rules tell apart are some thousand cases."""
Watch: TypeAlias = AbstractContextManager[None]
_NO_WATCH: Watch = nullcontext()
MOST_RESIDUALS = 20_000
"""Residual programs a stage remembers before it starts afresh."""
MOST_PLACES = 1 << 20
"""Rules times rows that are looked up in truth tables at a time."""


def ignore_incident() -> None:
    """Nobody counts incidents."""


class StageMatcher:
    """The rules that act at one stage, and those that override them."""

    def __init__(
        self,
        stage: Stage,
        policies: PolicySet,
        *,
        guarded: bool = True,
        make_engine: MakeEngine = Rete,
        watch: Watch = _NO_WATCH,
        on_incident: Callable[[], None] = ignore_incident,
    ) -> None:
        self.stage = stage
        self._watch = watch
        self._rules = policies.relevant_at(stage)
        self._overriders = _overriders(self._rules)
        coding = Coding(rule.condition for rule in self._rules.values())
        self.formulas = {rule.id: coding.formula(rule.condition) for rule in self._rules.values()}
        self._properties = coding.properties
        singles = [item for item in coding.properties if item.other is None]
        self._pairs = [item for item in coding.properties if item.other is not None]
        self._pair_codes = PairCodes(self._pairs)
        self._fact_coders = fact_coders(singles)
        self._coders: dict[tuple[str, ...], list[FactCoder]] = {}
        """By the groups of facts that are given, the coders of their facts."""
        self._row_codes = RowCodes(dict(enumerate(self._properties)))
        tables = TruthTables(self.formulas, [item.size for item in self._properties])
        engine = make_engine(
            f"{policies.version[:16]}/{stage.name.lower()}", {rule: self.formulas[rule] for rule in tables.rules}
        )
        self.firing = RuleFiring(
            stage, self._rules, tables=tables, engine=engine, guarded=guarded, on_incident=on_incident
        )
        self.table = JudgementTable()
        self._numbers: dict[tuple[str, ...], int] = {}
        """By the rules that fire, the number of the judgement."""
        self._by_codes: dict[FactCodes, int] = {}
        """The number of the judgement of single facts."""
        self._tables: dict[FactCodes, SignatureTable] = {}
        self._by_residuals: dict[bytes, SignatureTable] = {}
        self._residuals = Residuals(self.formulas, tables)
        """At one stage, rows share the same groups of facts, except for what the nodes' clocks show, which they share
        in a network of one time zone, and for the route, which is unknown where there is no destination.
        """

    def judge(self, facts: Mapping[str, Facts]) -> Judgement:
        """See `Judge`."""
        with self._watch:
            return self._judge(facts)

    def _judge(self, facts: Mapping[str, Facts]) -> Judgement:
        groups, codes = self._codes(facts)
        if self._pairs:
            both = _merged(facts)
            codes += tuple([item.of(both) for item in self._pairs])
        number = self._by_codes.get((groups, codes))
        if number is None:
            if len(self._by_codes) >= MOST_REMEMBERED:
                self._by_codes.clear()
            merged = _merged(facts)
            signature = {index: item.of(merged) for index, item in enumerate(self._properties)}
            (fired,) = self.firing.fired(signature, {}, 1, lambda _: merged)
            number = self._by_codes[groups, codes] = self._number(fired)
        return self.table.judgements[number]

    def judge_rows(self, shared: Mapping[str, Facts], rows: Rows) -> Integers:
        """See `Judge`."""
        with self._watch:
            if self._pair_codes.properties:
                rows = self._pair_codes.with_columns([shared], np.zeros(len(rows.node), dtype=np.int64), rows)
            table = self._table_for(shared)
            return self._judge_coded(table, rows, lambda chosen: self._judge_new(shared, rows, chosen))

    def judge_lines(self, lines: Sequence[Mapping[str, Facts]], line: Integers, rows: Rows) -> Integers:
        """As `judge_rows`, of the rows of many lines at once: `lines` has the facts that the rows of each share, by
        group, and `line` numbers the line of each row. Lines that leave the same formulas are judged together.
        """
        with self._watch:
            return self._judge_lines(lines, line, rows)

    def _judge_lines(self, lines: Sequence[Mapping[str, Facts]], line: Integers, rows: Rows) -> Integers:
        if self._pair_codes.properties:
            rows = self._pair_codes.with_columns(lines, line, rows)
        tables = [self._table_for(shared) for shared in lines]
        place = {table: number for number, table in enumerate(dict.fromkeys(tables))}
        table_of_row = np.array([place[table] for table in tables], dtype=np.int64)[line]
        judgements = np.empty(len(line), dtype=np.int64)
        for table, number in place.items():
            at = np.flatnonzero(table_of_row == number)
            some = rows.at(at)

            def judge_new(chosen: Sequence[int], at: Integers = at, some: Rows = some) -> list[int]:
                by_line = itertools.groupby(chosen, lambda row: int(line[at[row]]))
                return [number for its, group in by_line for number in self._judge_new(lines[its], some, list(group))]

            judgements[at] = self._judge_coded(table, some, judge_new)
        return judgements

    def codes(self, facts: Facts) -> tuple[int, ...]:
        """The codes of these facts, of those of them that a rule mentions: where they are equal, the rules tell no
        difference. They are the same in every process.
        """
        codes = [item.of(facts) for item in self._properties if item.other is None and item.fact.path in facts]
        return tuple(codes + [codes_of_values(item, facts) for item in self._pairs])

    def _judge_coded(
        self, table: SignatureTable, rows: Rows, judge_new: Callable[[Sequence[int]], Sequence[int]]
    ) -> Integers:
        """The numbers of the rows' judgements; `judge_new` answers those of rows whose signature is new."""
        signatures, known = table.signatures(rows)
        numbers = known.numbers(signatures)
        if len(numbers) and least(numbers) == UNSEEN:
            unseen = (numbers == UNSEEN).nonzero()[0]
            new = dict(zip(signatures[unseen].tolist(), unseen.tolist(), strict=True))
            found = dict(zip(new, judge_new(list(new.values())), strict=True))
            known.learn(found)
            numbers[unseen] = [found[signature] for signature in signatures[unseen].tolist()]
        return numbers

    def _judge_new(self, shared: Mapping[str, Facts], rows: Rows, chosen: Sequence[int]) -> list[int]:
        """The numbers of the judgements of the chosen rows."""
        settled, common = self._settled(shared), _merged(shared)
        among = (self._residuals.of(settled, tuple(shared)) != FAILS).nonzero()[0].tolist()

        def judge(some: Sequence[int]) -> list[int]:
            columns = self._row_codes.of(rows, np.array(some))
            # what the nodes' clocks show is settled if all show the same
            columns = {index: column for index, column in columns.items() if index not in settled}

            def facts(row: int) -> Facts:
                return {**common, **rows.facts(some[row])}

            fired = self.firing.fired(settled, columns, len(some), facts, among=among)
            return [self._number(its) for its in fired]

        step = MOST_PLACES // (1 + len(among)) + 1
        return [number for start in range(0, len(chosen), step) for number in judge(chosen[start : start + step])]

    def _table_for(self, shared: Mapping[str, Facts]) -> SignatureTable:
        """How rows that share these facts are coded. Shared facts that leave the same formulas have one table."""
        groups, codes = self._codes(shared)
        if self._pairs:
            codes += tuple(self._settled_pairs(shared).values())
        table = self._tables.get((groups, codes))
        if table is None:
            residuals = self._residuals
            numbers = residuals.of(self._settled(shared), groups)
            key = numbers.tobytes()
            if len(self._tables) >= MOST_RESIDUALS or len(self._by_residuals) >= MOST_TABLES:
                self._tables.clear()
                self._by_residuals.clear()
                self._residuals = Residuals(self.formulas, self.firing.tables)
            table = self._by_residuals.get(key)
            if table is None:
                table = SignatureTable(residuals.asked(numbers), self._properties, self._row_codes.of_network)
            self._tables[groups, codes] = self._by_residuals[key] = table
        return table

    def _codes(self, facts: Mapping[str, Facts]) -> FactCodes:
        """Those of facts by group, of as many groups as are given, without comparisons of two facts."""
        groups = tuple(facts)
        coders = self._coders.get(groups)
        if coders is None:
            coders = self._coders[groups] = [coder for coder in self._fact_coders if coder[0] in facts]
        return groups, codes_of(coders, facts)

    def _settled(self, shared: Mapping[str, Facts]) -> dict[int, int]:
        """The codes of shared facts, by property."""
        codes = {
            index: item.of(shared[item.fact.group])
            for index, item in enumerate(self._properties)
            if item.other is None and item.fact.group in shared
        }
        return codes | self._settled_pairs(shared) if self._pairs else codes

    def _settled_pairs(self, shared: Mapping[str, Facts]) -> dict[int, int]:
        """Of properties of two facts that are both shared, the codes."""
        both = _merged(shared)
        return {
            index: item.of(both)
            for index, item in enumerate(self._properties)
            if item.other is not None and all(fact.group in shared for fact in item.facts)
        }

    def without(self, judgement: Judgement, rule: str) -> Judgement:
        """The judgement as it would be without `rule`."""
        return self._judgement(frozenset({*judgement.fired, *judgement.silenced}) - {rule})

    @property
    def remembered(self) -> int:
        """How many signatures of rows are remembered."""
        return sum(table.remembered for table in list(self._by_residuals.values()))

    @property
    def incidents(self) -> int:
        """How often durable-rules failed or differed from the reference at this stage."""
        return self.firing.incidents

    def close(self) -> None:
        self.firing.close()

    def _number(self, fired: tuple[str, ...]) -> int:
        """The number of the judgement where these rules fire."""
        number = self._numbers.get(fired)
        if number is None:
            if len(self._numbers) >= MOST_REMEMBERED:
                self._numbers.clear()
            number = self._numbers[fired] = self.table.number(self._judgement(frozenset(fired)))
        return number

    def _judgement(self, fired: frozenset[str]) -> Judgement:
        acting, silenced = _after_overrides(fired, self._overriders)
        return Judgement(fired=acting, silenced=silenced, outcome=_outcome(self.stage, acting, self._rules))


class Matcher:
    """A policy set ready to judge at every stage. Make it in the process that uses it.

    `guarded`: the reference is asked as well whenever durable-rules is. `watch` is entered while facts are judged;
    `on_incident` is called whenever durable-rules failed or was overruled. `shared` has the stages that another matcher
    of the same rules judges, which is closed later.
    """

    def __init__(
        self,
        policies: PolicySet,
        *,
        guarded: bool = True,
        make_engine: MakeEngine = Rete,
        watch: Watch = _NO_WATCH,
        on_incident: Callable[[], None] = ignore_incident,
        shared: Mapping[Stage, StageMatcher] = MappingProxyType({}),
    ) -> None:
        self.policies = policies
        self.guarded = guarded
        self._own = {
            stage: StageMatcher(
                stage, policies, guarded=guarded, make_engine=make_engine, watch=watch, on_incident=on_incident
            )
            for stage in Stage
            if stage not in shared
        }
        self.stages: Mapping[Stage, StageMatcher] = {**shared, **self._own}
        self.volatile = volatile_facts(policies)
        self.shipment_steps = shipment_steps(policies)
        self.volatile_anywhere = volatile_facts(policies, tuple(Stage))
        """Of the rules of all stages."""
        self._having: dict[tuple[tuple[str, ...], tuple[str, ...]], tuple[str, ...]] = {}
        """Of rules that fired, those that have one of some effects."""

    @property
    def incidents(self) -> int:
        """How often durable-rules failed or differed from the reference; 0 unless something is broken."""
        return sum(stage.incidents for stage in self.stages.values())

    @property
    def answered(self) -> int:
        """How many questions of which rules fire have an answer that is remembered."""
        return sum(stage.firing.tables.asked for stage in self.stages.values())

    def judge(self, stage: Stage, facts: Facts) -> Judgement:
        """See `PolicyJudge`."""
        return self.stages[stage].judge(by_group(facts))

    def with_effect(self, judgement: Judgement, *effects: str) -> tuple[str, ...]:
        """See `PolicyJudge`."""
        key = (judgement.fired, effects)
        having = self._having.get(key)
        if having is None:
            if len(self._having) >= MOST_REMEMBERED:
                self._having.clear()
            rules = self.policies.rules
            having = tuple(
                [rule for rule in judgement.fired if any(its.name in effects for its in rules[rule].effects)]
            )
            self._having[key] = having
        return having

    def close(self) -> None:
        for stage in self._own.values():
            stage.close()


def by_group(facts: Facts) -> Mapping[str, Facts]:
    """Facts that are given as one mapping, by their groups."""
    groups: dict[str, dict[str, Any]] = {}
    for path, value in facts.items():
        groups.setdefault(group_of(path), {})[path] = value
    return groups


def _merged(facts: Mapping[str, Facts]) -> dict[str, Any]:
    """The facts of all groups as one mapping."""
    return {path: value for group in facts.values() for path, value in group.items()}


class Overriders(NamedTuple):
    """The rules that override a rule. It has a higher `rank` than each of them, as they have no circles."""

    rank: int
    rules: frozenset[str]


def _overriders(rules: Mapping[str, Rule]) -> dict[str, Overriders]:
    """By rule, what overrides it, of the rules that something overrides."""
    by_rule: dict[str, list[str]] = {rule: [] for rule in rules}
    for rule in rules.values():
        for other in rule.overrides:
            if other in by_rule:
                by_rule[other].append(rule.id)
    ranked = enumerate(graphlib.TopologicalSorter(by_rule).static_order())
    return {rule: Overriders(rank, frozenset(by_rule[rule])) for rank, rule in ranked if by_rule[rule]}


def _after_overrides(
    fired: frozenset[str], overriders: Mapping[str, Overriders]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The rules that act and those silenced, sorted. A silenced rule silences nothing."""
    acting = set(fired)
    for rule in sorted(fired & overriders.keys(), key=lambda rule: overriders[rule].rank):
        if not acting.isdisjoint(overriders[rule].rules):
            acting.discard(rule)
    return tuple(sorted(acting)), tuple(sorted(fired - acting))


def _outcome(stage: Stage, acting: Iterable[str], rules: Mapping[str, Rule]) -> Outcome:
    return combine(stage, (effect for rule in acting for effect in rules[rule].effects))
