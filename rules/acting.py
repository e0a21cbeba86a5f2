"""The `then` of a rule: documents to effects."""

from collections.abc import Callable, Iterator, Mapping

from rules import literals
from rules.effects import STAGE_OF, Effect, EffectValue, Exclusion, Protection, Reserve
from rules.errors import LiteralInvalid
from rules.parsing import Notes
from rules.reading import Node, Path
from rules.slips import lone_decimals, missing_colon

MOST_MONEY = 100_000 * literals.MICROS
"""A unit is not worth more to anybody; beyond lies only overflow."""
MAX_HOLD = 90 * 24 * 60
"""Minutes; a hold nobody ends must not live for ever."""


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


def _between(read: Callable[[str], int], low: int, high: int | None = None, told: str = "") -> Callable[[str], int]:
    """`told` are the bounds in the author's words, where `read` changes the unit."""

    def reader(text: str) -> int:
        value = read(text)
        if value < low or (high is not None and value > high):
            bounds = told or (f"at least {low}" if high is None else f"between {low} and {high}")
            raise LiteralInvalid(f"'{text}' is out of range; it must be {bounds}", code="out-of-range")
        return value

    return reader


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
    return Reserve(units=_between(literals.count, 0)(text))


def _protection(raw: Node) -> Protection:
    if not isinstance(raw, dict) or set(raw) not in ({"channel", "units"}, {"channel", "share"}):
        raise LiteralInvalid("write {channel: web, units: 5} or {channel: web, share: 20%}")
    size = _word(raw["share"]) if "share" in raw else _word(raw["units"])
    if "%" in size and "units" in raw:
        raise LiteralInvalid(f"'{size}' is a share; write share: {size}")
    reserve = Reserve(share=literals.share(size)) if "share" in raw else _reserve(size)
    return Protection(channel=_word(raw["channel"]), reserve=reserve)


_MONEY = _between(literals.money, 0, MOST_MONEY, "between 0 and 100000")
_READERS: Mapping[str, Callable[[str], EffectValue]] = {
    "exclude": _exclusion,
    "prefer": _MONEY,
    "avoid": _MONEY,
    "tier": _between(literals.count, 1, 9),
    "keep": _reserve,
    "keep_together": _only_true,
    "max_shipments": _between(literals.count, 1),
    "split_penalty": _MONEY,
    "ship_complete": _only_true,
    "carbon_price": _MONEY,
    "hold": _between(literals.duration, 1, MAX_HOLD, "between 1 m and 90 d"),
    "priority": _between(literals.count, 0, 100),
    "daily_orders": _between(literals.count, 0),
}
