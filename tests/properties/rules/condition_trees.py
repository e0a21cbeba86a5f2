"""Random conditions, rules and facts, and conditions written as YAML.

Only few values, close to each other, so that conditions overlap and facts fall on, just below and just above a cut.
"""

import datetime
import itertools
import json
from collections.abc import Iterator, Mapping

from hypothesis import strategies as st

from rules.conditions import ORDERED, PAIRED, SEVERAL, TAGGED, All, AnyOf, Compare, Condition, Not, Operator, Term
from rules.effects import Disposition, Effect, Exclusion, LookaheadWeight, OtherSku, Uplift
from rules.policy import Policy, PolicySet, Rule
from rules.reserves import Reserve
from rules.syntax.condition_parser import are_comparable
from rules.vocabulary import IN_CAPITALS, VOCABULARY, Fact, Facts, Kind, Stage, Value, attribute, stage_knows

WORDS = ("a", "b", "A", "ab", "75001", "75002", "69003", "*", "a?b", "é", "a b", "null", "\\", "or", "known", "a or b")
OTHER_WORDS = ("c", "", "\0", "75", "7500", "750011", "aab", "true", "5")
PATTERNS = ("*", "a*", "*b", "75*", "7500?", "?", "a?b", "*0*0*", "**", "\\", "[a]", "a")
TAGS = ("t0", "t1", "t2", "t3", "t4")
NUMBERS = (0, 1, 2, 5, 6, 7, 1_000, 10**12)
DAYS = tuple(datetime.date(2026, 11, day).toordinal() for day in (1, 2, 27, 30))
MINUTES = (0, 1, 480, 1_080, 1_439)
INSTANTS = tuple(day * 86_400 + minute * 60 for day in DAYS[:2] for minute in MINUTES)
SHARES = (0, 1, 5_000, 6_000, 10_000)
_WHOLE = {Kind.DATE: DAYS, Kind.TIME: MINUTES, Kind.INSTANT: INSTANTS, Kind.SHARE: SHARES}
OPERANDS: Mapping[Kind, tuple[Value, ...]] = {
    **dict.fromkeys(Kind, NUMBERS),
    **_WHOLE,
    Kind.FLAG: (True, False),
    Kind.WORD: WORDS,
    Kind.TAGS: TAGS,
    Kind.CHOICE: (),
}
"""Values to compare facts of a kind with; for CHOICE they are the choices of each fact."""
_KINDS = (Kind.FLAG, Kind.NUMBER, Kind.WORD, Kind.TAGS, Kind.ANY)

ATTRIBUTES = tuple(
    attribute(f"{group}.attributes.{name}", kind) for group in ("product", "node") for name in "xy" for kind in _KINDS
)
FACTS = (*VOCABULARY.values(), *ATTRIBUTES)
EFFECTS: Mapping[Stage, tuple[Effect, ...]] = {
    Stage.ORDER: (
        Effect(name="priority", value=80),
        Effect(name="max_shipments", value=2),
        Effect(name="lookahead", value=LookaheadWeight(share=8_000)),
    ),
    Stage.LINE: (Effect(name="keep_together", value=True),),
    Stage.POSITION: (Effect(name="keep", value=Reserve(units=3)), Effect(name="keep", value=Reserve(share=1_000))),
    Stage.OPTION: (
        Effect(name="prefer", value=4_000_000),
        Effect(name="exclude", value=Exclusion.UNLESS_NEEDED),
        Effect(name="tier", value=2),
    ),
    Stage.NODE: (Effect(name="daily_orders", value=40),),
    Stage.SHIPMENT: (
        Effect(name="exclude", value=Exclusion.YES, of_shipment=True),
        Effect(name="avoid", value=2_500_000, of_shipment=True),
    ),
    Stage.RETURN: (
        Effect(name="disposition", value=Disposition.REFURBISH),
        Effect(name="as_sku", value=OtherSku(sku="b")),
        Effect(name="exclude", value=Exclusion.YES, of_return=True),
        Effect(name="prefer", value=1_500_000, of_return=True),
    ),
    Stage.PROMISE: (Effect(name="reroute_if_late", value=True),),
    Stage.REJECTION: (Effect(name="rest_after_rejection", value=120),),
    Stage.LEVEL: (
        Effect(name="alert_below", value=Reserve(cover=5)),
        Effect(name="uplift", value=Uplift(share=15_000)),
        Effect(name="transfer", value=False),
    ),
}


def facts_known_at(stage: Stage) -> list[Fact]:
    return [fact for fact in FACTS if stage_knows(stage, fact)]


def operands(fact: Fact) -> st.SearchStrategy[Value]:
    """Values to compare the fact with."""
    return st.sampled_from(OPERANDS[fact.kind] or fact.choices)


def values(fact: Fact) -> st.SearchStrategy[Value | None]:
    """Values of the fact: unknown, on a cut, next to a cut, and of any type if it is an attribute."""
    if fact in ATTRIBUTES:
        numbers = st.sampled_from([near for number in NUMBERS for near in (number - 1, number, number + 1)])
        words = st.sampled_from(WORDS + OTHER_WORDS)
        return st.none() | st.booleans() | numbers | words | st.frozensets(st.sampled_from(TAGS))
    if fact.kind is Kind.FLAG:
        return st.none() | st.booleans()
    if fact.kind is Kind.TAGS:
        return st.none() | st.frozensets(st.sampled_from((*TAGS, "other")))
    if fact.kind in (Kind.WORD, Kind.CHOICE):
        return st.sampled_from([None, *(fact.choices or WORDS), *OTHER_WORDS])
    cuts = _WHOLE.get(fact.kind, NUMBERS)
    return st.sampled_from([None, *sorted({near for cut in cuts for near in (cut - 1, cut, cut + 1)})])


def facts(stage: Stage) -> st.SearchStrategy[Facts]:
    """Facts known at a stage; any of them may be missing."""
    by_path = {fact.path: values(fact) for fact in facts_known_at(stage)}
    return st.fixed_dictionaries({}, optional=by_path)


@st.composite
def compared(draw: st.DrawFn, fact: Fact, others: list[Fact] = []) -> Compare:  # noqa: B006  # never changed
    """One comparison that fits the fact's kind, or of the fact with one of the `others`. `known` is drawn only for
    attributes of Kind.ANY, the kind that the parser gives an attribute if nothing but `known` is asked of it.
    """
    comparable = [other for other in others if _are_written(fact, other)]
    if comparable and draw(st.integers(0, 3)) == 0:
        operator = draw(st.sampled_from((Operator.SAME_AS, Operator.NOT_SAME_AS)))
        return Compare(fact=fact, operator=operator, operands=(), other=draw(st.sampled_from(comparable)))
    fitting = [item for item in Operator if _fits(fact.kind, item)]
    if fact in ATTRIBUTES and fact.kind is not Kind.ANY:
        fitting.remove(Operator.KNOWN)
    operator = draw(st.sampled_from(fitting))
    if operator is Operator.KNOWN:
        drawn: tuple[Value, ...] = (draw(st.booleans()),)
    elif operator is Operator.BETWEEN:
        drawn = tuple(sorted(draw(st.tuples(operands(fact), operands(fact)))))
    elif operator is Operator.MATCHES:
        drawn = tuple(draw(st.lists(st.sampled_from(PATTERNS), min_size=1, max_size=2)))
    else:
        several = operator in (Operator.EQUALS, Operator.HAS_ANY, Operator.HAS_ALL)
        drawn = tuple(draw(st.lists(operands(fact), min_size=1, max_size=3 if several else 1)))
    if fact.path in IN_CAPITALS:  # as they are read
        drawn = tuple(word.upper() if isinstance(word, str) else word for word in drawn)
    return Compare(fact=fact, operator=operator, operands=drawn)


def _are_written(fact: Fact, other: Fact) -> bool:
    """Whether the two can be compared so that the parser gives them these kinds: two attributes have Kind.ANY."""
    both = fact in ATTRIBUTES and other in ATTRIBUTES
    return are_comparable(fact, other) and (not both or fact.kind is Kind.ANY)


def _fits(kind: Kind, operator: Operator) -> bool:
    if operator in PAIRED:
        return False  # drawn with another fact
    if kind is Kind.ANY or operator is Operator.KNOWN:
        return operator is Operator.KNOWN
    if kind is Kind.TAGS:
        return operator in TAGGED
    if operator is Operator.MATCHES:
        return kind is Kind.WORD
    return operator is Operator.EQUALS or (
        operator in ORDERED and kind not in (Kind.WORD, Kind.CHOICE, Kind.FLAG, Kind.TAGS)
    )


def every_comparison(fact: Fact) -> Iterator[Compare]:
    """Every comparison that a fact takes, with one operand and with two."""
    for operator in (item for item in Operator if item not in PAIRED):
        if operator is Operator.KNOWN:
            tuples = [(True,), (False,)]
        elif fact.kind is Kind.ANY or not _fits(fact.kind, operator):
            tuples = []
        else:
            values = PATTERNS if operator is Operator.MATCHES else OPERANDS[fact.kind] or fact.choices
            pairs = list(itertools.permutations(values, 2))
            tuples = [(value,) for value in values] + pairs if operator in SEVERAL else [(value,) for value in values]
            tuples = [pair for pair in pairs if pair[0] <= pair[1]] if operator is Operator.BETWEEN else tuples
        for operands in tuples:
            yield Compare(fact=fact, operator=operator, operands=operands)


def conditions(stage: Stage, *, pairs: bool = True) -> st.SearchStrategy[Condition]:
    """Trees over the facts known at a stage; a few facts are drawn more often than others, so that rules overlap.
    Unless `pairs`, none compares two facts.
    """
    every = facts_known_at(stage)
    few = [fact for fact in every if fact.path in ("node.id", "stock.on_hand", "order.postcode", "now.date")]
    drawn = st.sampled_from(every * (1 + len(few)) + few * len(every))
    others = [fact for fact in every if fact.group != "shipment"] if pairs else []
    leaves = drawn.flatmap(lambda fact: compared(fact, [] if fact.group == "shipment" else others))
    return st.recursive(leaves, _nested, max_leaves=8)


def _nested(inner: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    parts = st.lists(inner, max_size=3).map(tuple)
    return (
        st.builds(All, parts=parts)
        | st.builds(AnyOf, parts=parts)
        | st.builds(Not, part=inner)
        | st.builds(Term, name=st.just("term"), condition=inner)
    )


@st.composite
def rule_sets(draw: st.DrawFn, most: int = 12) -> PolicySet:
    """Rules of every stage; each may override earlier rules that act at its stage."""
    rules: list[Rule] = []
    for number in range(draw(st.integers(1, most))):
        stage = draw(st.sampled_from(Stage))
        effect = draw(st.sampled_from(EFFECTS[stage]))
        before = [rule.id for rule in rules if rule.acts_at(stage)]
        overridden = draw(st.lists(st.sampled_from(before), max_size=2, unique=True)) if before else []
        condition = draw(conditions(stage))
        rules.append(rule_of(f"p/r{number}", condition, effect, overrides=tuple(overridden)))
    return policy_set(rules)


def rule_of(name: str, condition: Condition, effect: Effect, overrides: tuple[str, ...] = ()) -> Rule:
    return Rule(id=name, because={"en": name}, condition=condition, effects=(effect,), overrides=overrides)


def policy_set(rules: list[Rule]) -> PolicySet:
    return PolicySet(policies=(Policy(id="p", owner="", description="", rules=tuple(rules)),), texts={})


def written(condition: Condition) -> str:
    """The condition as an author would write it, in YAML's flow style."""
    match condition:
        case Compare():
            return f"{{{condition.fact.path}: {_compared(condition)}}}"
        case All(parts=parts) if parts:
            return f"{{all: [{', '.join(map(written, parts))}]}}"
        case AnyOf(parts=parts) if parts:
            return f"{{any: [{', '.join(map(written, parts))}]}}"
        case All():
            return "{any: [{now.date: {known: true}}, {now.date: {known: false}}]}"
        case AnyOf():
            return "{all: [{now.date: {known: true}}, {now.date: {known: false}}]}"
        case Not(part=Compare() as part):
            return f"{{{part.fact.path}: {{not: {_compared(part)}}}}}"
        case Not(part=part) | Term(condition=Not(part=part)):
            return f"{{none: [{written(part)}]}}"
        case Term(condition=inner):
            return written(inner)


def _compared(comparison: Compare) -> str:
    fact, operator, values = comparison.fact, comparison.operator, comparison.operands
    if comparison.other is not None:
        return f"{{{operator.value}: {json.dumps(comparison.other.path)}}}"
    words = [literal(Kind.FLAG if operator is Operator.KNOWN else fact.kind, value) for value in values]
    listed = words[0] if len(words) == 1 else f"[{', '.join(words)}]"
    return listed if operator is Operator.EQUALS else f"{{{operator.value}: {listed}}}"


def literal(kind: Kind, value: Value) -> str:
    """A value as authors write it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value)
    assert isinstance(value, int)
    match kind:
        case Kind.DATE:
            return datetime.date.fromordinal(value).isoformat()
        case Kind.TIME:
            return f'"{value // 60:02}:{value % 60:02}"'
        case Kind.INSTANT:
            day, seconds = divmod(value, 86_400)
            return f'"{literal(Kind.DATE, day)} {seconds // 3_600:02}:{seconds // 60 % 60:02}"'
    scale, unit = _SCALES.get(kind, (1, ""))
    decimals = f".{value % scale:0{len(str(scale)) - 1}}" if scale > 1 else ""
    return f"{value // scale}{decimals}{unit}"


_SCALES: Mapping[Kind, tuple[int, str]] = {
    Kind.MONEY: (10**6, ""),
    Kind.NUMBER: (10**6, ""),
    Kind.CARBON: (1_000, " g"),
    Kind.SHARE: (100, "%"),
    Kind.WEIGHT: (1, " g"),
    Kind.DISTANCE: (1, " m"),
    Kind.DURATION: (1, " min"),
}
"""How many of the integers make one of the unit that is written behind."""
