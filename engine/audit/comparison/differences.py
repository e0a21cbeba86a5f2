"""What differs between two JSON values, place by place."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """At `path`, such as shipments.0.cost_micros, stood `recorded`, and `replayed` was found; None: nothing."""

    path: str
    recorded: Any
    replayed: Any


def differences(recorded: Any, replayed: Any, path: str = "") -> Iterator[Difference]:
    """In the order of the paths. Lists of another length differ as a whole."""
    if isinstance(recorded, dict) and isinstance(replayed, dict):
        for name in sorted(recorded.keys() | replayed.keys()):
            below = f"{path}.{name}" if path else name
            yield from differences(recorded.get(name), replayed.get(name), below)
    elif isinstance(recorded, list) and isinstance(replayed, list) and len(recorded) == len(replayed):
        for number, (before, after) in enumerate(zip(recorded, replayed, strict=True)):
            yield from differences(before, after, f"{path}.{number}")
    elif recorded != replayed:
        yield Difference(path=path, recorded=recorded, replayed=replayed)
