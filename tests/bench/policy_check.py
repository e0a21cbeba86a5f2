"""How long `policy check` takes for many rules, warnings included."""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rules.lint.check import check
from rules.policy import split_rule_id
from tests.bench import rulebook
from tests.properties.rules.condition_trees import written

COUNTS = (30, 300, 1_000)
_EFFECTS = ("prefer: {}.00", "avoid: 0.{}", "tier: {}", "keep: {}", "split_penalty: {}.00", "exclude: unless_needed")
_RULES_A_FILE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    rules: int
    seconds: float
    warnings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckingFigures:
    rows: tuple[Row, ...]


def files(count: int) -> Mapping[str, bytes]:
    """The rule book as authors would write it: fifty rules a file, with effects that combine in all the different
    ways.
    """
    draw = random.Random(rulebook.SEED)
    entries = []
    for name, condition in rulebook.conditions(count).items():
        position = not {"service", "route"} & {fact.group for fact in rulebook.mentioned({name: condition})}
        effects = _EFFECTS[:4] if position else _EFFECTS[:3]
        effect = draw.choice(effects).format(draw.randint(1, 9))
        _, rule = split_rule_id(name)
        entries.append(f"  - {{id: {rule}, because: {rule}, when: {written(condition)}, then: {{{effect}}}}}\n")
    return {
        f"p{start}.yaml": f"policy: p{start}\nrules:\n{''.join(entries[start : start + _RULES_A_FILE])}".encode()
        for start in range(0, count, _RULES_A_FILE)
    }


def measure(counts: Sequence[int], *, say: Callable[[str], None]) -> CheckingFigures:
    say("checking policies")
    return CheckingFigures(rows=tuple(_timed(count) for count in counts))


def _timed(count: int) -> Row:
    content = files(count)
    start = time.perf_counter()
    checked = check(content)
    seconds = time.perf_counter() - start
    if checked.errors:
        raise ValueError(str(checked.errors[0]))
    return Row(rules=count, seconds=seconds, warnings=len(checked.warnings))
