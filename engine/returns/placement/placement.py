"""Where a returned unit goes: to the place where it gains most, if that is more than where it lies.

What it gains at a place is the chance that it sells there within the days of cover, times the article's margin, less
what moving it there costs, plus and less what rules say. Rules may exclude places, and rank them by tiers, which come
first. All is computed in integers; of places that gain as much, the first by id takes it, but where it lies goes first.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from engine.decide.matching.matcher import Matcher
from engine.model.facts import Snapshot
from engine.returns.placement.disposal import Disposal, Why, dispose
from engine.returns.placement.needs import Needs
from engine.returns.placement.places import Place, Places
from engine.returns.placement.returned_unit import PlaceFacts, ReturnedUnit
from rules.effects import Disposition, Exclusion

Because: TypeAlias = Literal["gains_more", "ranks_first", "gains_most_here", "no_margin", "no_other_place", "leaves"]
"""Why a unit goes where it goes: it gains more there than where it lies; rules rank the place, or exclude where it
lies; it would gain more nowhere else; what it would gain elsewhere is not known; it can go nowhere else; it is
not put in stock, so it goes to no place.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """What becomes of a unit, as which article, and at which `node` it is put in stock; where it is not put in stock,
    that is where it lies. `disposal` says why. `gain` is how many micros it gains there more than where it lies.
    `here` is the place where it lies; `chosen` that of `node`; `others` are the other places it could have gone to,
    the best first, then those that were `refused` it by a rule or by the most that they should have.
    """

    unit: ReturnedUnit
    quantity: int
    disposal: Disposal
    node: str
    because: Because
    here: Place
    chosen: Place
    others: tuple[Place, ...] = ()
    refused: tuple[Place, ...] = ()
    margin: int | None = None

    @property
    def disposition(self) -> Disposition | None:
        return self.disposal.disposition

    @property
    def sku(self) -> str:
        """The article that it is put in stock as."""
        return self.disposal.sku

    @property
    def why(self) -> Why:
        return self.disposal.why

    @property
    def fired(self) -> tuple[str, ...]:
        """The rules that acted: on what becomes of it, or on a place that it could go to."""
        return tuple(sorted({*self.disposal.fired, *(rule for place in self._places for rule in place.rules)}))

    @property
    def silenced(self) -> tuple[str, ...]:
        """The rules that an override switched off, at any of the places."""
        return tuple(sorted({*self.disposal.silenced, *(rule for place in self._places for rule in place.silenced)}))

    @property
    def _places(self) -> tuple[Place, ...]:
        if self.because == "leaves":
            return ()  # it goes to none
        return (self.here, self.chosen, *self.others, *self.refused)

    @property
    def moves(self) -> bool:
        return self.node != self.unit.node

    @property
    def gain(self) -> int:
        return self.chosen.gain - self.here.gain


class Placer:
    """Places returned units on the stock of one `snapshot`, by the rules of `matcher`, at the instant `now` (UTC
    seconds). What places need of an article is worked out once, for the first unit of it.
    """

    def __init__(self, snapshot: Snapshot, matcher: Matcher, now: int) -> None:
        self.snapshot = snapshot
        self.matcher = matcher
        self._now = now
        self._needs: dict[str, Needs] = {}

    def place(
        self, unit: ReturnedUnit, *, earlier: Mapping[str, int] | None = None, decided: Disposition | None = None
    ) -> Placement:
        """As `place_return`."""
        snapshot = self.snapshot
        product = snapshot.products[unit.sku]
        quantity = product.scale if unit.quantity is None else unit.quantity
        facts = PlaceFacts(unit=unit, snapshot=snapshot, now=self._now)
        places = self._places(facts, unit.sku, quantity, earlier or {})
        need = places.need(unit.node)
        disposal = dispose(
            places.judgement(unit.node, need),
            self.matcher.policies,
            sku=unit.sku,
            grade=None if unit.grade is None else snapshot.network.returns.grades.get(unit.grade),
            known_skus=frozenset(snapshot.products),
            decided=decided,
        )
        if disposal.sku != unit.sku and disposal.sku in snapshot.products:
            places = self._places(facts, disposal.sku, quantity, earlier or {})
        placement = _leaves(unit, quantity, disposal, places.at(unit.node, None), margin=places.product.margin)
        if disposal.disposition not in (Disposition.RESTOCK, None) or disposal.why == "unknown_article":
            return placement
        return _placed(placement, list(places.elsewhere()))

    def _places(self, facts: PlaceFacts, sku: str, quantity: int, earlier: Mapping[str, int]) -> Places:
        if sku not in self._needs:
            self._needs[sku] = Needs(self.snapshot, sku, self.matcher, self._now)
        return Places(
            facts=facts,
            product=self.snapshot.products[sku],
            needs=self._needs[sku],
            quantity=quantity,
            earlier=earlier,
            matcher=self.matcher,
        )


def place_return(
    unit: ReturnedUnit,
    *,
    snapshot: Snapshot,
    matcher: Matcher,
    now: int,
    earlier: Mapping[str, int] | None = None,
    decided: Disposition | None = None,
) -> Placement:
    """What becomes of the unit at the instant `now` (UTC seconds), and where. `snapshot` has the article, and the one
    that rules put it in stock as (see `Placement.sku` of a first call without it, which is undecided). `earlier` are
    counted units of the article that it becomes, by the node that units of the same return went to before. `decided` is
    what a person said, whatever the rules and the grade say.

    Whoever places several units on one snapshot keeps a `Placer`, which this makes anew.
    """
    return Placer(snapshot, matcher, now).place(unit, earlier=earlier, decided=decided)


def place_returns(units: Sequence[ReturnedUnit], *, snapshot: Snapshot, matcher: Matcher, now: int) -> list[Placement]:
    """The units of one return, one after another, those placed before counted."""
    placer = Placer(snapshot, matcher, now)
    earlier: dict[str, Counter[str]] = {}
    placements = []
    for unit in units:
        placement = placer.place(unit)
        if placement.sku in earlier:
            placement = placer.place(unit, earlier=earlier[placement.sku])
        if placement.disposition is Disposition.RESTOCK:
            earlier.setdefault(placement.sku, Counter())[placement.node] += placement.quantity
        placements.append(placement)
    return placements


def _leaves(unit: ReturnedUnit, quantity: int, disposal: Disposal, here: Place, *, margin: int | None) -> Placement:
    """The placement of a unit that is not put in stock, or of which it is still open where."""
    return Placement(
        unit=unit,
        quantity=quantity,
        disposal=disposal,
        node=unit.node,
        because="leaves",
        here=here,
        chosen=here,
        margin=margin,
    )


def _placed(placement: Placement, elsewhere: Sequence[Place]) -> Placement:
    """The placement of a unit that is put in stock: where it lies, or at one of the other places it could go to."""
    here = placement.here
    open_to_it = [here, *(item for item in elsewhere if not item.need.is_full)]
    strictest = min(item.exclude for item in open_to_it)
    if strictest is Exclusion.YES:
        return replace(placement, because="no_other_place", refused=tuple(elsewhere))
    allowed = [item for item in open_to_it if item.exclude is strictest]
    ranked = sorted(allowed, key=lambda item: (item.tier, -item.gain, item is not here, item.node))
    chosen = ranked[0]
    return replace(
        placement,
        node=chosen.node,
        because=_because(chosen, here, allowed, margin=placement.margin),
        chosen=chosen,
        others=tuple(item for item in ranked[1:] if item is not here),
        refused=tuple(item for item in elsewhere if item not in allowed),
    )


def _because(chosen: Place, here: Place, allowed: Sequence[Place], *, margin: int | None) -> Because:
    if chosen is not here:
        return "gains_more" if here in allowed and chosen.tier == here.tier else "ranks_first"
    if len(allowed) == 1:
        return "no_other_place"
    return "no_margin" if margin is None else "gains_most_here"
