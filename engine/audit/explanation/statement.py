"""Statements: what is said of a decision, as figures and names, in no language yet."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from engine.audit.explanation.comparison import Loss
from engine.audit.explanation.costs import Costs
from rules.effects import Effect


@dataclass(frozen=True, slots=True)
class Money:
    micros: int


@dataclass(frozen=True, slots=True)
class Parts:
    """What an amount is made of; parts of 0 are left unsaid. `extra`: how much more of each."""

    costs: Costs
    extra: bool = False

    @property
    def by_name(self) -> Mapping[str, int]:
        """Micros of each part, in the order in which they are said."""
        costs = self.costs
        return {
            "carriage": costs.carriage,
            "handling": costs.handling,
            "carbon": costs.carbon,
            "rules": costs.rules,
            "lookahead": costs.lookahead,
            "splits": costs.splits,
        }


@dataclass(frozen=True, slots=True)
class Co2:
    milligrams: int


@dataclass(frozen=True, slots=True)
class Distance:
    metres: int


@dataclass(frozen=True, slots=True)
class Instant:
    seconds: int
    """UTC."""


@dataclass(frozen=True, slots=True)
class Date:
    ordinal: int


@dataclass(frozen=True, slots=True)
class Duration:
    minutes: int


@dataclass(frozen=True, slots=True)
class Units:
    """By SKU, in the smallest units that are counted."""

    by_sku: tuple[tuple[str, int], ...]

    @classmethod
    def of(cls, sku: str, units: int) -> "Units":
        return cls(((sku, units),))


@dataclass(frozen=True, slots=True)
class Quantity:
    """Units of something that the sentence names otherwise, in the smallest part, of which there are `scale` in one."""

    units: int
    scale: int = 1


@dataclass(frozen=True, slots=True)
class Count:
    number: int


@dataclass(frozen=True, slots=True)
class Share:
    points: int
    """Basis points."""


@dataclass(frozen=True, slots=True)
class Days:
    number: int


@dataclass(frozen=True, slots=True)
class Names:
    """Ids of places, services, lines, articles or channels."""

    names: tuple[str, ...]
    single: bool = False
    """Whether there is always one."""

    @classmethod
    def of(cls, name: str) -> "Names":
        """The name of the only one."""
        return cls((name,), single=True)


@dataclass(frozen=True, slots=True)
class Rules:
    """Ids of rules; their authors' reasons are said with them, unless they are of a rest, which has its own."""

    rules: tuple[str, ...]
    because: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Coded:
    """A text of the catalogue: of a reason, a choice or an effect. `key` is its path there."""

    code: str
    key: str


@dataclass(frozen=True, slots=True)
class EffectClause:
    """An effect of a rule, said as the rule itself is explained; `number` is what its value is, as an integer."""

    effect: Effect
    number: int


Value: TypeAlias = (
    Money
    | Parts
    | Co2
    | Distance
    | Instant
    | Date
    | Duration
    | Units
    | Quantity
    | Count
    | Share
    | Days
    | Names
    | Rules
    | Coded
    | EffectClause
    | Loss
)


Values: TypeAlias = dict[str, Value]
"""What a sentence is made of, by the names of its places in the catalogue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One thing that is said: its kind, which is the key of its sentence, and what the sentence is made of. `count` is
    the number that its plural form goes by. `rules` are named after the sentence.
    """

    kind: str
    values: Mapping[str, Value] = field(default_factory=dict)
    count: int = 1
    rules: Rules = field(default_factory=lambda: Rules(()))


def units_by_sku(units: Mapping[str, int]) -> Units:
    """Of several SKUs, in their order."""
    return Units(tuple(units.items()))
