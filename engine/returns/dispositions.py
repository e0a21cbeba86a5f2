"""Which disposition units may have: what rules and people say, and what a grade or an inspection forbids. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from engine.errors import DispositionRefused, InputInvalid, Mistake
from engine.model.facts import Network, Product
from engine.returns.placing import Placing, Ruling
from engine.store.flows.stored_return import StoredReturnedUnitsRecord
from rules.vocabulary import DISPOSITIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What somebody (`by`) said becomes of units, None: nothing; and `because`, if that is not what rules say."""

    disposition: str | None
    as_sku: str | None
    because: str
    by: str


def disposed(group: StoredReturnedUnitsRecord, ruling: Ruling, stated: Stated) -> StoredReturnedUnitsRecord:
    """The group with its disposition: the one that is `stated`, or else that of the rules or of its grade. Raises
    InputInvalid if there is none, or if it is another than the rules' and nobody says why; DispositionRefused if it is
    less cautious than theirs.
    """
    named = f"group {group.number} ({group.sku}, {group.grade})"
    disposition = stated.disposition or ruling.usual
    if disposition is None:
        message = f"no rule says what becomes of {named}; state it: {', '.join(DISPOSITIONS)}"
        raise InputInvalid([Mistake(field="disposition", message=message)])
    rules = ", ".join(ruling.rules)
    ruled = ruling.disposition
    if ruled and DISPOSITIONS.index(disposition) < DISPOSITIONS.index(ruled):
        raise DispositionRefused(
            f"{named} can't be '{disposition}': a rule says '{ruled}' ({rules}), which is more cautious"
        )
    ruled_sku = ruling.as_sku if disposition == "restock" else None
    is_override = ruled is not None and (disposition != ruled or stated.as_sku not in (None, ruled_sku))
    if is_override and not stated.because:
        message = f"rules say otherwise of {named} ({rules}); say why in 'because' (--because)"
        raise InputInvalid([Mistake(field="because", message=message)])
    return replace(
        group,
        disposition=disposition,
        as_sku=stated.as_sku or ruled_sku or "",
        rules=() if is_override else ruling.rules,
        by=stated.by if is_override else "",
        because=stated.because,
    )


def place_stated(
    group: StoredReturnedUnitsRecord, place: str, places: Sequence[tuple[int, str]], placing: Placing, stated: Stated
) -> StoredReturnedUnitsRecord:
    """The group at the `place` that somebody said, all of it; `places` are those where its units gain most. Raises
    InputInvalid if it can't go there, or if it gains more elsewhere and nobody says why.
    """
    if place != group.node and placing.lane_takes(group, place) is None:
        message = f"no lane leads from '{group.node}', where they lie, to '{place}' (transfers in network.yaml)"
        raise InputInvalid([Mistake(field="place", message=message)])
    if {node for _, node in places} == {place}:
        return replace(group, place=place)
    if not stated.because:
        message = (
            f"group {group.number} gains more at {', '.join(node for _, node in places)}; say why not in 'because'"
            " (--because)"
        )
        raise InputInvalid([Mistake(field="because", message=message)])
    return replace(group, place=place, by=stated.by, because=stated.because)


def verify_allowed(group: StoredReturnedUnitsRecord, network: Network, products: Mapping[str, Product]) -> None:
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


def _verify_sellable(group: StoredReturnedUnitsRecord, network: Network) -> None:
    named = f"group {group.number} ({group.sku})"
    if not group.restock:
        raise DispositionRefused(f"{named} may not be restocked: whoever inspected it said so (restock: false)")
    grade = network.returns.grades.get(group.grade)
    if not group.as_sku and (grade is None or not grade.restock):
        raise DispositionRefused(
            f"{named} is of grade '{group.grade}', which may not be restocked as it is; another article"
            " may be made of it ('as_sku'), or something else become of it"
        )
