"""Evaluates orders of one snapshot together.

Each order then has what it would have worked out by itself, to the number. For one order, a column takes numpy about as
long as for fifty: most of it is the call.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import numpy as np

from engine.decide.evaluation.evaluation import Evaluation
from engine.decide.evaluation.positions import with_shared_floors
from engine.decide.evaluation.together.lines import LinesTogether
from engine.decide.evaluation.together.options import judge_options_together
from engine.decide.evaluation.together.positions import judge_positions_together
from engine.decide.matching.matcher import Matcher
from engine.decide.shipping.reach_together import reach_together

MOST_AT_ONCE = 50_000
"""Ways of all lines of the orders that are evaluated at once: some hundred bytes each while they are."""


def in_parts(evaluations: Iterable[Evaluation]) -> Iterator[Sequence[Evaluation]]:
    """The evaluations, as many at once as have MOST_AT_ONCE options at most. None is kept that was handed out."""
    part: list[Evaluation] = []
    options = 0
    for evaluation in evaluations:
        its = len(evaluation.order.lines) * len(evaluation.ways.keys)
        if part and options + its > MOST_AT_ONCE:
            yield part
            part, options = [], 0
        part.append(evaluation)
        options += its
    if part:
        yield part


def evaluate_together(evaluations: Sequence[Evaluation], matcher: Matcher) -> None:
    """Work out the positions of orders, and the ways and options of those that are sent now to one place each. The
    `evaluations` have the same columns and are judged by `matcher`.
    """
    some = [its for its in evaluations if its.order.lines]
    if some:
        _judge_positions(some, matcher)
    sent = [its for its in some if _is_sent_now(its)]
    if sent:
        _find_ways(sent)
        _judge_options(sent, matcher)


def _is_sent_now(evaluation: Evaluation) -> bool:
    """Whether all of the order goes to one place, on no nominated day, and nothing of it may wait for goods."""
    order = evaluation.order
    return order.deliver_on is None and len(order.destinations) == 1 and evaluation.incoming is None


def _judge_positions(evaluations: Sequence[Evaluation], matcher: Matcher) -> None:
    lines, columns = LinesTogether.of(evaluations), evaluations[0].columns
    positions = iter(judge_positions_together(matcher, lines, columns))
    for its in evaluations:
        skus = [line.sku for line in its.order.lines]
        its.positions = with_shared_floors(skus, list(islice(positions, len(skus))))


def _find_ways(evaluations: Sequence[Evaluation]) -> None:
    first = evaluations[0]
    leaving = np.zeros((len(evaluations), len(first.ways.nodes)), dtype=bool)
    for flags, its in zip(leaving, evaluations, strict=True):
        flags[its.nodes] = True
    found = reach_together([its.order for its in evaluations], first.ways, leaving, first.now)
    for its, reach in zip(evaluations, found, strict=True):
        its.reach = reach


def _judge_options(evaluations: Sequence[Evaluation], matcher: Matcher) -> None:
    lines = LinesTogether.of(evaluations)
    positions = [position for its in evaluations for position in its.positions]
    reaches = [its.reach for its in evaluations for _ in its.order.lines]
    options = iter(judge_options_together(matcher, lines, positions, reaches, evaluations[0].columns))
    for its in evaluations:
        its.options = list(islice(options, len(its.order.lines)))
