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
    be promised that are not late, with the slack and the haircut that they give.
    """
    lines, receipts = evaluation.order.lines, evaluation.snapshot.receipts
    filled = _filled(choice)
    lacking = {index for index, line in enumerate(lines) if filled[index] < line.quantity}
    if not any(lines[index].sku in receipts for index in lacking):
        return NOTHING_EXPECTED
    other = evaluation.not_yet_evaluated()
    other.columns = SnapshotColumns(evaluation.snapshot, evaluation.matcher, evaluation.now, all_receipts=True)
    other.incoming = incoming = Incoming(other, all_of_it=True)
    then = Candidates(other, left).choose()
    filled_then = _filled(then)
    more = Counter[str]()
    for index in lacking:
        more[lines[index].sku] += filled_then[index] - filled[index]
    estimates = {
        index: _estimate(other, incoming, then, index, units=filled_then[index] - filled[index])
        for index in sorted(lacking)
        if filled_then[index] > filled[index]
    }
    return Expectation(more=+more, estimates=estimates)


def _filled(choice: Choice) -> Counter[int]:
    units = Counter[int]()
    for (_, index), count in choice.units.items():
        units[index] += count
    return units


def _estimate(evaluation: Evaluation, incoming: Incoming, choice: Choice, index: int, *, units: int) -> Estimate:
    """Of a line, by the last of what would ship of it."""
    rows = [evaluation.row(key) for key, line in choice.units if line == index]
    pegged = [units for (_, line), units in incoming.pegged(choice).items() if line == index]
    expected = incoming.expected(pegged)
    total = sum((Counter(dict(units)) for units in pegged), Counter[str]())
    by_arrival = sorted(total.items(), key=lambda item: (expected[item[0]], item))
    return Estimate(
        units=units,
        receipts=_last(by_arrival, units),
        expected=expected,
        ships_at=int(evaluation.reach.ships_at[rows].max()),
        arrives_by=int(evaluation.reach.arrives_by[rows].max()),
    )


def _last(receipts: Sequence[tuple[str, int]], units: int) -> ReceiptUnits:
    """So many units of receipts, the last to arrive: what is there before fills the rest."""
    last: list[tuple[str, int]] = []
    for name, count in reversed(receipts):
        if units:
            last.append((name, min(count, units)))
            units -= last[-1][1]
    return tuple(reversed(last))
