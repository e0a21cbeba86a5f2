"""Stores what was proposed as transfers, each of which can then be approved and shipped."""

from collections.abc import Callable
from typing import NamedTuple

from engine.errors import PointsmanError, StoreUnavailable
from engine.model.transfers import TransferLine
from engine.transfers.proposal import Proposal, ProposedLine, ProposedTransfer
from engine.transfers.record import why
from engine.transfers.transfers import NewTransfer, Transfers


class Saved(NamedTuple):
    """Of a proposed transfer, the id it was stored under; None: it was `refused`, because others took what it moves."""

    id: str | None
    refused: str | None = None


def save(transfers: Transfers, proposal: Proposal, *, advanced: Callable[[int], None] = lambda _: None) -> list[Saved]:
    """Store each transfer of the proposal, in its order. What is stored counts in later proposals: so whoever was
    interrupted proposes again, and stores the rest. Raises StoreUnavailable: those before are stored.
    """
    saved = []
    for transfer in proposal.transfers:
        try:
            made = transfers.create(_new(transfer, proposal))
        except StoreUnavailable:
            raise
        except PointsmanError as error:
            saved.append(Saved(id=None, refused=str(error)))
        else:
            saved.append(Saved(id=made.transfer.id))
        advanced(1)
    return saved


def _new(transfer: ProposedTransfer, proposal: Proposal) -> NewTransfer:
    lines = [_line(line, transfer, proposal) for line in transfer.lines]
    return NewTransfer(origin=transfer.origin, goal=transfer.goal, lines=lines)


def _line(line: ProposedLine, transfer: ProposedTransfer, proposal: Proposal) -> TransferLine:
    return TransferLine(sku=line.product.sku, units=line.units, gain=line.gain, why=why(line, transfer, proposal.days))
