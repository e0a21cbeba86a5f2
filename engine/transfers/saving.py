"""Stores what was proposed as transfers, each of which can then be approved and shipped."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple

from engine.errors import PointsmanError, StoreUnavailable
from engine.model.transfers import MOST_LINES, TransferLine
from engine.transfers.proposal import Proposal, ProposedLine, ProposedTransfer
from engine.transfers.record import why
from engine.transfers.transfers import NewTransfer, Transfers


class Saved(NamedTuple):
    """Of a proposed transfer, the id it was stored under; None: it was `refused`, because others took what it moves
    or made transfers meanwhile.
    """

    id: str | None
    refused: str | None = None


def in_parts(proposal: Proposal) -> Proposal:
    """The same moves in transfers of no more lines than one may have. They leave as one shipment, whose price the first
    of them has.
    """
    return replace(proposal, transfers=[part for transfer in proposal.transfers for part in _parts(transfer)])


def _parts(transfer: ProposedTransfer) -> Iterator[ProposedTransfer]:
    for start in range(0, len(transfer.lines), MOST_LINES):
        price = 0 if start else transfer.price
        yield replace(transfer, price=price, lines=transfer.lines[start : start + MOST_LINES])


def save(transfers: Transfers, proposal: Proposal, *, advanced: Callable[[int], None] = lambda _: None) -> list[Saved]:
    """Store each transfer of the proposal, which is `in_parts`, in its order. What is stored counts in later proposals:
    so whoever was interrupted proposes again, and stores the rest. Once others have made transfers since it was
    proposed, none of the rest is stored: they may move the same units. Raises StoreUnavailable: those before are
    stored.
    """
    saved, made = list[Saved](), proposal.made
    for transfer in proposal.transfers:
        try:
            stored = transfers.create(_new(transfer, proposal, made))
        except StoreUnavailable:
            raise
        except PointsmanError as error:
            saved.append(Saved(id=None, refused=str(error)))
        else:
            saved.append(Saved(id=stored.transfer.id))
            made = None if made is None else made + 1
        advanced(1)
    return saved


def _new(transfer: ProposedTransfer, proposal: Proposal, made: int | None) -> NewTransfer:
    lines = [_line(line, transfer, proposal) for line in transfer.lines]
    return NewTransfer(origin=transfer.origin, goal=transfer.goal, lines=lines, made=made)


def _line(line: ProposedLine, transfer: ProposedTransfer, proposal: Proposal) -> TransferLine:
    return TransferLine(sku=line.product.sku, units=line.units, gain=line.gain, why=why(line, transfer, proposal.days))
