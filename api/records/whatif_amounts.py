"""What decisions come to in a what-if, by the baseline and by a draft, as JSON."""

from typing import Annotated

from msgspec import Meta

from engine.decide.order_record import Record
from engine.simulation.comparison import Sides
from engine.simulation.outcome import Amounts, NodeAmounts


class WhatIfAmountsRecord(Record, frozen=True):
    """What decisions come to. Shipments of a scheduled order are those that are planned."""

    decisions: int
    filled: int
    partial: int
    unfilled: int
    scheduled: int
    waiting: Annotated[int, Meta(description="decisions of which units wait")]
    parked: Annotated[int, Meta(description="decisions that a person must approve first")]
    late: Annotated[int, Meta(description="decisions with a shipment that comes later than was promised")]
    units_ordered: int
    units_shipped: int
    units_unfilled: int
    units_waiting: int
    shipments: int
    shipments_promised: int
    shipments_late: int
    cost_micros: int
    carriage_micros: int
    handling_micros: int
    policy_amounts_micros: Annotated[
        int,
        Meta(description="counted by the policies beside cost: a price of CO2e, prefer and avoid, split penalties"),
    ]
    co2_mg: int
    arriving: Annotated[int, Meta(description="decisions of which something ships, now or later")]
    arrival_seconds: Annotated[
        int, Meta(description="of these, from when the order was placed until the last of their shipments arrives")
    ]

    @classmethod
    def of(cls, amounts: Amounts) -> "WhatIfAmountsRecord":
        renamed = {"cost": "cost_micros", "carriage": "carriage_micros", "handling": "handling_micros"}
        renamed |= {"policy_amounts": "policy_amounts_micros", "co2": "co2_mg"}
        return cls(**{renamed.get(name, name): amount for name, amount in amounts._asdict().items()})


class WhatIfSidesRecord(Record, frozen=True):
    """The same decisions by the baseline and by the draft."""

    baseline: WhatIfAmountsRecord
    draft: WhatIfAmountsRecord

    @classmethod
    def of(cls, sides: Sides) -> "WhatIfSidesRecord":
        return cls(baseline=WhatIfAmountsRecord.of(sides.baseline), draft=WhatIfAmountsRecord.of(sides.draft))


class WhatIfNodeAmountsRecord(Record, frozen=True):
    """What a node ships."""

    shipments: int
    shipments_late: int
    units: int
    cost_micros: int
    co2_mg: int

    @classmethod
    def of(cls, amounts: NodeAmounts) -> "WhatIfNodeAmountsRecord":
        return cls(*amounts)


class WhatIfNodeRecord(Record, frozen=True):
    """What a node ships by the baseline and by the draft."""

    baseline: WhatIfNodeAmountsRecord
    draft: WhatIfNodeAmountsRecord
