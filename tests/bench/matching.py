"""How long it takes to say which rules fire on each of twenty options of an order line.

Every engine gets the same facts, by group (order, node, route ...), each group made beforehand in the form that the
engine takes best: names it can say, tags as lists, only what the rules mention. Timed for all alike: putting an
option's groups together, handing them over, and getting the answer in whatever form is cheapest. Ours takes its groups
as decisions make them, with all that no rule mentions, and answers the combined outcome as well.

A round times each engine in turn on the same few sets of options (A B C A B C ...), each round on the next ones;
counted is the median round. Options differ from set to set, so that what ours remembers is hundreds of signatures and
not one. Where there are several ways to use an engine, all are timed and its fastest counts.
"""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rules.conditions import Condition, holds
from tests.bench import rulebook
from tests.bench.option_sets import OPTIONS, OptionSet
from tests.bench.peers.installed import installed
from tests.bench.peers.ours import FIRST_SIGHT, Ours
from tests.bench.peers.peer import Peer

ROUNDS = 20
SETS_A_ROUND = 25
FEW, MANY = 30, 1_000
"""Numbers of rules at which our time is compared with itself."""
_MILLISECONDS = 1_000

Say = Callable[[str], None]


class AnswersDiffer(Exception):
    """An engine's answer differs from the reference's, so that its time would mean nothing."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One engine on so many rules: milliseconds for a set of options."""

    rules: int
    engine: str
    form: str
    milliseconds: float


@dataclass(frozen=True, kw_only=True)
class Matched:
    """`signatures`: by number of rules, how many of all options ours tells apart. `growth`: what ours takes with MANY
    rules, in times of what it takes with FEW.
    """

    rows: Sequence[Row]
    missing: Mapping[str, str]
    signatures: Mapping[int, int]
    options: int
    growth: float


def measure(sets: Sequence[OptionSet], *, rounds: int, counts: Sequence[int] = rulebook.COUNTS, say: Say) -> Matched:
    classes, missing = installed()
    rows: list[Row] = []
    signatures: dict[int, int] = {}
    for count in counts:
        say(f"matching: {count} rules")
        conditions = rulebook.conditions(count)
        signatures[count], first = _first_sight(conditions, sets)
        rows.append(Row(rules=count, engine=Ours.engine, form=FIRST_SIGHT, milliseconds=first))
        peers: list[Peer] = [Ours(conditions), *(made(conditions) for made in classes)]
        expected = [meant(conditions, options) for options in sets]
        for peer in peers:
            verify(peer, sets, expected)
        rows += _fastest(count, peers, _interleaved(peers, sets, rounds))
        _close(peers)
    say(f"matching: ours, {FEW} rules beside {MANY:,}")
    growth = _growth(sets, rounds)
    return Matched(rows=rows, missing=missing, signatures=signatures, options=len(sets) * OPTIONS, growth=growth)


def meant(conditions: Mapping[str, Condition], options: OptionSet) -> list[set[str]]:
    """The rules that fire, by option, as the reference says."""
    return [{rule for rule, condition in conditions.items() if holds(condition, facts)} for facts in options.flat]


def verify(peer: Peer, sets: Sequence[OptionSet], expected: Sequence[list[set[str]]]) -> None:
    """Compare the engine's answers with the reference's; raises AnswersDiffer."""
    for options, rules in zip(sets, expected, strict=True):
        answers = peer.fired(peer.match(peer.shape(options)))
        if answers != rules:
            differing = [sorted(one ^ other) for one, other in zip(answers, rules, strict=True) if one != other]
            raise AnswersDiffer(f"{peer.engine} ({peer.form}) differs from the reference on {differing[0]}")


def _first_sight(conditions: Mapping[str, Condition], sets: Sequence[OptionSet]) -> tuple[int, float]:
    """How many kinds of option there are, and milliseconds for as many new ones as a set has options: all sets are
    shown to a fresh matcher, and those of its answers that it remembers by then cost next to nothing.
    """
    fresh = Ours(conditions)
    started = time.perf_counter()
    for options in sets:
        fresh.match(options)
    took = time.perf_counter() - started
    count = fresh.remembered
    _close([fresh])
    return count, took / count * OPTIONS * _MILLISECONDS


def _interleaved(peers: Sequence[Peer], sets: Sequence[OptionSet], rounds: int) -> list[list[float]]:
    """By peer, milliseconds per set, a number for each round. The first peer of a round is the last of the next."""
    shapes = [[peer.shape(options) for options in sets] for peer in peers]
    times: list[list[float]] = [[] for _ in peers]
    for number in range(rounds):
        chosen = [(number * SETS_A_ROUND + index) % len(sets) for index in range(SETS_A_ROUND)]
        for turn in range(len(peers)):
            at = (turn + number) % len(peers)
            times[at].append(_timed(peers[at].match, [shapes[at][index] for index in chosen]))
    return times


def _growth(sets: Sequence[OptionSet], rounds: int) -> float:
    ours = [Ours(rulebook.conditions(count)) for count in (FEW, MANY)]
    for options in sets:  # what a first sight takes is counted elsewhere
        for peer in ours:
            peer.match(options)
    few, many = (statistics.median(taken) for taken in _interleaved(ours, sets, rounds))
    _close(ours)
    return many / few


def _timed(match: Callable[[Any], Any], shapes: Sequence[Any]) -> float:
    started = time.perf_counter()
    for shape in shapes:
        match(shape)
    return (time.perf_counter() - started) / len(shapes) * _MILLISECONDS


def _fastest(count: int, peers: Sequence[Peer], times: Sequence[Sequence[float]]) -> list[Row]:
    """A row for each engine: the median of its fastest form."""
    rows: dict[str, Row] = {}
    for peer, taken in zip(peers, times, strict=True):
        row = Row(rules=count, engine=peer.engine, form=peer.form, milliseconds=statistics.median(taken))
        if peer.engine not in rows or row.milliseconds < rows[peer.engine].milliseconds:
            rows[peer.engine] = row
    return list(rows.values())


def _close(peers: Sequence[Peer]) -> None:
    for peer in peers:
        if isinstance(peer, Ours):
            if peer.incidents:
                raise AnswersDiffer(f"durable-rules differed from the reference {peer.incidents} times")
            peer.close()
