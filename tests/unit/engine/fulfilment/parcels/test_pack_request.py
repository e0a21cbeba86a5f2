"""Units that parcels name by their article fill its lines in order, but for those that another parcel names."""

import pytest

from engine.errors import InputInvalid
from engine.fulfilment.parcels.pack_request import PackRequest, ParcelRequest, plan_parcels
from engine.model.parcels import ShipmentKey

SKUS = {"1": "MUG", "2": "MUG", "3": "HAT"}
LEFT = {"1": 2, "2": 2, "3": 1}


def planned(*parcels, partial=False):
    """The units by line of each parcel."""
    request = PackRequest(
        shipment=ShipmentKey("d", 0),
        parcels=tuple(ParcelRequest(lines=lines, grams=100) for lines in parcels),
        partial=partial,
    )
    made = plan_parcels(request, left=LEFT, skus=SKUS, products={}, packing_grams=0, text=lambda _, units: str(units))
    return [{line.line: line.quantity for line in parcel.lines} for parcel in made]


@pytest.mark.parametrize(
    ("parcels", "lines"),
    [
        ([{"MUG": 3, "HAT": 1}, {"MUG": 1}], [{"1": 2, "2": 1, "3": 1}, {"2": 1}]),
        ([{"MUG": 2, "HAT": 1}, {"1": 2}], [{"2": 2, "3": 1}, {"1": 2}]),
        ([{"MUG": 2, "1": 2, "HAT": 1}], [{"1": 2, "2": 2, "3": 1}]),
        ([{"1": 1, "MUG": 1}, {"1": 1, "MUG": 1, "3": 1}], [{"1": 1, "2": 1}, {"1": 1, "2": 1, "3": 1}]),
    ],
)
def test_no_unit_is_in_two_parcels_however_they_are_named(parcels, lines):
    assert planned(*parcels) == lines


def test_more_of_an_article_than_is_left_is_told_by_its_parcel():
    with pytest.raises(InputInvalid) as error:
        planned({"MUG": 3}, {"1": 2}, {"HAT": 1})
    assert [mistake.field for mistake in error.value.mistakes] == ["parcels.1.lines.1"]
