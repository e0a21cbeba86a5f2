"""Which options rules took away, and why: columns, sorted once, then a list of nodes a cause, line and service."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np

from engine.decide.decision import ExcludedOptions
from engine.decide.evaluation.evaluation import Evaluation
from engine.decide.node_rest import resting_node
from engine.decide.shipping.columns import Integers, any_of, filled
from rules.effects import Exclusion
from rules.vocabulary import Stage

_NOT_TAKEN: Final = -1


class _Cause(NamedTuple):
    """Why options are taken away. `resting` is their node if it rests, and empty otherwise."""

    resting: str
    rules: tuple[str, ...]
    unless_needed: bool


class _Taken(NamedTuple):
    """The options taken away: the number of the cause, that of the line, and the row of the evaluation's `reach`."""

    cause: Integers
    line: Integers
    row: Integers


def exclusions(evaluation: Evaluation) -> Iterator[ExcludedOptions]:
    """By cause. Nodes that several lines lose alike are listed once for all of them."""
    if not evaluation.options:
        return
    causes, taken = _taken(evaluation)
    if not causes:
        return
    lines_of: dict[tuple[int, tuple[tuple[str, tuple[str, ...]], ...]], list[str]] = {}
    for (cause, line), nodes in _nodes(evaluation, taken).items():
        lines_of.setdefault((cause, tuple(nodes.items())), []).append(evaluation.order.lines[line].id)
    for (cause, nodes_by_service), lines in lines_of.items():
        node, rules, unless_needed = causes[cause]
        yield ExcludedOptions(
            lines=tuple(lines),
            rules=rules,
            unless_needed=unless_needed,
            nodes=dict(nodes_by_service),
            resting=resting_node(node, evaluation.resting[node], evaluation.snapshot.network) if node else None,
        )


def _taken(evaluation: Evaluation) -> tuple[Sequence[_Cause], _Taken]:
    """The causes, sorted, and what they take away."""
    line, options = evaluation.every_option
    row = options.reach
    causes, cause_of = _causes(evaluation, options.judgement)
    cause = cause_of[options.judgement]
    at = (cause != _NOT_TAKEN).nonzero()[0]
    cause = cause[at]
    for name, node_rest in evaluation.resting.items():
        resting = (evaluation.reach.node[row] == evaluation.ways.node_index[name]).nonzero()[0]
        cause = np.concatenate([cause, np.full(len(resting), len(causes))])
        at = np.concatenate([at, resting])
        causes.append(_Cause(name, tuple(sorted(node_rest.because)), unless_needed=False))
    return causes, _Taken(cause, line[at], row[at])


def _causes(evaluation: Evaluation, judgement: Integers) -> tuple[list[_Cause], Integers]:
    """Why rules exclude some of the options so judged, sorted; and the number of the cause by that of the judgement."""
    matcher, table = evaluation.matcher, evaluation.matcher.stages[Stage.OPTION].table
    count = np.bincount(judgement)
    exclude, cause_of = table.options()[0], filled(len(count), _NOT_TAKEN)
    some = (count * exclude[: len(count)]).nonzero()[0]
    causes = {
        number: _Cause("", matcher.with_effect(table.judgements[number], "exclude"), how == Exclusion.UNLESS_NEEDED)
        for number, how in zip(some.tolist(), exclude[some].tolist(), strict=True)
    }
    sorted_causes = sorted(set(causes.values()))
    cause_of[some] = [sorted_causes.index(cause) for cause in causes.values()]
    return sorted_causes, cause_of


def _nodes(evaluation: Evaluation, taken: _Taken) -> Mapping[tuple[int, int], Mapping[str, tuple[str, ...]]]:
    """By cause and line, the nodes by service; all sorted."""
    lines, services, reach = len(evaluation.order.lines), evaluation.ways.services, evaluation.reach
    key = reach.service[taken.row]
    if any_of(taken.cause) or lines > 1:
        key = (taken.cause * lines + taken.line) * len(services) + key
    order = key.argsort(kind="stable")
    key = key[order]
    names = evaluation.ways.node_names[reach.node[taken.row[order]]].tolist()
    bounds = [0, *((key[1:] != key[:-1]).nonzero()[0] + 1).tolist(), len(names)]
    nodes: dict[tuple[int, int], dict[str, tuple[str, ...]]] = {}
    for start, end in pairwise(bounds) if names else ():
        cause_and_line, service = divmod(int(key[start]), len(services))
        nodes.setdefault(divmod(cause_and_line, lines), {})[services[service].id] = tuple(names[start:end])
    return nodes
