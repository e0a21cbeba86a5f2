"""What a place gains by having more units of an article: the chance that they sell, times the article's margin."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from engine.demand.chance_of_sale import CERTAIN, chance_above, expected_below
from engine.model.facts import rounded


@dataclass(frozen=True, slots=True, kw_only=True)
class StockAndDemand:
    """What an article has at one place to sell. `there` are the units that will be there for it if nothing is moved,
    below 0 if more are promised than that; `demand` is what is expected to be asked for there over the days looked at,
    in thousandths of a unit.
    """

    there: int
    demand: int


def sold(stall: StockAndDemand, change: int) -> int:
    """Millionths of a unit that are expected to be sold if there are so many more units, or fewer. What is promised
    beyond what is there counts as below 0, so that a unit for it is certain to be of use.
    """
    units = stall.there + change
    return units * CERTAIN if units < 0 else expected_below(units, stall.demand)


def worth(stall: StockAndDemand, change: int, *, pack: int, margin: int, scale: int) -> int:
    """Micros that the pack of so many units is worth which comes after `change` units more, or fewer: rounded half to
    even. It never rises with `change`, as the chance that one unit more sells does not. `margin` is of a whole unit,
    which has `scale` units.
    """
    if pack == 1:
        chances = chance_above(stall.there + change, stall.demand)
    else:
        chances = sold(stall, change + pack) - sold(stall, change)
    return rounded(chances * margin, CERTAIN * scale)


@dataclass(frozen=True, slots=True, kw_only=True)
class PackValues:
    """The value of packs of one article at its places, for a `Market`: each worked out once."""

    stalls: Sequence[StockAndDemand]
    pack: int
    margin: int
    scale: int = 1
    _known: dict[tuple[int, int], int] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __call__(self, place: int, k: int) -> int:
        value = self._known.get((place, k))
        if value is None:
            stall, pack = self.stalls[place], self.pack
            value = worth(stall, k * pack, pack=pack, margin=self.margin, scale=self.scale)
            self._known[place, k] = value
        return value
