"""Works out what becomes of a return when goods of it arrive. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import orjson
from msgspec.structs import replace

from engine.errors import InputInvalid, Mistake, NotReturnable
from engine.model.facts import Network, Product
from engine.orders.order_state import OrderState
from engine.returns.returnable_units import LineUnitsBack, lines_back
from engine.store.flows.stored_return import MovedReturn, ReturnMove, StoredReturn, StoredReturnedUnitsRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveRequest:
    """Goods of a return arrived at `node`: so many units of each of its `lines` or SKUs, so many more of a line than
    were authorised (`extra`), and of SKUs that it is not about (`others`). `complete`: nothing more is to come.
    """

    node: str
    lines: Mapping[str, int] = field(default_factory=dict)
    extra: Mapping[str, int] = field(default_factory=dict)
    others: Mapping[str, int] = field(default_factory=dict)
    complete: bool = False
    op: str | None = None

    @property
    def fingerprint(self) -> str:
        """Tells another request under the same `op`."""
        units = [sorted(one.items()) for one in (self.lines, self.extra, self.others)]
        return f"received {orjson.dumps([self.node, units, self.complete]).decode()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What becomes of a return, and of the stock. `missing` are units by line that were waited for in vain, `moved`
    those that are restocked elsewhere.
    """

    after: StoredReturn
    moves: Sequence[ReturnMove] = ()
    missing: Mapping[str, int] = field(default_factory=dict)
    moved: Sequence[MovedReturn] = ()


def plan_receipt(
    request: ReceiveRequest,
    stored: StoredReturn,
    order: OrderState,
    network: Network,
    products: Mapping[str, Product],
    *,
    now: int,
) -> Step:
    """What the receipt changes; `products` has those of `request.others` that there are. Raises InputInvalid,
    NotReturnable.
    """
    _verify(request, network, products)
    skus = {item.line: item.sku for item in stored.lines}
    came, extra = (
        units_by_line(name, units, stored) for name, units in (("lines", request.lines), ("extra", request.extra))
    )
    _verify_authorised(came, stored, network)
    _verify_shipped(came + extra, lines_back(order, now, without=stored.id), network)
    units = [(line, skus[line], count) for line, count in (came + extra).items()]
    units += [("", sku, count) for sku, count in request.others.items()]
    groups = [
        StoredReturnedUnitsRecord(number=number, sku=sku, units=count, node=request.node, line=line)
        for number, (line, sku, count) in enumerate(units, start=len(stored.groups) + 1)
    ]
    after = replace(stored, groups=(*stored.groups, *groups))
    missing = dict(after.to_come) if request.complete else {}
    return Step(
        after=replace(after, complete=request.complete),
        moves=tuple(ReturnMove(sku=sku, node=request.node, quarantine=count) for sku, count in _by_sku(units)),
        missing=missing,
    )


def _verify(request: ReceiveRequest, network: Network, products: Mapping[str, Product]) -> None:
    mistakes = []
    if request.node not in network.nodes:
        mistakes.append(Mistake(field="node", message=f"no node goes by the id '{request.node}'"))
    if not (request.lines or request.extra or request.others):
        message = "say what came: lines, extra or others; if nothing is to come any more, cancel the return"
        mistakes.append(Mistake(field="lines", message=message))
    for sku in request.others:
        if sku not in products:
            mistakes.append(Mistake(field=f"others.{sku}", message=f"no product goes by the SKU '{sku}'"))
        elif not products[sku].counted:
            mistakes.append(Mistake(field=f"others.{sku}", message=f"'{sku}' is not counted, so it has no stock"))
    if mistakes:
        raise InputInvalid(mistakes)


def units_by_line(field: str, units: Mapping[str, int], stored: StoredReturn) -> Counter[str]:
    """Units by line of the return; a SKU stands for the only line of it, or for all of them in turn. Raises
    InputInvalid for what is neither.
    """
    skus = {item.line: item.sku for item in stored.lines}
    chosen: Counter[str] = Counter()
    for name, count in units.items():
        lines = [name] if name in skus else [line for line, sku in skus.items() if sku == name]
        if not lines:
            known = ", ".join(f"{line} ({sku})" for line, sku in skus.items())
            message = f"return '{stored.id}' has no line or SKU '{name}', but {known}"
            if field != "kept":
                message = (
                    f"return '{stored.id}' has no line or SKU '{name}', but {known}; another article goes under"
                    " 'others' (--other)"
                )
            raise InputInvalid([Mistake(field=f"{field}.{name}", message=message)])
        left = count
        for line in lines[:-1]:
            taken = min(left, max(0, stored.to_come.get(line, 0) - chosen[line]))
            chosen[line] += taken
            left -= taken
        chosen[lines[-1]] += left
    return +chosen


def _verify_authorised(came: Mapping[str, int], stored: StoredReturn, network: Network) -> None:
    """Raise NotReturnable if more units of a line came than were authorised and have not come yet."""
    for item in stored.lines:
        left = stored.to_come.get(item.line, 0)
        if came.get(item.line, 0) > left:
            text = network.quantity_text
            raise NotReturnable(
                f"line {item.line} ({item.sku}): {text(item.sku, came[item.line])} came, and only"
                f" {text(item.sku, left)} of return '{stored.id}' are still to come; say how many more came in 'extra'"
                " (--extra)"
            )


def _verify_shipped(came: Mapping[str, int], lines: Mapping[str, LineUnitsBack], network: Network) -> None:
    """Raise NotReturnable if more units of a line would be back than have left for the customer."""
    for name, units in came.items():
        line = lines.get(name)
        free = line.free if line else 0
        if units > free:
            sku = line.sku if line else ""
            text = network.quantity_text
            raise NotReturnable(
                f"line {name} ({sku}): {text(sku, units)} came, and only {text(sku, max(0, free))} of the order have"
                " left and are neither back nor expected on another return; what is not of this order goes under"
                " 'others' (--other), by its SKU"
            )


def _by_sku(units: Sequence[tuple[str, str, int]]) -> Iterator[tuple[str, int]]:
    sums: Counter[str] = Counter()
    for _, sku, count in units:
        sums[sku] += count
    yield from sums.items()
