"""How each fact can be compared and each effect written, for forms that are built from the vocabulary.

What else the parsers read (`until_shipped + 4 h`, `120 EUR/t`, conditions within conditions) is written as text.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, TypeAlias

from rules.conditions import PAIRED, SEVERAL, UNWRITTEN, Operator
from rules.effects import STAGE_OF
from rules.reserves import PERIODS
from rules.syntax import effect_parser
from rules.syntax.channel_effects import FOR_CHANNELS
from rules.syntax.condition_parser import COMBINATORS, are_comparable, fits
from rules.vocabulary import DISPOSITIONS, VOCABULARY, Fact, Kind, Stage, stage_knows

Takes: TypeAlias = Literal["one", "several", "two", "flag", "fact", "conditions", "terms"]
"""What stands behind an operator: a value, one or more of them, two, true or false, the path of another fact, a list of
conditions, the names of terms.
"""
EQUALS, NOT = "equals", "not"
"""The first has no word in a condition: a bare value or list equals."""
DAYS = "days"
"""The kind of a whole number of days, as `10 days`; the other kinds have the names of `Kind` in small letters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A value of an effect, under its `key` or, if that is empty, alone; `words` if it is one of these. `fact` is the
    one whose words of the network it takes, if there is one.
    """

    key: str = ""
    kind: str
    words: tuple[str, ...] = ()
    fact: str = ""
    optional: bool = False


Way: TypeAlias = tuple[Part, ...]
"""How the value of an effect can be written: a single value, or a mapping of several."""


def kind_name(kind: Kind) -> str:
    return kind.name.lower()


def operators_of(fact: Fact) -> list[str]:
    """The operators that compare the fact, with `not` behind `equals`."""
    fitting = [item for item in Operator if item not in UNWRITTEN and fits(fact.kind, item)]
    if not comparable_facts(fact):
        fitting = [item for item in fitting if item not in PAIRED]
    return [*((EQUALS, NOT) if fits(fact.kind, Operator.EQUALS) else ()), *(item.value for item in fitting)]


def comparable_facts(fact: Fact) -> list[str]:
    """The facts that it can be compared with: of its kind, and known where it is. Those of a whole shipment are
    compared with amounts alone.
    """
    if fact.group == "shipment":
        return []
    stages = [stage for stage in Stage if stage_knows(stage, fact)]
    return [
        other.path
        for other in VOCABULARY.values()
        if are_comparable(fact, other) and any(stage_knows(stage, other) for stage in stages)
    ]


def takes(operator: str) -> Takes:
    """What stands behind it; it may also be a word that combines conditions."""
    if operator in COMBINATORS:
        return "terms" if operator == "is" else "conditions"
    if operator == NOT:
        return "several"
    item = Operator(operator)
    if item is Operator.KNOWN:
        return "flag"
    if item in PAIRED:
        return "fact"
    if item is Operator.BETWEEN:
        return "two"
    return "several" if item in SEVERAL else "one"


def _alone(kind: Kind | str, *words: str, fact: str = "") -> Way:
    return (Part(kind=kind if isinstance(kind, str) else kind_name(kind), words=words, fact=fact),)


def _word(*words: str) -> Way:
    return _alone(Kind.CHOICE, *words)


_CHANNEL = Part(key="channel", kind=kind_name(Kind.WORD), fact="order.channel")
_UNITS = Part(key="units", kind=kind_name(Kind.COUNT))
_SHARE = Part(key="share", kind=kind_name(Kind.SHARE))
_COVER = Part(key="cover", kind=DAYS)
_PER = Part(key="per", kind=kind_name(Kind.CHOICE), words=PERIODS)
_BOUNDS = tuple(Part(key=key, kind=kind_name(Kind.COUNT), optional=True) for key in ("min", "max"))
_SPECIAL: Mapping[str, tuple[Way, ...]] = {
    "exclude": (_word("true", "unless_needed"),),
    "keep": (_alone(Kind.COUNT), _alone(Kind.SHARE), (_COVER,)),
    "alert_below": (_alone(Kind.COUNT), (_COVER,)),
    "protect": ((_CHANNEL, _UNITS), (_CHANNEL, _SHARE), (_CHANNEL, _COVER)),
    "allocate": (
        (_CHANNEL, _UNITS, _PER),
        (_CHANNEL, _SHARE, *_BOUNDS, _PER),
        (_CHANNEL, _COVER, *_BOUNDS, _PER),
    ),
    "cap": ((_CHANNEL, _UNITS),),
    "max_shipments": (
        _alone(Kind.COUNT),
        (
            Part(key="at_most", kind=kind_name(Kind.COUNT)),
            Part(key="unless_needed", kind=kind_name(Kind.CHOICE), words=("true",)),
        ),
    ),
    "hold": (_alone(Kind.DURATION), _word(effect_parser.UNTIL_SHIPPED)),
    "lookahead": (_word("on"), _alone(Kind.SHARE)),
    "uplift": (_alone(Kind.SHARE),),
    "promise_from": (_word(*effect_parser.PROMISE_FROM),),
    "disposition": (_word(*DISPOSITIONS),),
    "as_sku": (_alone(Kind.WORD, fact="product.sku"),),
    "min_shelf_life": (_alone(DAYS),),
    "target_cover": (_alone(DAYS),),
}


def _ways(effect: str) -> tuple[Way, ...]:
    if effect in _SPECIAL:
        return _SPECIAL[effect]
    if effect in effect_parser.AMOUNT_KINDS:
        return (_alone(effect_parser.AMOUNT_KINDS[effect]),)
    return (_word("true" if effect in effect_parser.ONLY_TRUE else "false"),)


EFFECT_WAYS: Mapping[str, tuple[Way, ...]] = MappingProxyType({effect: _ways(effect) for effect in STAGE_OF})
REPEATED = frozenset(FOR_CHANNELS)
"""Effects that a rule may have several times, each for another channel."""
