"""Asks where a unit would go if it came back: nothing is returned, and nothing changes."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from engine.audit.explanation.wording import Wording
from engine.errors import InputInvalid, Mistake
from engine.facts_reader import FactsReader
from engine.model.facts import Network, Product
from engine.returns.placement.placement import Placement, place_returns
from engine.returns.placement.returned_unit import ReturnedUnit
from engine.returns.placement.statements import statements
from engine.returns.word_hints import word_hint
from rules.policy import PolicySet
from rules.wording.catalogue import load_catalogue

MOST_UNITS = 50
"""That are placed one after another."""
_MOST_ARTICLES = 5
"""How many other articles units become in turn, at most, while rules change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacementQuestion:
    """Units of an article that came back and lie at `node`. `quantity` is in the units that are counted; None: a whole
    one. An article with decimals comes back in one piece.
    """

    sku: str
    node: str
    grade: str | None = None
    reason: str | None = None
    days_since_delivery: int | None = None
    quantity: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacementAnswer:
    """Where each unit would go, in turn, and what the answer is said with."""

    question: PlacementQuestion
    placements: Sequence[Placement]
    network: Network
    policies: PolicySet

    def sentences(self, placement: Placement, language: str) -> list[str]:
        """What becomes of the unit and why it goes there, in a language that has a catalogue."""
        wording = Wording(catalogue=load_catalogue(language), network=self.network, policies=self.policies)
        return [wording.sentence(item) for item in statements(placement)]


class PlacementQuestions:
    """Those about the stock and the rules of one network. `clock` answers UTC seconds."""

    def __init__(self, facts: FactsReader, *, clock: Callable[[], int]) -> None:
        self._facts = facts
        self._clock = clock

    def ask(self, question: PlacementQuestion) -> PlacementAnswer:
        """Raises InputInvalid for an article, a node, a grade or a reason that the network does not have; NotReady,
        StoreUnavailable.
        """
        now, skus = self._clock(), [question.sku]
        for _ in range(_MOST_ARTICLES):
            snapshot, matcher = self._facts.read(skus, now)
            network = snapshot.network
            units = _units(question, network, snapshot.products.get(question.sku))
            placements = place_returns(units, snapshot=snapshot, matcher=matcher, now=now)
            unread = {item.sku for item in placements if item.why == "unknown_article"}.difference(skus)
            if not unread:
                break
            skus += sorted(unread)
        return PlacementAnswer(question=question, placements=placements, network=network, policies=matcher.policies)


def _units(question: PlacementQuestion, network: Network, product: Product | None) -> list[ReturnedUnit]:
    if product is None:
        raise InputInvalid([Mistake(field="sku", message=f"no product goes by the SKU '{question.sku}'")])
    mistakes = [
        *_unknown("node", question.node, network.nodes, "no node goes by the id"),
        *_unknown("grade", question.grade, network.returns.grades, "the network has no grade"),
        *_unknown("reason", question.reason, network.returns.reasons, "the network has no reason of returns"),
    ]
    if not product.counted:
        mistakes.append(Mistake(field="sku", message=f"'{question.sku}' is not counted, so nothing of it comes back"))
    quantity = product.scale if question.quantity is None else question.quantity
    if product.scale == 1 and quantity > MOST_UNITS:
        message = f"at most {MOST_UNITS} units are placed at a time"
        mistakes.append(Mistake(field="quantity", message=message))
    if mistakes:
        raise InputInvalid(mistakes)
    unit = ReturnedUnit(
        sku=question.sku,
        node=question.node,
        grade=question.grade,
        reason=question.reason,
        days_since_delivery=question.days_since_delivery,
    )
    return [unit] * quantity if product.scale == 1 else [replace(unit, quantity=quantity)]


def _unknown(field: str, word: str | None, known: Collection[str], phrase: str) -> list[Mistake]:
    if word is None or word in known:
        return []
    hint = word_hint(word, sorted(known), are_few=field != "node")
    return [Mistake(field=field, message=f"{phrase} '{word}'{hint}")]
