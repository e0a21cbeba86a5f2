"""What would fill units that stay unfilled, if all that is to come might be promised."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.decide.decision import Estimate, LeftToOthers
from engine.decide.evaluation.candidates import Candidates
from engine.decide.evaluation.evaluation import Evaluation
from engine.decide.evaluation.snapshot_columns import SnapshotColumns
from engine.decide.incoming.incoming import Incoming
from engine.decide.sourcing.problem import Choice
from engine.model.receipts import ReceiptUnits


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """By SKU, how many units more would ship if all that is to come might be promised, and by line what would ship."""

    more: Counter[str]
    estimates: Mapping[int, Estimate]


NOTHING_EXPECTED = Expectation(more=Counter(), estimates={})


def expectation(evaluation: Evaluation, choice: Choice, left: LeftToOthers) -> Expectation:
    """Of an order of which the choice leaves units unfilled. The choice is made once more, as if rules let all receipts
    be promised that are not late, with the slack and the haircut that they give. Of lines that this fills no further,
    it is made again as if late receipts came now: these are estimates without an instant, and fill nothing `more`.
    """
    lines, receipts = evaluation.order.lines, evaluation.snapshot.receipts
    filled = _filled(choice)
    lacking = [index for index, line in enumerate(lines) if filled[index] < line.quantity]
    if not any(lines[index].sku in receipts for index in lacking):
        return NOTHING_EXPECTED
    then = _Supposed(evaluation, left)
    more = Counter[str]()
    for index in lacking:
        more[lines[index].sku] += then.filled[index] - filled[index]
    estimates = then.estimates(lacking, filled)
    without = [index for index in lacking if index not in estimates and _has_late(evaluation, lines[index].sku)]
    if without:
        estimates |= _Supposed(evaluation, left, with_late=True).estimates(without, filled)
    return Expectation(more=+more, estimates=dict(sorted(estimates.items())))


def _has_late(evaluation: Evaluation, sku: str) -> bool:
    nodes = evaluation.snapshot.receipts.get(sku, {})
    return any(item.expected_at <= evaluation.now for its in nodes.values() for item in its)


class _Supposed:
    """What would be chosen if all that is to come might be promised; `with_late`: and what is late came now."""

    def __init__(self, evaluation: Evaluation, left: LeftToOthers, *, with_late: bool = False) -> None:
        self._evaluation = other = evaluation.not_yet_evaluated()
        other.columns = SnapshotColumns(evaluation.snapshot, evaluation.matcher, evaluation.now, all_receipts=True)
        other.incoming = self._incoming = Incoming(other, all_of_it=True, with_late=with_late)
        self._choice = Candidates(other, left).choose()
        self.filled = _filled(self._choice)

    def estimates(self, lacking: Sequence[int], filled: Counter[int]) -> dict[int, Estimate]:
        """Of the lines `lacking` of which this fills more than `filled`."""
        return {
            index: self._estimate(index, self.filled[index] - filled[index])
            for index in lacking
            if self.filled[index] > filled[index]
        }

    def _estimate(self, index: int, units: int) -> Estimate:
        """By the last of what would ship of a line."""
        rows = [self._evaluation.row(key) for key, line in self._choice.units if line == index]
        pegged = [units for (_, line), units in self._incoming.pegged(self._choice).items() if line == index]
        expected = self._incoming.expected(pegged)
        total = sum((Counter(dict(units)) for units in pegged), Counter[str]())
        late = {name for name, at in expected.items() if at <= self._evaluation.now}
        by_arrival = sorted(total.items(), key=lambda item: (item[0] in late, expected[item[0]], item))
        receipts = _last(by_arrival, units)
        is_late = any(name in late for name, _ in receipts)
        reach = self._evaluation.reach
        return Estimate(
            units=units,
            receipts=receipts,
            expected=expected,
            ships_at=None if is_late else int(reach.ships_at[rows].max()),
            arrives_by=None if is_late else int(reach.arrives_by[rows].max()),
        )


def _filled(choice: Choice) -> Counter[int]:
    units = Counter[int]()
    for (_, index), count in choice.units.items():
        units[index] += count
    return units


def _last(receipts: Sequence[tuple[str, int]], units: int) -> ReceiptUnits:
    """So many units of receipts, the last to arrive: what is there before fills the rest."""
    last: list[tuple[str, int]] = []
    for name, count in reversed(receipts):
        if units:
            last.append((name, min(count, units)))
            units -= last[-1][1]
    return tuple(reversed(last))
