"""What a load of the network alone changed, by the words of network.yaml."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Self

from engine.decide.order_record import Record
from engine.model.network_difference import NamedDifference, NetworkDifference

_IN_FILE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "place": ("latitude", "longitude"),
        "unit_handling": ("handling_per_unit",),
        "emission_source": ("emission",),
        "order_words": ("orders",),
        "transfer_lanes": ("transfers",),
    }
)
"""What network.yaml calls a field, where that is written otherwise."""


class NamedDifferenceRecord(Record, frozen=True):
    """By the names of places, services or carriers; of one that was changed, which fields of it."""

    added: list[str]
    changed: dict[str, list[str]]
    removed: list[str]

    @classmethod
    def of(cls, difference: NamedDifference) -> Self:
        return cls(
            added=[*difference.added],
            changed={name: _in_file(fields) for name, fields in difference.changed.items()},
            removed=[*difference.removed],
        )


class NetworkLoadRecord(Record, frozen=True):
    """`others` are the parts of network.yaml beside these three that changed, and `postcodes`. `changed`: anything
    did.
    """

    network: str
    changed: bool
    nodes: NamedDifferenceRecord
    services: NamedDifferenceRecord
    carriers: NamedDifferenceRecord
    others: list[str]

    @classmethod
    def of(cls, version: str, difference: NetworkDifference) -> Self:
        """`version` is that of the network that is loaded now."""
        return cls(
            network=version,
            changed=bool(difference),
            nodes=NamedDifferenceRecord.of(difference.nodes),
            services=NamedDifferenceRecord.of(difference.services),
            carriers=NamedDifferenceRecord.of(difference.carriers),
            others=_in_file(difference.others),
        )


def _in_file(fields: Iterable[str]) -> list[str]:
    return [*dict.fromkeys(word for name in fields for word in _IN_FILE.get(name, (name,)))]
