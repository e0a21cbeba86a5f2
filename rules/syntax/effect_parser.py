"""The `then` of a rule: documents to effects."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from rules.effects import STAGE_OF, Effect, EffectValue, Exclusion, Protection, Reserve
from rules.errors import LiteralInvalid
from rules.syntax import literals
from rules.syntax.condition_parser import READERS, Notes
from rules.syntax.typo_hints import lone_decimals, missing_colon
from rules.syntax.yaml_document import Node, Path
from rules.vocabulary import Kind

MOST_MONEY = 100_000 * literals.MICROS
"""A unit is not worth more to anybody; beyond lies only overflow."""
MAX_HOLD = 90 * 24 * 60
"""Minutes; a hold nobody ends must not live for ever."""
MAX_REST = 30 * 24 * 60
"""Minutes; a place that is out for longer is one to exclude, or to take out of the network."""


def effects(raw: Node, path: Path, notes: Notes) -> tuple[Effect, ...]:
    """The effects under `then`; mistakes are noted and left out."""
    if not isinstance(raw, dict) or not raw:
        odd = missing_colon(raw, frozenset(STAGE_OF)) if isinstance(raw, str) else ""
        notes.add(path, "wrong-type", f"'then' is a mapping of effects, as 'prefer: 4.00'{odd}")
        return ()
    return tuple(
        Effect(name=name, value=value)
        for name, item in raw.items()
        for value in _values(name, item, (*path, name), notes)
    )


def _values(name: str, raw: Node, path: Path, notes: Notes) -> Iterator[EffectValue]:
    if name not in STAGE_OF:
        odd = lone_decimals(name, alone=raw is None)
        notes.add(path, "unknown-effect", f"unknown effect '{name}'{odd}", STAGE_OF, name)
        return
    items = raw if name == "protect" and isinstance(raw, list) and raw else [raw]
    for item in items:
        try:
            yield _protection(item) if name == "protect" else _READERS[name](_word(item))
        except LiteralInvalid as error:
            notes.add(path, error.code, f"{name}: {error}")


def _word(raw: Node) -> str:
    if not isinstance(raw, str):
        raise LiteralInvalid("a single value is expected")
    return raw


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """Amounts an effect may have, in the kind's unit; `told` are the bounds in the author's words."""

    kind: Kind
    low: int
    high: int | None = None
    told: str

    def read(self, text: str) -> int:
        """The amount in `text`; raises LiteralInvalid."""
        value = READERS[self.kind](text)
        if not isinstance(value, int) or value < self.low or (self.high is not None and value > self.high):
            raise LiteralInvalid(f"'{text}' is out of range; it must be {self.told}", code="out-of-range")
        return value


def _only_true(text: str) -> bool:
    if text != "true":
        raise LiteralInvalid(f"'{text}': write true, or leave the effect out")
    return True


def _exclusion(text: str) -> Exclusion:
    if text == "unless_needed":
        return Exclusion.UNLESS_NEEDED
    if text != "true":
        raise LiteralInvalid(f"'{text}': write true or unless_needed")
    return Exclusion.YES


def _reserve(text: str) -> Reserve:
    if text.strip().endswith("%"):
        return Reserve(share=literals.share(text))
    return Reserve(units=UNITS.read(text))


def _protection(raw: Node) -> Protection:
    if not isinstance(raw, dict) or set(raw) not in ({"channel", "units"}, {"channel", "share"}):
        raise LiteralInvalid("write {channel: web, units: 5} or {channel: web, share: 20%}")
    size = _word(raw["share"]) if "share" in raw else _word(raw["units"])
    if "%" in size and "units" in raw:
        raise LiteralInvalid(f"'{size}' is a share; write share: {size}")
    reserve = Reserve(share=literals.share(size)) if "share" in raw else _reserve(size)
    return Protection(channel=literals.word(_word(raw["channel"])), reserve=reserve)


UNITS = Range(kind=Kind.COUNT, low=0, told="at least 0")
_MONEY = Range(kind=Kind.MONEY, low=0, high=MOST_MONEY, told="between 0 and 100000")
RANGES: Mapping[str, Range] = MappingProxyType(
    {
        "prefer": _MONEY,
        "avoid": _MONEY,
        "tier": Range(kind=Kind.COUNT, low=1, high=9, told="between 1 and 9"),
        "max_shipments": Range(kind=Kind.COUNT, low=1, told="at least 1"),
        "split_penalty": _MONEY,
        "carbon_price": _MONEY,
        "hold": Range(kind=Kind.DURATION, low=1, high=MAX_HOLD, told="between 1 m and 90 d"),
        "priority": Range(kind=Kind.COUNT, low=0, high=100, told="between 0 and 100"),
        "daily_orders": UNITS,
        "rest_after_rejection": Range(kind=Kind.DURATION, low=1, high=MAX_REST, told="between 1 m and 30 d"),
    }
)
"""The effects that are an amount."""
ONLY_TRUE = frozenset({"keep_together", "ship_complete"})
"""The effects that are there or not."""
_READERS: Mapping[str, Callable[[str], EffectValue]] = {
    "exclude": _exclusion,
    "keep": _reserve,
    **dict.fromkeys(ONLY_TRUE, _only_true),
    **{name: bounds.read for name, bounds in RANGES.items()},
}
