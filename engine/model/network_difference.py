"""What one network has otherwise than another: places, services and carriers by name, and which other parts."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from engine.model.facts import Network

_BY_NAME = ("nodes", "services", "carriers")
_OF_PRODUCTS = ("version", "decimals")
"""What follows of the rest, and what products bring."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedDifference:
    """Of places, services or carriers, those that were added, changed and removed; of one that was changed, the fields
    that have another value.
    """

    added: tuple[str, ...] = ()
    changed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    removed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkDifference:
    """It is true if there is any. `others` are the fields of a network beside these three that have another value."""

    nodes: NamedDifference
    services: NamedDifference
    carriers: NamedDifference
    others: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.nodes or self.services or self.carriers or self.others)


def difference(before: Network, after: Network) -> NetworkDifference:
    """What `after` has otherwise than `before`, but for decimals of products."""
    return NetworkDifference(
        nodes=_by_name(before.nodes, after.nodes),
        services=_by_name(before.services, after.services),
        carriers=_by_name(before.carriers, after.carriers),
        others=_other_fields(before, after, but=(*_BY_NAME, *_OF_PRODUCTS)),
    )


def _by_name(before: Mapping[str, Any], after: Mapping[str, Any]) -> NamedDifference:
    both = sorted(before.keys() & after.keys())
    return NamedDifference(
        added=tuple(sorted(after.keys() - before.keys())),
        changed={name: _other_fields(before[name], after[name]) for name in both if before[name] != after[name]},
        removed=tuple(sorted(before.keys() - after.keys())),
    )


def _other_fields(before: Any, after: Any, *, but: tuple[str, ...] = ()) -> tuple[str, ...]:
    names = [each.name for each in fields(before) if each.name not in but]
    return tuple(name for name in names if getattr(before, name) != getattr(after, name))
