"""What the bench needs from an engine, and the facts in the form that most engines take."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from rules.conditions import Condition
from rules.vocabulary import Facts, Value
from tests.bench.option_sets import OptionSet
from tests.bench.peers.infix import name
from tests.bench.rulebook import mentioned
from tests.reference.rows import SHARED


class Peer(Protocol):
    """An engine with some rules loaded: made once, used many times. One engine may have several of them, each for
    another way to use it; the fastest then counts.
    """

    engine: str
    form: str

    def __init__(self, conditions: Mapping[str, Condition]) -> None: ...

    def shape(self, options: OptionSet) -> Any:
        """The facts in the form that this engine takes best. Not timed."""

    def match(self, shaped: Any) -> Any:
        """Which rules fire on each option, in the engine's cheapest form. This is what is timed."""

    def fired(self, answer: Any) -> list[set[str]]:
        """The ids of the rules that fired, by option. Not timed."""


@dataclass(frozen=True)
class Shaped:
    """The facts that rules mention, under plain names, tags as sorted lists: what all options share, and each option's
    groups, which are put together while the clock runs.
    """

    fixed: dict[str, Any]
    options: Sequence[tuple[dict[str, Any], ...]]


def shaped(options: OptionSet, conditions: Mapping[str, Condition]) -> Shaped:
    paths = [fact.path for fact in mentioned(conditions)]

    def plain(facts: Facts) -> dict[str, Any]:
        return {name(path): _plain(facts[path]) for path in paths if path in facts}

    return Shaped(
        fixed={word: value for group in SHARED for word, value in plain(options.fixed[group]).items()},
        options=[tuple(map(plain, groups)) for groups in options.options],
    )


def by_flags(ids: Sequence[str], answer: Sequence[Sequence[bool]]) -> list[set[str]]:
    """The ids of the rules whose flag is true."""
    return [{rule for rule, flag in zip(ids, flags, strict=True) if flag} for flags in answer]


def _plain(value: Value | None) -> Any:
    return sorted(value) if isinstance(value, frozenset) else value
