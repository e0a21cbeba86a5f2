"""What becomes of a transfer: approved, shipped, received, cancelled. Pure: each function answers the transfer as it is
then, and raises StockConflict, or InputInvalid, if that can't be.

proposed -> approved -> shipped -> received; each of the first three may be cancelled. A shipped one that is cancelled
did not leave, or has come back: what was still to come is on hand at its origin again.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace

from engine.errors import InputInvalid, Mistake, StockConflict
from engine.inventory.unit_choice import QuantityText
from engine.model.transfers import Transfer, TransferLine, TransferStatus

SECONDS_A_MINUTE = 60
_WHAT_NOW: Mapping[TransferStatus, str] = {
    "proposed": "approve it first",
    "approved": "ship it, or cancel it",
    "shipped": "receive what arrives, or cancel it if its goods did not leave or are back",
    "received": "nothing more becomes of it; move what is wrong as another transfer, or by stock movements",
    "cancelled": "nothing more becomes of it; make another one",
}


def approved(transfer: Transfer) -> Transfer:
    _verify(transfer, {"proposed"}, "be approved")
    return replace(transfer, status="approved")


def shipped(transfer: Transfer, units: Mapping[str, int] | None, *, at: int, text: QuantityText) -> Transfer:
    """So many units left at the instant `at`, by SKU: no more than planned; None: all of them. A SKU that is not named
    did not leave.
    """
    _verify(transfer, {"approved"}, "be shipped")
    left = {line.sku: line.units for line in transfer.lines} if units is None else units
    _verify_skus(transfer, left)
    mistakes = [
        Mistake(
            field="lines",
            message=f"'{line.sku}': {text(line.sku, left[line.sku])} units leave,"
            f" and {text(line.sku, line.units)} are planned",
        )
        for line in transfer.lines
        if left.get(line.sku, 0) > line.units
    ]
    if mistakes:
        raise InputInvalid(mistakes)
    lines = tuple(replace(line, shipped=left.get(line.sku, 0)) for line in transfer.lines)
    return replace(
        transfer,
        status="shipped",
        lines=lines,
        shipped_at=at,
        expected_at=at + max(1, transfer.takes) * SECONDS_A_MINUTE,
    )


def expected(transfer: Transfer, *, at: int) -> Transfer:
    """What was shipped is to arrive at another instant."""
    return replace(transfer, expected_at=at)


def received(
    transfer: Transfer,
    units: Mapping[str, int] | None,
    *,
    closes: bool,
    over: bool,
    now: int,
    text: QuantityText,
) -> tuple[Transfer, dict[str, int]]:
    """So many more units arrived, by SKU; None: all that were to come. With `closes`, no more is to come. `over`: there
    may be more than were shipped. Also answers the units that arrived of each SKU.
    """
    _verify(transfer, {"shipped"}, "be received")
    to_come = {line.sku: transfer.to_come(line) for line in transfer.lines}
    arrived = {sku: count for sku, count in to_come.items() if count} if units is None else dict(units)
    _verify_skus(transfer, arrived, some=not closes)
    whole = [sku for sku, count in arrived.items() if count and not to_come[sku]]
    if whole:
        raise StockConflict(
            f"transfer '{transfer.id}': no unit of '{whole[0]}' is to come any more; book what else is there as a stock"
            " movement"
        )
    more = {sku: count - to_come[sku] for sku, count in arrived.items() if count > to_come[sku]}
    if more and not over:
        named = ", ".join(
            f"{text(sku, count)} more of '{sku}' than the {text(sku, to_come[sku])} to come"
            for sku, count in more.items()
        )
        raise StockConflict(f"transfer '{transfer.id}': {named}; if so many have arrived, say so with 'over' (--over)")
    lines = tuple(replace(line, received=line.received + arrived.get(line.sku, 0)) for line in transfer.lines)
    after = replace(transfer, lines=lines)
    if closes or not any(after.to_come(line) for line in lines):
        after = replace(after, status="received", ended_at=now)
    return after, arrived


def cancelled(transfer: Transfer, *, now: int) -> Transfer:
    _verify(transfer, {"proposed", "approved", "shipped"}, "be cancelled")
    return replace(transfer, status="cancelled", ended_at=now)


def coming_back(transfer: Transfer) -> dict[str, int]:
    """By SKU, the units that are on hand at the origin again if the transfer is cancelled."""
    return {line.sku: transfer.to_come(line) for line in transfer.lines if transfer.to_come(line)}


def _verify(transfer: Transfer, statuses: Collection[TransferStatus], what: str) -> None:
    if transfer.status not in statuses:
        raise StockConflict(
            f"transfer '{transfer.id}' is {transfer.status}, so it can't {what}; {_WHAT_NOW[transfer.status]}"
        )


def _verify_skus(transfer: Transfer, units: Mapping[str, int], *, some: bool = True) -> None:
    """`some`: at least one unit must be named."""
    lines: dict[str, TransferLine] = {line.sku: line for line in transfer.lines}
    unknown = [Mistake(field="lines", message=f"'{sku}' is not in this transfer") for sku in units if sku not in lines]
    if unknown:
        raise InputInvalid(unknown)
    if some and not any(units.values()):
        raise InputInvalid([Mistake(field="lines", message="no unit is named; write how many of which SKU")])
