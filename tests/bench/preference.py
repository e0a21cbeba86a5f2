"""Which choices with few shipments rules prefer, and the choice that is then the best."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from engine.decide.sourcing.choose import choose
from engine.decide.sourcing.fewest_shipments import choose_few_shipments
from engine.decide.sourcing.problem import Choice, Problem, Score
from engine.model.facts import OptionKey


@dataclass(frozen=True, kw_only=True)
class Preference:
    """What comes before tiers and money: shipments beyond `limit`, and with `fewest` all of them."""

    limit: int | None = None
    fewest: bool = False

    def choose(self, problem: Problem) -> Choice:
        """The best choice, as decisions make it."""
        if self == NO_PREFERENCE:
            return choose(problem)
        return choose_few_shipments(
            lambda most: choose(replace(problem, max_shipments=most)),
            limit=self.limit,
            fewest=self.fewest,
            most=problem.max_shipments,
        )

    def compared(self, units: Mapping[tuple[OptionKey, int], int], score: Score) -> tuple[int, ...]:
        """The parts of a choice that are compared, the most important first."""
        shipments = len({key for key, _ in units})
        extra = 0 if self.limit is None else max(0, shipments - self.limit)
        first = score.unfilled, extra, score.unless_needed, shipments if self.fewest else 0
        return *first, score.tiers, score.money


NO_PREFERENCE = Preference()
