"""Works out what becomes of returned units, and of the stock by that. Pure."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import orjson
from msgspec.structs import replace

from engine.errors import DispositionRefused, InputInvalid, Mistake, ReturnOver
from engine.model.facts import Network, Product
from engine.returns.inspecting import split_group
from engine.returns.receiving import NO_UNITS, Step
from engine.store.flows.stored_return import KEPT, ReturnedUnits, ReturnMove, StoredReturn
from rules.vocabulary import DISPOSITIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class DisposedUnits:
    """So many units of a group, or all of them; without a group, of every group that has a grade. `disposition` is what
    becomes of them, None: what the rules say. They are put in stock as `as_sku`; None: as the rules say, or as what
    they are.
    """

    group: int | None = None
    quantity: int | None = None
    disposition: str | None = None
    as_sku: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DisposeRequest:
    """What becomes of returned units; and units by line that were to come and that their customer keeps (`kept`).
    `because` says why, where that is not what the rules say.
    """

    groups: Sequence[DisposedUnits] = ()
    kept: Mapping[str, int] = field(default_factory=lambda: NO_UNITS)
    because: str = ""
    op: str | None = None

    @property
    def fingerprint(self) -> str:
        """Tells another request under the same `op`."""
        groups = [[item.group, item.quantity, item.disposition, item.as_sku] for item in self.groups]
        return f"disposed {orjson.dumps([groups, sorted(self.kept.items())]).decode()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What the rules say of a group: its disposition and the article that it is sold as, None where they say nothing;
    and the rules that do.
    """

    disposition: str | None = None
    as_sku: str | None = None
    rules: tuple[str, ...] = ()


def plan_disposal(
    request: DisposeRequest,
    stored: StoredReturn,
    network: Network,
    products: Mapping[str, Product],
    *,
    ruling: Callable[[ReturnedUnits], Ruling],
    by: str,
) -> Step:
    """What the disposal changes. `products` has those of the return and of `as_sku` that there are. Raises
    InputInvalid, ReturnOver, DispositionRefused.
    """
    groups = list(stored.groups)
    disposed = []
    for item in request.groups:
        for number in _numbers(item, groups, stored):
            index = split_group(groups, number, item.quantity, stored, network)
            if not groups[index].grade:
                raise ReturnOver(f"group {number} of return '{stored.id}' was not inspected yet; give it a grade first")
            groups[index] = _disposed(groups[index], item, ruling(groups[index]), because=request.because, by=by)
            _verify_allowed(groups[index], network, products)
            disposed.append(groups[index])
    for line, units in request.kept.items():
        groups.append(_kept(line, units, stored, network, number=len(groups) + 1))
    if not (disposed or request.kept):
        raise InputInvalid([Mistake(field="groups", message="say of which groups, or which lines are kept")])
    return Step(after=replace(stored, groups=tuple(groups)), moves=_moves(disposed))


def _numbers(item: DisposedUnits, groups: Sequence[ReturnedUnits], stored: StoredReturn) -> list[int]:
    if item.group is not None:
        return [item.group]
    numbers = [group.number for group in groups if group.is_here and group.grade]
    if not numbers:
        raise ReturnOver(f"no units of return '{stored.id}' wait for a disposition")
    if item.quantity is not None and len(numbers) > 1:
        named = ", ".join(map(str, numbers))
        raise InputInvalid([Mistake(field="group", message=f"say which units are meant: of group {named}")])
    return numbers


def _disposed(group: ReturnedUnits, item: DisposedUnits, ruling: Ruling, *, because: str, by: str) -> ReturnedUnits:
    """The group with its disposition: the one stated, or else that of the rules."""
    named = f"group {group.number} ({group.sku}, {group.grade})"
    disposition = item.disposition or ruling.disposition
    if disposition is None:
        message = f"no rule says what becomes of {named}; state it: {', '.join(DISPOSITIONS)}"
        raise InputInvalid([Mistake(field="disposition", message=message)])
    rules = ", ".join(ruling.rules)
    if ruling.disposition and DISPOSITIONS.index(disposition) < DISPOSITIONS.index(ruling.disposition):
        raise DispositionRefused(
            f"{named} can't be '{disposition}': a rule says '{ruling.disposition}' ({rules}), which is more cautious"
        )
    as_sku = item.as_sku or (ruling.as_sku if disposition == "restock" else None)
    overrides = (ruling.disposition, ruling.as_sku) != (None, None) and (
        disposition != ruling.disposition or as_sku != (ruling.as_sku if disposition == "restock" else None)
    )
    if overrides and not because:
        message = f"rules say otherwise of {named} ({rules}); say why in 'because' (--because)"
        raise InputInvalid([Mistake(field="because", message=message)])
    return replace(
        group,
        disposition=disposition,
        place=group.node if disposition in ("restock", "refurbish") else "",
        as_sku=as_sku or "",
        by=by if overrides else "",
        because=because if overrides else "",
    )


def _verify_allowed(group: ReturnedUnits, network: Network, products: Mapping[str, Product]) -> None:
    """Raise DispositionRefused if units may not be sold again, InputInvalid if they can't be."""
    if group.as_sku and group.disposition != "restock":
        message = f"only units that are restocked become another article, and these are to '{group.disposition}'"
        raise InputInvalid([Mistake(field="as_sku", message=message)])
    if group.disposition not in ("restock", "refurbish"):
        return
    if group.disposition == "restock":
        _verify_sellable(group, network)
    if group.node not in network.nodes:
        message = (
            f"node '{group.node}', where they lie, is not of the network any more, so they can't go in stock there"
        )
        raise DispositionRefused(message)
    product, other = products.get(group.sku), products.get(group.as_sku or group.sku)
    if other is None or not other.counted:
        why = "no product goes by the SKU" if other is None else "it is not counted, so it has no stock"
        message = f"'{group.as_sku or group.sku}' can't be put in stock: {why}"
        raise InputInvalid([Mistake(field="as_sku" if group.as_sku else "disposition", message=message)])
    if product is not None and product.decimals != other.decimals:
        message = f"'{group.as_sku}' is counted with other decimals than '{group.sku}'"
        raise InputInvalid([Mistake(field="as_sku", message=message)])


def _verify_sellable(group: ReturnedUnits, network: Network) -> None:
    named = f"group {group.number} ({group.sku})"
    if not group.restock:
        raise DispositionRefused(f"{named} may not be restocked: whoever inspected it said so (restock: false)")
    grade = network.returns.grades.get(group.grade)
    if not group.as_sku and (grade is None or not grade.restock):
        raise DispositionRefused(
            f"{named} is of grade '{group.grade}', which may not be restocked as it is; another article"
            " may be made of it ('as_sku'), or something else become of it"
        )


def _kept(line: str, units: int, stored: StoredReturn, network: Network, *, number: int) -> ReturnedUnits:
    """Units that were to come, and that their customer keeps."""
    sku = next((item.sku for item in stored.lines if item.line == line), "")
    left = stored.to_come.get(line, 0)
    if units > left:
        shown = network.quantity_text(sku, left)
        message = f"only {shown} of line {line} are still to come; what came is disposed of by its group"
        raise InputInvalid([Mistake(field=f"kept.{line}", message=message)])
    return ReturnedUnits(number=number, sku=sku, units=units, line=line, disposition=KEPT)


def _moves(disposed: Iterable[ReturnedUnits]) -> tuple[ReturnMove, ...]:
    """By position, each once."""
    units: dict[tuple[str, str], Counter[str]] = {}
    for group in disposed:
        units.setdefault((group.sku, group.node), Counter())["quarantine"] -= group.units
        if group.disposition == "restock":
            units.setdefault((group.as_sku or group.sku, group.place), Counter())["on_hand"] += group.units
        elif group.disposition == "refurbish":
            units[group.sku, group.node]["blocked"] += group.units
    return tuple(ReturnMove(sku=sku, node=node, **moved) for (sku, node), moved in units.items())
