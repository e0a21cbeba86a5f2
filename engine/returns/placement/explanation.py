"""Why a returned unit becomes what it becomes, and goes where it goes, in sentences."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from engine.model.facts import Network
from engine.returns.placement.placement import Placement
from engine.returns.placement.places import Place
from rules.policy import PolicySet
from rules.reserves import FULL_SHARE
from rules.effects import Exclusion
from engine.demand.chance_of_sale import CERTAIN
from rules.wording import amounts
from rules.wording.catalogue import ENGLISH, Catalogue

MOST_OTHERS: Final = 5
"""Other places of which the gain is said; of the rest, how many they are."""
_KEY = "explanation.return"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacementWording:
    """A language, and what names and figures mean in it."""

    catalogue: Catalogue
    network: Network
    policies: PolicySet

    def sentences(self, placement: Placement) -> list[str]:
        return [self.catalogue.contract(text) for text in self._sentences(placement)]

    def _sentences(self, placement: Placement) -> Iterator[str]:
        yield self._disposal(placement)
        if placement.because == "leaves":
            return
        if placement.disposition is None:
            yield self._text("if_restocked")
        yield self._chosen(placement)
        for place in placement.others[:MOST_OTHERS]:
            yield self._other(place, placement)
        left = len(placement.others) - MOST_OTHERS
        if left > 0:
            yield self.catalogue.counted(f"{_KEY}.more_places", left)
        yield from self._refused(placement.refused)

    def _disposal(self, placement: Placement) -> str:
        disposal = placement.disposal
        clause = ""
        if disposal.disposition is not None:
            clause = self.catalogue.text(f"effects.disposition.{disposal.disposition.word}")
            if disposal.sku != placement.unit.sku:
                clause = self.catalogue.text("effects.as_sku", sku=disposal.sku)
        values = {
            "clause": clause,
            "grade": placement.unit.grade or "",
            "sku": disposal.sku,
            "rules": self._rules(disposal.rules) if disposal.rules else "",
        }
        return self._capital(self._text(f"why.{disposal.why}", **values))

    def _chosen(self, placement: Placement) -> str:
        chosen = placement.chosen
        values = {
            "node": chosen.node,
            "here": placement.unit.node,
            "chance": self._chance(chosen),
            "days": self._days(chosen),
            "sales": self._money(chosen.sales),
            "cost": self._money(chosen.cost),
            "gain": self._money(placement.gain),
        }
        said = self._text(f"because.{placement.because}", **values)
        if not chosen.rules:
            return said
        return self.catalogue.join("sentences", [said, self._text("by_rules", rules=self._rules(chosen.rules))])

    def _other(self, place: Place, placement: Placement) -> str:
        less = placement.chosen.gain - place.gain
        key = "other_tier" if place.tier != placement.chosen.tier else "other"
        return self._text(
            key,
            node=place.node,
            chance=self._chance(place),
            cost=self._money(place.cost),
            gain=self._money(place.gain),
            less=self._money(less),
        )

    def _refused(self, refused: Sequence[Place]) -> Iterator[str]:
        excluded = [item for item in refused if item.exclude is not Exclusion.NO]
        full = [item.node for item in refused if item.exclude is Exclusion.NO]
        if excluded:
            rules = tuple(sorted({rule for item in excluded for rule in item.rules}))
            yield self._text("excluded", nodes=self._names([item.node for item in excluded]), rules=self._rules(rules))
        if full:
            yield self._text("full", nodes=self._names(full))

    def _names(self, nodes: Sequence[str]) -> str:
        shown = list(nodes[:MOST_OTHERS])
        if len(nodes) <= MOST_OTHERS:
            return self.catalogue.join("and", shown)
        count = str(len(nodes) - MOST_OTHERS)
        return self.catalogue.text("explanation.names_and_others", names=", ".join(shown), count=count)

    def _chance(self, place: Place) -> str:
        """In whole percent, so that a person can read it; below one percent in hundredths."""
        if place.need.chance is None:
            return self._text("no_chance")
        points = place.need.chance * FULL_SHARE // CERTAIN
        return amounts.share(points if points < 100 else points // 100 * 100, self.catalogue)

    def _days(self, place: Place) -> str:
        return self.catalogue.counted("durations.days", place.need.days)

    def _money(self, micros: int) -> str:
        cents = round(micros / 10_000) * 10_000 if abs(micros) >= 10_000 else micros
        amount = amounts.money(cents, self.catalogue)
        return self.catalogue.text("explanation.money", amount=amount, currency=self.network.currency)

    def _rules(self, rules: Sequence[str]) -> str:
        known = self.policies.rules
        language = self.catalogue.language
        names = [
            self.catalogue.text(
                "explanation.rule",
                rule=rule,
                because=known[rule].because.get(language) or known[rule].because.get(ENGLISH) or next(iter(known[rule].because.values()), ""),
            )
            for rule in rules
        ]
        return self.catalogue.join("and", names)

    def _text(self, key: str, **values: str) -> str:
        return self.catalogue.text(f"{_KEY}.{key}", **values)

    @staticmethod
    def _capital(text: str) -> str:
        return text[:1].upper() + text[1:]
