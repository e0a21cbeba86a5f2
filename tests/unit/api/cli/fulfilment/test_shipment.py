"""A packing is shown with the instant that belongs to its state."""

from dataclasses import replace

import pytest

from api.cli.fulfilment.shipment import packing_summary
from api.records.fulfilment.parcels import PackingRecord
from engine.model.parcels import Packing

PACKING = Packing(number=1, state="packed", service="parcel", carrier="colis", parcels=(), packed_at=0)


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({}, "packing 1, packed 1970-01-01T00:00:00Z, 0 parcels by colis"),
        ({"state": "booking"}, "packing 1, being booked since 1970-01-01T00:00:00Z, 0 parcels by colis"),
        ({"state": "cancelling"}, "packing 1, being cancelled, packed 1970-01-01T00:00:00Z, 0 parcels by colis"),
        (
            {"state": "cancelled", "cancelled_at": 60},
            "packing 1, cancelled 1970-01-01T00:01:00Z, 0 parcels by colis",
        ),
    ],
)
def test_the_instant_behind_the_state_is_that_of_the_state(changes, line):
    assert packing_summary(PackingRecord.of(replace(PACKING, **changes)), str) == line
