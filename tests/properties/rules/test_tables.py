"""Always, of tables of rules: what is exported is read back as the same rules; under `first` only the uppermost row
acts; rows that apply together are never taken to exclude each other; and a case that is said to be uncovered is.
"""

import dataclasses
import itertools
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from engine.decide.matching.matcher import _after_overrides, _overriders
from rules.conditions import All, Compare, Condition, Not, Operator, holds
from rules.lint.satisfiability import literal_form, satisfiable
from rules.lint.table_rows import check_rows, find_gaps
from rules.lint.value_domains import full_domain
from rules.loader import load_policies, parse_files
from rules.policy import Policy, Rule
from rules.syntax.condition_parser import ConditionParser, Notes
from rules.syntax.yaml_document import Document, read
from rules.tables.csv_text import csv_text
from rules.tables.document import HitPolicy, TableDocument
from rules.tables.export import table_of
from rules.tables.hit_policy import with_hit_policy
from rules.tables.row_classes import members, rows_beside
from rules.tables.workbook import write_workbook
from rules.tables.yaml_text import yaml_of
from rules.vocabulary import Facts, Stage, Value
from tests.properties.rules.condition_trees import (
    EFFECTS,
    compared,
    facts,
    facts_known_at,
    policy_set,
    rule_of,
    written,
)
from tests.support.examples import examples

STAGE = Stage.POSITION
FEW = [fact for fact in facts_known_at(STAGE) if fact.path in ("node.id", "node.type", "stock.on_hand", "now.date")]
MOSTLY_FEW = [*FEW * 5, *facts_known_at(STAGE)]
TEXTS = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=12) | st.sampled_from(
    ["=1+1", "'=x", '"quoted"', "-x", " blanks ", "#", "a\nb", "a;b,c", "é", "TRUE", "null"]
)


@st.composite
def clauses(draw: st.DrawFn, most: int = 4) -> Condition:
    """What one row asks: comparisons of several facts, each of one, some of them negated."""
    chosen = draw(
        st.lists(st.sampled_from([*FEW * 5, *facts_known_at(STAGE)]), max_size=most, unique_by=lambda its: its.path)
    )
    drawn = [draw(compared(fact)) for fact in chosen]
    return All(parts=tuple(Not(part=item) if draw(st.booleans()) and _can_be_negated(item) else item for item in drawn))


def _can_be_negated(item: Compare) -> bool:
    return item.operator is not Operator.KNOWN


@st.composite
def rows(draw: st.DrawFn, most: int = 6) -> list[Rule]:
    conditions = draw(st.lists(clauses(), min_size=1, max_size=most))
    effects = [draw(st.sampled_from(EFFECTS[STAGE])) for _ in conditions]
    return [rule_of(f"p/r{number}", condition, effects[number]) for number, condition in enumerate(conditions)]


def yaml_of_rules(rules: list[Rule], texts: list[str]) -> bytes:
    """The rules as an author would write them, their reasons as given."""
    lines = ["policy: p", "rules:"]
    for number, rule in enumerate(rules):
        assert isinstance(rule.condition, All)
        when = ", ".join(written(part)[1:-1] for part in rule.condition.parts)
        lines += [f"  - id: r{number}", f"    because: {quoted(texts[number])}", "    then: {keep: 10%}"]
        lines += [f"    when: {{{when}}}"] if when else []
        lines += [f"    overrides: [p/r{number - 1}]"] if number % 3 == 1 else []
    return "\n".join(lines).encode()


def quoted(text: str) -> str:
    return '"' + "".join(f"\\U{ord(letter):08x}" for letter in text) + '"'


def of_file(name: str, content: bytes) -> tuple[Document, Policy]:
    (parsed,) = parse_files({name: content})
    assert parsed.findings == ()
    assert parsed.document
    assert parsed.policy
    return parsed.document, parsed.policy


def same_rules(policy: Policy, other: Policy) -> bool:
    """Whether the rules are the same but for the order of what each asks, which columns fix."""
    return [dataclasses.replace(rule, condition=sorted_parts(rule.condition)) for rule in policy.rules] == [
        dataclasses.replace(rule, condition=sorted_parts(rule.condition)) for rule in other.rules
    ]


def sorted_parts(condition: Condition) -> Condition:
    if isinstance(condition, All):
        parts = [part for its in condition.parts for part in flat(sorted_parts(its))]
        return All(parts=tuple(sorted(parts, key=str)))
    return condition


def flat(condition: Condition) -> Iterator[Condition]:
    yield from condition.parts if isinstance(condition, All) else (condition,)


@given(rows(), st.lists(TEXTS, min_size=6, max_size=6), st.booleans())
def test_an_exported_policy_is_read_back_as_the_same_rules(rules, texts, semicolon):
    document, policy = of_file("p.yaml", yaml_of_rules(rules, texts))
    table, read_back = of_file("p.csv", csv_text(table_of(document, decimal_comma=semicolon)).encode())
    assert same_rules(read_back, policy)
    assert csv_text(table_of(table, decimal_comma=semicolon)) == table.text
    _, again = of_file("p.yaml", yaml_of(table, read_back).encode())
    assert same_rules(again, policy)


@examples(10)
@given(rows(most=3), st.lists(TEXTS, min_size=3, max_size=3))
def test_an_exported_workbook_is_read_back_as_the_same_rules(rules, texts):
    document, policy = of_file("p.yaml", yaml_of_rules(rules, texts))
    _, read_back = of_file("p.xlsx", write_workbook({"p": table_of(document)}))
    assert same_rules(read_back, policy)


def possible(known: Facts) -> Facts:
    """The facts without values that no fact of their kind has, as the minute 1,440 of a day."""
    return {path: value for path, value in known.items() if value is None or is_possible(path, value)}


def is_possible(path: str, value: Value) -> bool:
    domain = full_domain(path)
    if isinstance(value, str):
        return domain.words.listed is None or value in domain.words.listed
    return not isinstance(value, int) or any(low <= value <= high for low, high in domain.numbers or ((0, 1),))


POSSIBLE = facts(STAGE).map(possible)


def table(hit_policy: HitPolicy, count: int) -> TableDocument:
    return TableDocument(file="t.csv", text="", hit_policy=hit_policy, rows=range(1, count + 1))


def first(rules: list[Rule]) -> Policy:
    policy = Policy(id="p", owner="", description="", rules=tuple(rules))
    document = table(HitPolicy.FIRST, len(rules))
    return with_hit_policy(policy, document, Notes(document=document))


@given(rows(), POSSIBLE)
def test_under_first_only_the_uppermost_row_that_applies_acts(rules, known):
    with_overrides = {rule.id: rule for rule in first(rules).rules}
    fired = [rule.id for rule in rules if holds(rule.condition, known)]
    acting, _ = _after_overrides(frozenset(fired), _overriders(with_overrides))
    assert acting == tuple(fired[:1])


@given(rows(most=8), POSSIBLE)
def test_rows_that_apply_together_are_never_taken_to_exclude_each_other(rules, known):
    applying = {number for number, rule in enumerate(rules) if holds(rule.condition, known)}
    for number, beside in enumerate(rows_beside(rules)):
        if number in applying:
            assert applying <= set(members(beside))


@given(rows(most=8))
def test_no_row_applies_to_a_case_that_is_said_to_be_uncovered(rules):
    for gap in itertools.islice(find_gaps(rules), 5):
        document = read("gap.yaml", f"{{{', '.join(gap.conditions)}}}".encode())
        case = ConditionParser(notes=Notes(document=document), terms={}).condition(document.root, ())
        assert satisfiable(literal_form(case)) is not False
        assert all(satisfiable(literal_form(case), literal_form(rule.condition)) is not True for rule in rules)


UNITS = st.integers(0, 5)
BANDS = st.lists(
    st.tuples(
        st.sampled_from(["warehouse", "store", "supplier", "distributor", ""]), st.integers(0, 5), st.integers(0, 5)
    ),
    min_size=2,
    max_size=7,
)


@given(BANDS, st.sampled_from([HitPolicy.UNIQUE, HitPolicy.FIRST]))
def test_gaps_and_overlaps_are_found_where_there_are_some(bands, hit_policy):
    lines = [
        "policy,p",
        f"hit_policy,{hit_policy.value}",
        "id,node.type,stock.on_hand at_least,stock.on_hand at_most,keep,because",
        *(f"r{n},{kind},{low},{low + more if more < 5 else ''},1,x" for n, (kind, low, more) in enumerate(bands)),
    ]
    document, policy = of_file("p.csv", "\n".join(lines).encode())
    assert isinstance(document, TableDocument)
    codes = {finding.code for finding in check_rows(document, policy)}
    types = {kind for kind, _, _ in bands}
    asked = ["warehouse", "store", "supplier", "distributor"] if len(types) > 1 else [*types]
    cases = [{"node.type": kind or "store", "stock.on_hand": units} for kind in asked for units in range(12)]
    applying = [sum(holds(rule.condition, case) for rule in policy.rules) for case in cases]
    alike = len({(low, width) for _, low, width in bands}) == 1
    if not alike:
        assert ("uncovered-case" in codes) is (0 in applying)
    assert ("overlapping-rows" in codes) is (hit_policy is HitPolicy.UNIQUE and max(applying) > 1)


def test_a_table_is_the_same_set_of_rules_to_all_that_comes_after_the_loader():
    rules = [rule_of("p/r0", All(parts=()), EFFECTS[STAGE][0])]
    assert load_policies({"p.yaml": yaml_of_rules(rules, ["x"])}).rules.keys() == policy_set(rules).rules.keys()


def test_a_rule_that_is_overridden_overrides_nothing_in_whatever_order_they_are_named():
    for names in itertools.permutations(["p/a", "p/b", "p/c"]):
        first_rule, second, third = names
        rules = {
            first_rule: rule_of(first_rule, All(parts=()), EFFECTS[STAGE][0], (second,)),
            second: rule_of(second, All(parts=()), EFFECTS[STAGE][0], (third,)),
            third: rule_of(third, All(parts=()), EFFECTS[STAGE][0]),
        }
        acting, silenced = _after_overrides(frozenset(names), _overriders(rules))
        assert (set(acting), silenced) == ({first_rule, third}, (second,))
