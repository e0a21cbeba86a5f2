"""The sections of the console, and what the menu has of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """`name` is the first part of its pages' addresses. It is in the menu of whoever may call one of `operations`,
    which are named as OpenAPI has them.
    """

    name: str
    title: str
    operations: Sequence[str]
    parts: Sequence["Part"] = field(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A page within a section, beside its others: `name` is the second part of its address, empty for the first."""

    name: str
    title: str
    operations: Sequence[str]
