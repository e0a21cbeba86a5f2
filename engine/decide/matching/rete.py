"""The only file that touches durable-rules: formulas over small integers in, the rules that fire out.

The faults of the library (2.0.28) that were measured, or read in its source, can't occur here by construction: rules
see one fact of small integers, never a text, a null or two facts; each fact has a session of its own; rules are spread
over rulesets ("shards") that stay inside the limits below; there is no Host, so there are no threads.
"""

import itertools
import json
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import durable_rules_engine

from engine.decide.matching.disjunctive_form import Box, TooManyBoxes, boxes
from engine.decide.matching.signatures import Formula
from engine.decide.matching.value_classes import CodeSet

MOST_PATHS = 56
"""Tests that can wait while others are followed; beyond 64 the library stops halfway."""
MOST_TESTS = 400
"""Different tests of a ruleset; with a 513th, loading never ends."""
MOST_PROPERTIES = 150
"""The library takes 252 of one fact."""
MOST_COMBINED = 14
"""$and and $or of one rule; the library takes 15."""

_SERIAL = itertools.count()
_ALWAYS = "one"
"""A property that is 1 in every fact, for rules without conditions."""
_MARK = "mark"
"""A rule that every fact satisfies. The library frees what a session's first action would have set, whether one ran or
not (state.c, deleteStateNode): deleting a session in which nothing matched has crashed the process."""

Test: TypeAlias = dict[str, Any]
Ranges: TypeAlias = Mapping[int, tuple[tuple[int, int], ...]]
"""A box with each property's codes as ranges that include both ends."""
Part: TypeAlias = tuple[str, Ranges]
"""A rule's id and one of its boxes."""


class Question(NamedTuple):
    """Which of the rules hold of facts with these codes? `codes` are by property, of all that the rules mention."""

    codes: Mapping[int, int]
    rules: Collection[str]


class Rete:
    """The formulas of one stage of one policy version, by rule id, loaded into durable-rules.

    `too_large` are the ids of rules too large for any shard; the caller must judge them in another way.
    It can't be shared over a fork: make it in the process that uses it.
    """

    def __init__(self, name: str, formulas: Mapping[str, Formula]) -> None:
        shards, too_large = _spread(formulas)
        self.too_large = frozenset(too_large)
        self._shards = [_Shard(f"{name}/{index}", parts) for index, parts in enumerate(shards)]
        self._by_rule: dict[str, list[_Shard]] = {}
        for shard in self._shards:
            for rule in shard.rules:
                self._by_rule.setdefault(rule, []).append(shard)
        self._lock = threading.Lock()

    @property
    def shards(self) -> int:
        """How many rulesets the formulas are spread over."""
        return len(self._shards)

    def fired(self, questions: Sequence[Question]) -> list[set[str]]:
        """By question, the ids of its rules whose formulas hold of its codes. Only the shards that have
        these rules are asked.
        """
        with self._lock:
            return [self._answer(codes, rules) for codes, rules in questions]

    def _answer(self, codes: Mapping[int, int], rules: Collection[str]) -> set[str]:
        shards = dict.fromkeys(shard for rule in rules for shard in self._by_rule.get(rule, ()))
        return {rule for shard in shards for rule in shard.fired(codes)}.intersection(rules)

    def close(self) -> None:
        with self._lock:
            for shard in self._shards:
                shard.close()
            self._shards, self._by_rule = [], {}


class _Shard:
    """One ruleset; rules and properties go by number, so that no text of a policy reaches the library."""

    def __init__(self, name: str, parts: Sequence[Part]) -> None:
        self._ids = [rule for rule, _ in parts]
        self.rules = frozenset(self._ids)
        self._used = sorted({index for _, box in parts for index in box})
        names = {index: f"f{number}" for number, index in enumerate(self._used)}
        tests = [_test(box, names) for _, box in parts]
        rules = {_MARK: _rule({_ALWAYS: 1})} | {f"r{number}": _rule(test) for number, test in enumerate(tests)}
        members = ['"sid":"%d"', '"id":"1"', f'"{_ALWAYS}":1', *(f'"{name}":%d' for name in names.values())]
        self._fact = "{" + ",".join(members) + "}"
        """JSON, but for the number of the session and the codes."""
        # the serial number tells two rulesets of one name apart, as when a policy set is loaded again
        self._handle = durable_rules_engine.create_ruleset(f"{name}/{next(_SERIAL)}", json.dumps(rules))

    def fired(self, codes: Mapping[int, int]) -> Iterator[str]:
        session = next(_SERIAL)
        fact = self._fact % (session, *[codes[index] for index in self._used])
        # outside the try: a session in which no action started must not be deleted (see _MARK)
        state = durable_rules_engine.assert_fact(self._handle, fact)[1]
        message = durable_rules_engine.start_action_for_state(self._handle, state)[1]
        try:
            while message:
                name = message.split('"', 2)[1]  # {"r7":{"m":{...}}}
                if name != _MARK:
                    yield self._ids[int(name[1:])]
                message = durable_rules_engine.complete_and_start_action(self._handle, state)
        finally:
            durable_rules_engine.delete_state(self._handle, str(session))

    def close(self) -> None:
        durable_rules_engine.delete_ruleset(self._handle)


class _Usage:
    """How much of the library's limits the boxes of a shard use."""

    def __init__(self) -> None:
        self._paths = 0
        self._properties: set[int] = set()
        self._tests: set[tuple[int, int, int]] = set()

    def add(self, box: Ranges) -> bool:
        """Add a box, if the limits allow it; whether they do."""
        tests = {(index, low, high) for index, ranges in box.items() for low, high in ranges}
        paths = self._paths + _branches(box)
        # a run of several codes is two tests, so that each run counts twice
        if paths > MOST_PATHS or 2 * (len(self._tests) + len(tests - self._tests)) > MOST_TESTS:
            return False
        if len(self._properties) + len(box.keys() - self._properties) > MOST_PROPERTIES:
            return False
        self._paths = paths
        self._properties |= box.keys()
        self._tests |= tests
        return True


def _spread(formulas: Mapping[str, Formula]) -> tuple[list[list[Part]], list[str]]:
    """The boxes of all formulas, shard by shard, and the ids of rules too large for any shard. Rules that read the same
    properties stand together, so that what is new to some is seldom a question to many shards.
    """
    boxes_by_rule = {rule: _fitting_boxes(formula) for rule, formula in formulas.items()}
    fitting = [(rule, its) for rule, its in boxes_by_rule.items() if its is not None]
    shards: list[list[Part]] = []
    usage = _Usage()
    for rule, its in sorted(fitting, key=lambda item: sorted({index for box in item[1] for index in box})):
        for box in its:
            if not shards or not usage.add(box):
                shards.append([])
                usage = _Usage()
                usage.add(box)
            shards[-1].append((rule, box))
    return shards, [rule for rule, its in boxes_by_rule.items() if its is None]


def _fitting_boxes(formula: Formula) -> list[Ranges] | None:
    """The formula's boxes, if each would fit a shard of its own; None if not."""
    try:
        all_boxes = [_ranges(box) for box in boxes(formula)]
    except TooManyBoxes:
        return None
    return all_boxes if all(_branches(box) <= MOST_COMBINED and _Usage().add(box) for box in all_boxes) else None


def _ranges(box: Box) -> Ranges:
    return {index: tuple(_runs(codes)) for index, codes in box.items()}


def _runs(codes: CodeSet) -> Iterator[tuple[int, int]]:
    """The runs of ones in the bits, as ranges that include both ends."""
    low = 0
    while codes:
        low += _trailing(codes, 0)
        codes >>= _trailing(codes, 0)
        length = _trailing(codes, 1)
        yield low, low + length - 1
        low += length
        codes >>= length


def _trailing(bits: int, bit: int) -> int:
    """How many of the lowest bits are `bit`, in a row."""
    flipped = ~bits if bit else bits
    return (flipped & -flipped).bit_length() - 1


def _branches(box: Ranges) -> int:
    """How many $and and $or the box's test has; never fewer than its tests that can hold and wait at the same time."""
    several = [ranges for ranges in box.values() if len(ranges) > 1]
    return 1 + sum(1 + sum(low != high for low, high in ranges) for ranges in several)


def _rule(test: Test) -> Test:
    return {"all": [{"m": test}]}


def _test(box: Ranges, names: Mapping[int, str]) -> Test:
    tests: list[Test] = []
    for index, ranges in sorted(box.items()):
        alternatives = [_range(names[index], low, high) for low, high in ranges]
        if len(alternatives) == 1:
            tests += alternatives[0]
        else:
            tests.append({"$or": [_joined(alternative) for alternative in alternatives]})
    return _joined(tests or [{_ALWAYS: 1}])


def _joined(tests: list[Test]) -> Test:
    return tests[0] if len(tests) == 1 else {"$and": tests}


def _range(name: str, low: int, high: int) -> list[Test]:
    return [{name: low}] if low == high else [{"$gte": {name: low}}, {"$lte": {name: high}}]
