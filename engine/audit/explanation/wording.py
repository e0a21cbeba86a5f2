"""Says statements in a language: the sentence is the catalogue's, with the statement's figures in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from engine.audit.explanation.changes.search import FoundChange
from engine.audit.explanation.chosen import units_of
from engine.audit.explanation.comparison import Loss
from engine.audit.explanation.questions import Question
from engine.audit.explanation.statement import (
    Co2,
    Coded,
    Count,
    Date,
    Days,
    Distance,
    Duration,
    EffectClause,
    Instant,
    Money,
    Names,
    Parts,
    Quantity,
    Rules,
    Share,
    Statement,
    Units,
    Value,
    units_by_sku,
)
from engine.decide.decision import Shipment
from engine.decide.rule_facts import wall_clock
from engine.model.facts import Network
from rules.policy import PolicySet
from rules.vocabulary import Kind
from rules.wording import amounts
from rules.wording.catalogue import ENGLISH, Catalogue
from rules.wording.effect_phrases import effect_clause

_MOST_NAMED: Final = 6
"""Places that a sentence names; of the others it says how many they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """A language, and what names and figures mean in it."""

    catalogue: Catalogue
    network: Network
    policies: PolicySet

    def sentence(self, statement: Statement) -> str:
        """The statement in full, the rules behind it last."""
        values = {name: self.words(value) for name, value in statement.values.items()}
        text = self._counted(statement.kind, statement.count, **values)
        if statement.rules.rules:
            said = self._counted("rules", len(statement.rules.rules), rules=self.words(statement.rules))
            text = self.catalogue.join("sentences", [text, said])
        return self.catalogue.contract(text)

    def question(self, question: Question) -> str:
        """What is asked."""
        return self._text(f"asks.{question.code}", place=question.place or "")

    def change(self, found: FoundChange) -> str:
        """What would have changed the decision, and what would have been decided then."""
        statement = found.statement
        values = {name: self.words(value) for name, value in statement.values.items()}
        rules = self.words(statement.rules) if statement.rules.rules else ""
        condition = self._counted(statement.kind, statement.count, **values, rules=rules)
        return self.catalogue.contract(self._text("changed", condition=condition, then=self._then(found)))

    def words(self, value: Value) -> str:  # noqa: C901, PLR0911, PLR0912  # a case for each kind of value
        """A value in words."""
        match value:
            case Money(micros=micros):
                return self._money(micros)
            case Parts():
                return self._parts(value)
            case Co2(milligrams=milligrams):
                return self._text("co2", amount=amounts.amount(Kind.CARBON, milligrams, self.catalogue))
            case Distance(metres=metres):
                return amounts.amount(Kind.DISTANCE, metres, self.catalogue)
            case Instant(seconds=seconds):
                return amounts.instant(wall_clock(self.network, seconds), self.catalogue)
            case Duration(minutes=minutes):
                return self._duration(minutes)
            case Units():
                return self._units(value)
            case Quantity(units=units, scale=scale):
                return amounts.number(units, scale, self.catalogue)
            case Count(number=number):
                return str(number)
            case Share(points=points):
                return amounts.share(points, self.catalogue)
            case Date(ordinal=ordinal):
                return amounts.date(ordinal, self.catalogue)
            case Days(number=number):
                return self.catalogue.counted("durations.days", number)
            case Names(names=names):
                return self._names(names)
            case Rules():
                return self.catalogue.join("and", [self._rule(rule, value) for rule in value.rules])
            case Coded(key=key):
                return self.catalogue.text(key)
            case EffectClause(effect=effect):
                return effect_clause(effect, self.catalogue)
            case Loss():
                return self._loss(value)

    def _text(self, key: str, **values: str) -> str:
        return self.catalogue.text(f"explanation.{key}", **values)

    def _counted(self, key: str, count: int, **values: str) -> str:
        return self.catalogue.counted(f"explanation.{key}", count, **values)

    def _money(self, micros: int) -> str:
        return self._text("money", amount=amounts.money(micros, self.catalogue), currency=self.network.currency)

    def _parts(self, parts: Parts) -> str:
        said = [
            self._text(f"parts.{name}", amount=self._signed(micros, extra=parts.extra))
            for name, micros in parts.by_name.items()
            if micros
        ]
        return self.catalogue.join("commas", said) if said else self._text("parts.none")

    def _signed(self, micros: int, *, extra: bool) -> str:
        amount = self._money(micros)
        return self._text("more", amount=amount) if extra and micros > 0 else amount

    def _duration(self, minutes: int) -> str:
        hours, rest = divmod(minutes, 60)
        both = [amounts.duration(part, self.catalogue) for part in (hours * 60, rest) if part]
        return self.catalogue.join("and", both) if both else amounts.duration(0, self.catalogue)

    def _units(self, units: Units) -> str:
        return self.catalogue.join("and", [self._units_of(sku, count) for sku, count in units.by_sku])

    def _units_of(self, sku: str, count: int) -> str:
        decimals = self.network.decimals.get(sku, 0)
        number = amounts.number(count, 10**decimals, self.catalogue)
        if decimals:
            return self._text("units_with_decimals", number=number, sku=sku)
        return self._counted("units", count, number=number, sku=sku)

    def _names(self, names: tuple[str, ...]) -> str:
        others = len(names) - _MOST_NAMED
        if others <= 1:
            return self.catalogue.join("and", names)
        return self._text("names_and_others", names=", ".join(names[:_MOST_NAMED]), count=str(others))

    def _rule(self, rule: str, rules: Rules) -> str:
        known = self.policies.rules.get(rule)
        texts: Mapping[str, str] = rules.because.get(rule) or (known.because if known else {})
        because = texts.get(self.catalogue.language) or texts.get(ENGLISH) or next(iter(texts.values()), "")
        return self._text("rule", rule=rule, because=because) if because else rule

    def _shipped(self, shipments: Sequence[Shipment]) -> str:
        if not shipments:
            return self._text("would_ship.nothing")
        said = [
            self._text(
                "would_ship.shipment",
                node=shipment.node,
                service=shipment.service,
                units=self.words(units_of(shipment.lines)),
            )
            for shipment in shipments
        ]
        return self.catalogue.join("and", said)

    def _then(self, found: FoundChange) -> str:
        then = self._shipped(found.then.shipments)
        missing = found.then.missing_by_sku
        if not missing:
            return then
        return self._text("would_ship.unfilled", then=then, units=self.words(units_by_sku(missing)))

    def _loss(self, loss: Loss) -> str:
        by: Mapping[str, str] = {
            "co2": self.words(Co2(abs(loss.by))),
            "money": self._money(loss.by),
        }
        number = amounts.number(loss.by, loss.scale or 1, self.catalogue)
        values = {"by": by.get(loss.part, number), "parts": self._parts(Parts(loss.costs, extra=True))}
        key = f"loss.{loss.part}" if loss.scale else f"loss.{loss.part}_uncounted"
        return self._counted(key, _form(loss.by, loss.scale or 1), **values)


def _form(units: int, scale: int) -> int:
    """The number by which the plural goes: of a fraction, that of several."""
    return units // scale if units % scale == 0 else 2
