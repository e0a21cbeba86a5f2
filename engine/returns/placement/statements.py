"""Why a returned unit becomes what it becomes and goes where it goes: statements, worded by `Wording`."""

from collections.abc import Iterator, Sequence
from typing import Final

from engine.audit.explanation.statement import Coded, Count, Days, Money, Names, Rules, Share, Statement, Value
from engine.demand.chance_of_sale import CERTAIN
from engine.model.facts import rounded
from engine.returns.placement.placement import Placement
from engine.returns.placement.places import Place
from rules.effects import Exclusion
from rules.reserves import FULL_SHARE

MOST_OTHERS: Final = 5
"""Other places of which the gain is said; of the rest, how many they are."""
_CENT: Final = 10_000
"""Micros."""
_PERCENT: Final = 100
"""Basis points."""


def statements(placement: Placement) -> Iterator[Statement]:
    """What becomes of the unit, where it goes, and what the other places would have gained."""
    yield _disposal(placement)
    if placement.because == "leaves":
        return
    if placement.disposition is None:
        yield Statement(kind="return.if_restocked")
    yield _chosen(placement)
    for place in placement.others[:MOST_OTHERS]:
        yield _other(place, placement)
    left = len(placement.others) - MOST_OTHERS
    if left > 0:
        yield Statement(kind="return.more_places", count=left)
    yield from _refused(placement.refused)


def _disposal(placement: Placement) -> Statement:
    disposal = placement.disposal
    values: dict[str, Value] = {}
    if disposal.why in ("by_rules", "by_person") and disposal.disposition is not None:
        word = disposal.disposition.word
        values["clause"] = Coded(code=word, key=f"effects.disposition.{word}")
    if disposal.why in ("by_grade", "no_rule", "not_as_it_is"):
        values["grade"] = Names.of(placement.unit.grade or "")
    if disposal.why == "unknown_article" or disposal.sku != placement.unit.sku:
        values["sku"] = Names.of(disposal.sku)
    in_words = disposal.why in ("by_rules", "by_person")
    key = f"return.why.{disposal.why}" + ("_as" if in_words and "sku" in values else "")
    return Statement(kind=key, values=values, rules=Rules(disposal.rules))


def _chosen(placement: Placement) -> Statement:
    chosen = placement.chosen
    values: dict[str, Value] = {"node": Names.of(chosen.node)}
    key = f"return.because.{placement.because}"
    if placement.because in ("gains_more", "ranks_first"):
        values |= {"here": Names.of(placement.unit.node), "cost": _money(chosen.cost), "gain": _money(placement.gain)}
    if placement.because in ("gains_more", "ranks_first", "gains_most_here"):
        values |= {"chance": _chance(chosen), "days": Days(chosen.need.days), "sales": _money(chosen.sales)}
    return Statement(kind=key, values=values, rules=Rules(chosen.rules))


def _other(place: Place, placement: Placement) -> Statement:
    """What a place that ranks as high would have gained less, or what one that ranks lower would have gained."""
    ranks_lower = place.tier != placement.chosen.tier
    compared = place.gain - placement.here.gain if ranks_lower else placement.chosen.gain - place.gain
    values: dict[str, Value] = {"node": Names.of(place.node), "chance": _chance(place), "cost": _money(place.cost)}
    values |= {"tier": Count(place.tier), "gain": _money(compared)} if ranks_lower else {"less": _money(compared)}
    key = "return.other_tier" if ranks_lower else "return.other"
    return Statement(kind=key, values=values, rules=Rules(place.rules))


def _refused(refused: Sequence[Place]) -> Iterator[Statement]:
    excluded = [item for item in refused if item.exclude is not Exclusion.NO]
    full = [item for item in refused if item.exclude is Exclusion.NO]
    if excluded:
        rules = tuple(sorted({rule for item in excluded for rule in item.rules}))
        yield Statement(kind="return.excluded", values={"nodes": _names(excluded)}, rules=Rules(rules))
    if full:
        yield Statement(kind="return.full", values={"nodes": _names(full)})


def _names(places: Sequence[Place]) -> Names:
    return Names(tuple(item.node for item in places))


def _money(micros: int) -> Money:
    """To the cent."""
    return Money(rounded(micros, _CENT) * _CENT)


def _chance(place: Place) -> Share:
    """In whole percent; below one, in hundredths. Where it is not known, nothing counts as being sold."""
    points = (place.need.chance or 0) * FULL_SHARE // CERTAIN
    return Share(points if points < _PERCENT else points // _PERCENT * _PERCENT)
