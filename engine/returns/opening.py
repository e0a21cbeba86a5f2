"""Authorises a return: which units of an order may come back, why, and until when they are waited for. Pure."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import orjson

from engine.errors import InputInvalid, Mistake, NotPermitted, NotReturnable
from engine.model.facts import Network
from engine.orders.order_state import OrderState
from engine.returns.returnable_units import LineUnitsBack, lines_back
from engine.returns.word_hints import word_hint
from engine.store.flows.stored_return import StoredReturn, StoredReturnLineRecord

DAY_SECONDS = 86_400
OVERRIDE_SCOPE = "admin"
"""Who may authorise a return after the time for returns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineToReturn:
    """So many units of a line, or of the lines of a SKU, come back for a reason."""

    line: str
    quantity: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRequest:
    """Units of an order are to come back, under the return id `id`, or one that is made up. `because`: they may, though
    the time for returns is over.
    """

    order: str
    lines: Sequence[LineToReturn]
    id: str = ""
    because: str = ""
    op: str | None = None

    @property
    def fingerprint(self) -> str:
        """Tells another request under the same `op`."""
        lines = [[item.line, item.quantity, item.reason] for item in self.lines]
        return f"opened {orjson.dumps([self.order, self.id, lines]).decode()}"


def plan_opening(
    request: OpenRequest, order: OrderState, network: Network, *, name: str, now: int, by: str, may_override: bool
) -> StoredReturn:
    """The return that the request opens, with the id `name`. Raises InputInvalid, NotReturnable; NotPermitted if the
    time for returns is over, and the caller may not override that.
    """
    _verify_reasons(request.lines, network.returns.reasons)
    lines = lines_back(order, now)
    chosen = _choose(request, lines, network)
    late = _late_lines([lines[item.line] for item in chosen], network, now)
    if late and not request.because:
        raise NotReturnable(f"{late}; who may override that says why in 'because' (--because)")
    if late and not may_override:
        raise NotPermitted(f"{late}, and this key may not override that", scopes=(OVERRIDE_SCOPE,))
    first = order.stored.first.id or ""
    return StoredReturn(
        id=name,
        order=order.stored.id,
        first=first,
        opened_at=now,
        expires_at=now + network.returns.expires * DAY_SECONDS,
        lines=tuple(chosen),
        late_by=by if late else "",
        because=request.because,
    )


def _verify_reasons(lines: Sequence[LineToReturn], reasons: Collection[str]) -> None:
    unknown = {item.reason for item in lines if item.reason not in reasons}
    mistakes = [
        Mistake(field="reason", message=f"'{name}' is no reason of this network{word_hint(name, reasons)}")
        for name in sorted(unknown)
    ]
    if mistakes:
        raise InputInvalid(mistakes)


def _choose(request: OpenRequest, lines: Mapping[str, LineUnitsBack], network: Network) -> list[StoredReturnLineRecord]:
    """Units by line and reason; a SKU stands for all lines of it, the first first."""
    taken: Counter[str] = Counter()
    reasons: dict[str, str] = {}
    for item in request.lines:
        for line, units in _share(item, _lines_named(item.line, lines, order=request.order), taken):
            if reasons.setdefault(line, item.reason) != item.reason:
                message = f"line {line} stands here a second time, for another reason; open a return for each"
                raise InputInvalid([Mistake(field="lines", message=message)])
            taken[line] += units
    for name, units in taken.items():
        _verify_free(lines[name], units, network)
    return [
        StoredReturnLineRecord(line=name, sku=lines[name].sku, quantity=units, reason=reasons[name])
        for name, units in taken.items()
    ]


def _share(item: LineToReturn, named: Sequence[LineUnitsBack], taken: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    """Units by line: of each line those that are free, and of the last one all that are left."""
    left = item.quantity
    for line in named[:-1]:
        units = max(0, min(left, line.free - taken.get(line.line, 0)))
        left -= units
        if units:
            yield line.line, units
    if left:
        yield named[-1].line, left


def _lines_named(name: str, lines: Mapping[str, LineUnitsBack], *, order: str) -> list[LineUnitsBack]:
    """The line of that id, or else all lines of that SKU."""
    named = [lines[name]] if name in lines else [line for line in lines.values() if line.sku == name]
    if not named:
        known = ", ".join(f"{line.line} ({line.sku})" for line in lines.values())
        message = f"order '{order}' has no line or SKU '{name}'; it has {known}"
        raise InputInvalid([Mistake(field=f"lines.{name}", message=message)])
    return named


def _verify_free(line: LineUnitsBack, units: int, network: Network) -> None:
    """Raise NotReturnable unless so many units of the line have left and are on no other return."""
    if units <= line.free:
        return
    text = network.quantity_text
    asked, free = text(line.sku, units), text(line.sku, max(0, line.free))
    reasons = ", ".join(_why_not_free(line, network))
    raise NotReturnable(
        f"line {line.line} ({line.sku}): {asked} can't come back, as {free} of {text(line.sku, line.ordered)} may:"
        f" {reasons or 'no more were ordered'}"
    )


def _why_not_free(line: LineUnitsBack, network: Network) -> Iterator[str]:
    def shown(units: int) -> str:
        return network.quantity_text(line.sku, units)

    if line.units["not_counted"]:
        yield f"{shown(line.units['not_counted'])} are not counted, so nothing of them left and nothing comes back"
    if line.units["cancelled"]:
        yield f"{shown(line.units['cancelled'])} were cancelled"
    not_left = sum(line.units[state] for state in ("held", "waiting", "unfilled"))
    if not_left:
        yield f"{shown(not_left)} have not left yet"
    if line.settled:
        yield f"{shown(line.settled)} came back before, or are kept"
    if line.expected:
        names = ", ".join(f"'{name}'" for name in line.expected_on)
        yield f"{shown(line.expected)} are expected already, on {names}"


def _late_lines(lines: Sequence[LineUnitsBack], network: Network, now: int) -> str:
    """Says of the first line whose time for returns is over; empty if there is none."""
    for line in lines:
        days = days_since_delivery(line, network, now)
        if days > network.returns.window:
            return (
                f"line {line.line} ({line.sku}) was delivered {days} days ago, and goods may come back for"
                f" {network.returns.window} days"
            )
    return ""


def days_since_delivery(line: LineUnitsBack, network: Network, now: int) -> int:
    """Dates of the installation since the line was delivered; 0 if it has not arrived yet."""
    delivered = now if line.delivered_at is None else line.delivered_at
    return max(0, (network.local(now).date() - network.local(delivered).date()).days)


def is_same(request: OpenRequest, opened: StoredReturn) -> bool:
    """Whether a return is what the request asks for: as many units of each line, or of all lines of a SKU, for the same
    reason.
    """
    left = {item.line: item for item in opened.lines}
    for item in request.lines:
        names = [item.line] if item.line in left else [name for name, one in left.items() if one.sku == item.line]
        named = [left.pop(name) for name in names]
        if sum(one.quantity for one in named) != item.quantity or any(one.reason != item.reason for one in named):
            return False
    return not left and opened.order == request.order
