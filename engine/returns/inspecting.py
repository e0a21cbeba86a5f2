"""Works out what becomes of a return when its units are inspected. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import orjson
from msgspec.structs import replace

from engine.errors import InputInvalid, Mistake, ReturnOver
from engine.model.facts import Network
from engine.returns.receiving import Step
from engine.returns.word_hints import word_hint
from engine.store.flows.stored_return import StoredReturn, StoredReturnedUnitsRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectedUnits:
    """So many units of a group, or all of them (None), are of a grade. `restock`: whether they may be sold as they are;
    None: as was said before, and at first as the grade says.
    """

    grade: str
    group: int | None = None
    """None: every group that has no grade yet."""
    quantity: int | None = None
    restock: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectRequest:
    """What somebody found out who looked at returned units."""

    groups: Sequence[InspectedUnits]
    op: str | None = None

    @property
    def fingerprint(self) -> str:
        """Tells another request under the same `op`."""
        groups = [[item.group, item.quantity, item.grade, item.restock] for item in self.groups]
        return f"inspected {orjson.dumps(groups).decode()}"


def plan_inspection(request: InspectRequest, stored: StoredReturn, network: Network) -> Step:
    """What the inspection changes; no stock moves. Raises InputInvalid, ReturnOver."""
    grades = network.returns.grades
    groups = list(stored.groups)
    for item in request.groups:
        if item.grade not in grades:
            message = f"'{item.grade}' is no grade of this network{word_hint(item.grade, grades)}"
            raise InputInvalid([Mistake(field="grade", message=message)])
        waiting = [group.number for group in groups if group.is_here and not group.grade]
        none = f"no units of return '{stored.id}' wait to be inspected: {_why_none(stored)}"
        for number in groups_meant(item.group, item.quantity, waiting, none=none):
            index = split_group(groups, number, item.quantity, stored, network)
            restock = groups[index].restock if item.restock is None else item.restock
            groups[index] = replace(groups[index], grade=item.grade, restock=restock)
    return Step(after=replace(stored, groups=tuple(groups)))


def _why_none(stored: StoredReturn) -> str:
    if any(group.is_here for group in stored.groups):
        return "all that are here have a grade; to give one another grade, say of which group"
    if any(group.node for group in stored.groups):
        return "all that came were disposed of"
    return "none came yet; receive them first"


def groups_meant(group: int | None, quantity: int | None, waiting: Sequence[int], *, none: str) -> Sequence[int]:
    """The number of the group that a step names; if it names none, those of the groups that are `waiting` for it.
    Raises ReturnOver, which says `none`, if no group is; InputInvalid if it is about a quantity, and several are.
    """
    if group is not None:
        return [group]
    if not waiting:
        raise ReturnOver(none)
    if quantity is not None and len(waiting) > 1:
        named = ", ".join(map(str, waiting))
        raise InputInvalid([Mistake(field="group", message=f"say which units are meant: of group {named}")])
    return waiting


def split_group(
    groups: list[StoredReturnedUnitsRecord], number: int, quantity: int | None, stored: StoredReturn, network: Network
) -> int:
    """Makes so many units of the group with this number a group of their own, or takes all of it (None), and returns
    the index of that. Numbers of groups never change, and none is used twice. Raises InputInvalid, ReturnOver if they
    lie in quarantine no more.
    """
    if not 0 < number <= len(groups):
        known = ", ".join(str(group.number) for group in groups) or "none"
        raise InputInvalid([Mistake(field="group", message=f"return '{stored.id}' has no group {number}, but {known}")])
    index = number - 1
    group = groups[index]
    if not group.is_here:
        raise ReturnOver(
            f"the units of group {number} of return '{stored.id}' were disposed of already ('{group.disposition}')"
        )
    if quantity is None or quantity == group.units:
        return index
    if quantity > group.units:
        text = network.quantity_text
        message = f"group {number} has {text(group.sku, group.units)}, and not {text(group.sku, quantity)}"
        raise InputInvalid([Mistake(field="quantity", message=message)])
    groups[index] = replace(group, units=group.units - quantity)
    groups.append(replace(group, number=len(groups) + 1, units=quantity))
    return len(groups) - 1
