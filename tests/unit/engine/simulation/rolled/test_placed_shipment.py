"""A shipment of units that stand on a receipt holds those that arrive of what is on hand."""

import pytest

from engine.decide.record_parts import PlacedLineRecord, ReceiptUnitsRecord, ShipmentRecord
from engine.simulation.rolled.units.books import Books
from engine.simulation.rolled.units.placed_shipment import Piece, PlacedShipment
from engine.simulation.rolled.units.stock_difference import StockDifference

ARRIVAL = "2026-11-28T08:00:00Z"


def line(name, units):
    """A line of the article A, all units of which stand on the receipt R."""
    of_receipt = ReceiptUnitsRecord(receipt="R", units=units, expected_at=ARRIVAL)
    return PlacedLineRecord(line=name, sku="A", quantity=units, receipts=[of_receipt])


@pytest.mark.parametrize(
    ("came", "held"),
    [
        (9, {"L1": [Piece(2)], "L2": [Piece(3)]}),
        (4, {"L1": [Piece(2)], "L2": [Piece(1, receipt="R"), Piece(2)]}),
        (1, {"L1": [Piece(1, receipt="R"), Piece(1)], "L2": [Piece(3, receipt="R")]}),
    ],
)
def test_what_arrives_goes_to_one_line_of_the_article_after_the_other(came, held):
    record = ShipmentRecord(
        node="paris",
        service="standard",
        lines=[line("L1", 2), line("L2", 3)],
        distance_m=1_000,
        ships_at=ARRIVAL,
        arrives_by=ARRIVAL,
        late=None,
        cost_micros=5,
        co2_mg=1,
        rules=[],
    )
    books = Books(difference=StockDifference(), sign=1)
    shipment = PlacedShipment(decision="D", number=0, record=record)
    shipment.begin(books)
    arrived = min(came, 5)
    assert shipment.arrived(books, "R", came) == arrived
    assert shipment.held == held
    assert books.difference.at("A", "paris") == (0, arrived)
    assert books.difference.promised.get(("A", "R"), 0) == 5 - arrived
