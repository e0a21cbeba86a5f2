"""A proposal of transfers as JSON."""

from collections.abc import Sequence
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from engine.decide.order_record import Record, Timestamp, timestamp
from engine.decide.sentence_record import SentenceRecord, in_every_language, texts_by_field
from engine.model.facts import UNIT_MILLIS, Network, rounded
from engine.transfers.proposal import LineEnd, Proposal, ProposedLine, ProposedTransfer
from rules.syntax.literals import MICROS
from rules.wording import amounts
from rules.wording.catalogue import ENGLISH, Catalogue, load_catalogue, load_catalogues

Units = Annotated[str, Meta(description="expected units, on average", examples=["5.625"])]
_HUNDREDTHS = 100


class TransferEndRecord(Record, frozen=True):
    """The article at one end of a line."""

    available: Annotated[int, Meta(description="units on hand that nobody holds")]
    kept: Annotated[int, Meta(description="of these, what rules keep there; it is never sent away")]
    coming: Annotated[int, Meta(description="units that come: of receipts, and of transfers that have not left")]
    leaving: Annotated[int, Meta(description="units that leave: of transfers that have not left")]
    expected: Annotated[Units, Meta(description="what is expected to be asked for there over the days")]
    has: Annotated[int, Meta(description="units that it would have without this line, what comes and leaves counted")]
    more: Annotated[
        int, Meta(description="units that it has more by this line, or fewer; others only pass through there")
    ]
    sold: Annotated[Units, Meta(description="how much more it is expected to sell by this line; below 0: less")]

    @classmethod
    def of(cls, line_end: LineEnd, scale: int) -> "TransferEndRecord":
        place = line_end.place
        return cls(
            available=place.available,
            kept=place.kept,
            coming=place.coming,
            leaving=place.leaving,
            expected=amounts.decimal(place.stall.demand, UNIT_MILLIS * scale, places=3),
            has=place.stall.there + line_end.before,
            more=line_end.change,
            sold=amounts.decimal(line_end.sold, MICROS * scale, places=3),
        )


@in_every_language
class ProposedLineRecord(SentenceRecord, frozen=True):
    """Units of an article to be moved, and why: a sentence in each language."""

    sku: str
    units: int
    gain_micros: Annotated[int, Meta(description="what it adds to the expected gain; its own costs are taken off")]
    cost_micros: Annotated[int, Meta(description="of the units on their lane, with what their CO2e counts for")]
    co2_mg: int
    origin: TransferEndRecord
    destination: TransferEndRecord

    @classmethod
    def of(cls, line: ProposedLine, transfer: ProposedTransfer, days: int) -> "ProposedLineRecord":
        scale = line.product.scale
        sentences = {item.language: _sentence(line, transfer, days, item) for item in load_catalogues()}
        return cls(
            sku=line.product.sku,
            units=line.units,
            gain_micros=line.gain,
            cost_micros=line.cost,
            co2_mg=line.carbon,
            origin=TransferEndRecord.of(line.origin, scale),
            destination=TransferEndRecord.of(line.goal, scale),
            **texts_by_field(sentences),
        )


class ProposedTransferRecord(Record, frozen=True, rename={"origin": "from", "destination": "to"}):
    """A shipment from one node to another."""

    origin: str
    destination: str
    arrives_at: Annotated[Timestamp, Meta(description="if it leaves now")]
    gain_micros: Annotated[int, Meta(description="what its lines gain, less its own price")]
    price_micros: Annotated[int, Meta(description="of the shipment, whatever is in it")]
    lines: list[ProposedLineRecord]
    id: Annotated[str | UnsetType, Meta(description="that it was stored under, as proposed")] = UNSET
    refused: Annotated[
        str | UnsetType,
        Meta(description="why it was not stored: others took what it moves, or made transfers meanwhile"),
    ] = UNSET

    @classmethod
    def of(
        cls, transfer: ProposedTransfer, proposal: Proposal, *, name: str | None = None, refused: str | None = None
    ) -> "ProposedTransferRecord":
        return cls(
            id=UNSET if name is None else name,
            refused=UNSET if refused is None else refused,
            origin=transfer.origin,
            destination=transfer.goal,
            arrives_at=timestamp(proposal.now + transfer.takes * 60),
            gain_micros=transfer.gain,
            price_micros=transfer.price,
            lines=[ProposedLineRecord.of(line, transfer, proposal.days) for line in transfer.lines],
        )


class ProposalRecord(Record, frozen=True):
    """What to move so that it gains most: the chance that units sell times their margin, less lanes and CO2e."""

    transfers: list[ProposedTransferRecord]
    proposed_at: Timestamp
    days: Annotated[int, Meta(description="dates over which it is calculated what sells, today the first")]
    currency: str
    gain_micros: Annotated[int, Meta(description="of all transfers together")]
    gap_micros: Annotated[
        int, Meta(description="how much more another proposal could gain at most; 0: this is proven the best")
    ]
    articles: Annotated[int, Meta(description="that were weighed")]
    without_margin: Annotated[list[str], Meta(description="SKUs that were not: nobody knows what their sale earns")]

    @classmethod
    def of(
        cls, proposal: Proposal, network: Network, saved: Sequence[tuple[str | None, str | None]] = ()
    ) -> "ProposalRecord":
        """`saved` are the ids that its transfers were stored under, or why they were not; empty: nothing was stored."""
        stored = saved or [(None, None)] * len(proposal.transfers)
        return cls(
            transfers=[
                ProposedTransferRecord.of(transfer, proposal, name=name, refused=refused)
                for transfer, (name, refused) in zip(proposal.transfers, stored, strict=True)
            ],
            proposed_at=timestamp(proposal.now),
            days=proposal.days,
            currency=network.currency,
            gain_micros=proposal.gain,
            gap_micros=proposal.gap,
            articles=proposal.considered,
            without_margin=list(proposal.without_margin),
        )


def why(line: ProposedLine, transfer: ProposedTransfer, days: int) -> str:
    """Why the line gains, in English."""
    return _sentence(line, transfer, days, load_catalogue(ENGLISH))


def _sentence(line: ProposedLine, transfer: ProposedTransfer, days: int, catalogue: Catalogue) -> str:
    scale = line.product.scale

    def counted(units: int) -> str:
        return amounts.number(units, scale, catalogue)

    def about(millionths: int) -> str:
        return amounts.number(rounded(millionths * _HUNDREDTHS, MICROS * scale), _HUNDREDTHS, catalogue)

    values = {
        "units": counted(line.units),
        "over": amounts.duration(days * 24 * 60, catalogue),
        "origin": transfer.origin,
        "origin_units": counted(line.origin.place.stall.there + line.origin.before),
        "origin_expected": about(line.origin.place.stall.demand * (MICROS // UNIT_MILLIS)),
        "fewer": about(-line.origin.sold),
        "goal": transfer.goal,
        "goal_units": counted(line.goal.place.stall.there + line.goal.before),
        "goal_expected": about(line.goal.place.stall.demand * (MICROS // UNIT_MILLIS)),
        "more": about(line.goal.sold),
    }
    return catalogue.text("transfer_line", **values)
