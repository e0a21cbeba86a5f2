"""Parses sizes of reserves, and the effects that name a channel: `protect`, `allocate` and `cap`."""

import re
from collections.abc import Callable, Mapping

from rules.errors import LiteralInvalid
from rules.reserves import PERIODS, WINDOW, Allotment, Cap, Protection, Reserve
from rules.syntax import literals
from rules.syntax.amount_range import UNITS, Range, single_value
from rules.syntax.yaml_document import Node
from rules.vocabulary import Kind

_Fields = Mapping[str, Node]
_SIZES = ("units", "share", "cover")
_PROTECTION = "write {channel: web, units: 5}, {channel: web, share: 20%} or {channel: web, cover: 3 days}"
_ALLOTMENT = (
    "write {channel: web, units: 5, per: day}, {channel: web, share: 20%, min: 2, max: 20, per: week}"
    f" or {{channel: web, cover: 3 days, per: week}}; per is {', '.join(PERIODS[:-1])} or {PERIODS[-1]}"
)
_SAYS_DAYS = re.compile(r"[0-9]+\s*(?:days?|d)")
_DAYS = re.compile(r"(\S*[0-9])\s*(?:days?|d)?")
MOST_COVER = 365
"""Days."""
COVER = Range(kind=Kind.COUNT, low=0, high=MOST_COVER, bounds=f"between 0 and {MOST_COVER} days")
_CAP = "write {channel: marketplace, units: 10}"


def window_text(start: Node, until: Node) -> str:
    """The window of a rule, by its `from` and `until`; empty if it has neither."""
    ends = [str(end).strip() if isinstance(end, str) else "" for end in (start, until)]
    return "..".join(ends) if any(ends) else ""


def for_channel(effect: str, raw: Node, window: str) -> Protection | Allotment | Cap:
    """The value of one of FOR_CHANNELS; `window` is the rule's. Raises LiteralInvalid."""
    return _PARSERS[effect](raw, window)


def reserve(text: str) -> Reserve:
    """Units, or a share in percent; raises LiteralInvalid."""
    if text.strip().endswith("%"):
        return Reserve(share=literals.share(text))
    return Reserve(units=UNITS.parse(text))


def days(text: str, accepted: Range = COVER) -> int:
    """A number of days, as `10 days`; raises LiteralInvalid."""
    match = _DAYS.fullmatch(text.strip())
    if match is None:
        raise LiteralInvalid(f"'{text}' is no number of days; write for example 10 days")
    return accepted.parse(match[1])


def kept(raw: Node) -> Reserve:
    """The value of `keep`: units, a share, or days of cover; raises LiteralInvalid."""
    if isinstance(raw, dict):
        return _cover(raw, "write 3, 10% or {cover: 2 days}")
    return reserve(_no_days(single_value(raw)))


def alert(raw: Node) -> Reserve:
    """The value of `alert_below`: units, or days of cover; raises LiteralInvalid."""
    usage = "write 10 or {cover: 5 days}"
    return _cover(raw, usage) if isinstance(raw, dict) else Reserve(units=UNITS.parse(_no_days(single_value(raw))))


def _no_days(text: str) -> str:
    """The text; raises LiteralInvalid if it says days, which are days of cover."""
    if _SAYS_DAYS.fullmatch(text.strip()):
        raise LiteralInvalid(f"'{text}' is no number of units; for days of cover write {{cover: {text.strip()}}}")
    return text


def _cover(raw: Node, usage: str) -> Reserve:
    return Reserve(cover=days(single_value(_fields(raw, usage, required={"cover"})["cover"])))


def _protection(raw: Node, _: str) -> Protection:
    fields = _fields(raw, _PROTECTION, required={"channel"}, one_of=_SIZES)
    return Protection(channel=_channel(fields), reserve=_size(fields))


def _allotment(raw: Node, window: str) -> Allotment:
    fields = _fields(raw, _ALLOTMENT, required={"channel", "per"}, one_of=_SIZES, optional={"min", "max"})
    per, size = str(single_value(fields["per"])), _size(fields)
    if per not in PERIODS:
        raise LiteralInvalid(f"per: '{per}' is no period; {_ALLOTMENT}")
    if per == WINDOW and not window:
        raise LiteralInvalid("per: window needs a rule with from or until; or write per: day, or per: week")
    if "units" in fields and not fields.keys().isdisjoint({"min", "max"}):
        raise LiteralInvalid("min and max are bounds of a share or a cover; units are as they are")
    least = UNITS.parse(single_value(fields["min"])) if "min" in fields else 0
    most = UNITS.parse(single_value(fields["max"])) if "max" in fields else None
    if most is not None and least > most:
        raise LiteralInvalid(f"min is {least}, above max, which is {most}", code="out-of-range")
    return Allotment(
        channel=_channel(fields),
        units=size.units,
        share=size.share,
        cover=size.cover,
        least=least,
        most=most,
        per=per,
        window=window,
    )


def _cap(raw: Node, _: str) -> Cap:
    fields = _fields(raw, _CAP, required={"channel", "units"})
    return Cap(channel=_channel(fields), units=UNITS.parse(single_value(fields["units"])))


def _fields(
    raw: Node,
    usage: str,
    *,
    required: set[str],
    one_of: tuple[str, ...] = (),
    optional: frozenset[str] | set[str] = frozenset(),
) -> _Fields:
    """The fields of a mapping that has those required, one of `one_of` if there are any, and none but optional ones."""
    if not isinstance(raw, dict):
        raise LiteralInvalid(usage)
    missing, unknown = sorted(required - raw.keys()), sorted(raw.keys() - required - set(one_of) - optional)
    sizes = [key for key in one_of if key in raw]
    if unknown:
        raise LiteralInvalid(f"there is no '{unknown[0]}'; {usage}")
    if missing:
        raise LiteralInvalid(f"'{missing[0]}' is missing; {usage}")
    if one_of and not sizes:
        raise LiteralInvalid(f"a number of units, a share or a cover is missing; {usage}")
    if len(sizes) > 1:
        raise LiteralInvalid(f"only one of {', '.join(sizes)} may stand here")
    return raw


def _channel(fields: _Fields) -> str:
    return literals.word(single_value(fields["channel"]))


def _size(fields: _Fields) -> Reserve:
    if "cover" in fields:
        return Reserve(cover=days(single_value(fields["cover"])))
    size = single_value(fields["share"] if "share" in fields else fields["units"])
    if "%" in size and "units" in fields:
        raise LiteralInvalid(f"'{size}' is a share; write share: {size}")
    return Reserve(share=literals.share(size)) if "share" in fields else reserve(size)


_PARSERS: Mapping[str, Callable[[Node, str], Protection | Allotment | Cap]] = {
    "protect": _protection,
    "allocate": _allotment,
    "cap": _cap,
}
FOR_CHANNELS = frozenset(_PARSERS)
"""Effects whose value is a mapping that names a channel, or a list of them."""
