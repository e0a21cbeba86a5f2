"""How long it takes until a large policy set decides: checking, publishing and activating it, then the first decision
of a worker process that has never seen it, and the next one for comparison; then the first of a worker that starts.

Each round publishes another version of the same rules, so that nothing of it is cached; the median round counts.
"""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from engine.decide.matching.matcher import Matcher
from engine.model.facts import Inventory, Order
from engine.service import Pointsman
from engine.settings import Settings
from rules.loader import load_policies
from rules.policy import split_rule_id
from rules.wording.source_text import condition_text
from tests.bench import rulebook
from tests.bench.example_network import directory, installed

COUNTS = (30, 1_000)
ROUNDS = 5
_MILLISECONDS = 1_000

Say = Callable[[str], None]
Done = TypeVar("Done")


@dataclass(frozen=True, kw_only=True)
class ActivatingFigures:
    """Milliseconds of each step, by number of rules."""

    steps: Mapping[int, Mapping[str, float]]


def measure(
    inventory: Inventory, order: Order, *, rounds: int, counts: Sequence[int] = COUNTS, say: Say
) -> ActivatingFigures:
    steps = {}
    with directory() as data, installed(data, "activating", inventory) as pointsman:
        settings = Settings(data=data, network="activating")
        for count in counts:
            say(f"activating: {count} rules")
            taken = [_round(pointsman, settings, order, count, number) for number in range(rounds)]
            steps[count] = {name: statistics.median(each[name] for each in taken) for name in taken[0]}
    return ActivatingFigures(steps=steps)


def files(count: int, version: int) -> dict[str, bytes]:
    """The bench's rules as one policy file; each `version` makes a file of other bytes."""
    lines = [f"# {version}", "policy: bench", "rules:"]
    for name, condition in rulebook.conditions(count).items():
        _, rule = split_rule_id(name)
        lines.append(f"  - {{id: {rule}, because: x, when: {{{condition_text(condition)}}}, then: {{prefer: 1.00}}}}")
    return {"bench.yaml": "\n".join([*lines, ""]).encode()}


def _round(pointsman: Pointsman, settings: Settings, order: Order, count: int, number: int) -> dict[str, float]:
    content = files(count, number)
    taken: dict[str, float] = {}
    checked = _timed(taken, "check", lambda: load_policies(content))
    _timed(taken, "make the matcher", lambda: Matcher(checked)).close()
    version = _timed(taken, "publish", lambda: pointsman.publish(content, who="bench", note="")).version
    with Pointsman(settings) as worker:
        worker.decide(order, dry_run=True)
        _timed(taken, "activate", lambda: pointsman.activate(version, who="bench", note=""))
        _timed(taken, "first decision", lambda: worker.decide(order, dry_run=True))
        _timed(taken, "next decision", lambda: worker.decide(order, dry_run=True))
    with Pointsman(settings) as started:
        _timed(taken, "start another worker", started.warm_up)
        _timed(taken, "its first decision", lambda: started.decide(order, dry_run=True))
    return taken


def _timed(taken: dict[str, float], name: str, step: Callable[[], Done]) -> Done:
    started = time.perf_counter()
    result = step()
    taken[name] = (time.perf_counter() - started) * _MILLISECONDS
    return result
