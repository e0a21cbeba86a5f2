"""Carriers as the network's file describes them; what is asked of them is in engine/fulfilment/carriers."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from engine.model.parcels import LabelFormat

CarrierDoor: TypeAlias = Literal["numbers", "sendcloud", "easypost", "karrio"]
"""How a carrier is reached. `numbers`: not at all; it gave ranges of tracking numbers, and labels are drawn here."""
CarrierTracking: TypeAlias = Literal["events", "none"]
"""Whether it tells where parcels are."""
NumberKind: TypeAlias = Literal[
    "ups", "fedex_express", "fedex_ground", "fedex_smartpost", "dhl_express", "dhl_ecommerce", "dpd", "s10"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberRange:
    """Tracking numbers that a carrier has given: serials `first` to `last`, both included. What `account`, `service`
    and `country` mean, and how many characters they have, is said of each kind in number_kinds.py.
    """

    kind: NumberKind
    first: int
    last: int
    account: str = ""
    service: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierAccount:
    """`url` is where the carrier is asked; empty: its public address. `contract` is the carrier's own name of the
    contract, or of the account behind it, that parcels are charged to; empty: the one that it uses by itself. Keys are
    settings, and stand in no file.
    """

    id: str
    door: CarrierDoor
    ranges: tuple[NumberRange, ...] = ()
    """Of the door `numbers`, in the order in which they are used up."""
    url: str = ""
    contract: str = ""
    label_format: LabelFormat = "pdf"
    tracking: CarrierTracking | None = None
    """None: by whether anything was heard of it of late."""
    name: str = ""
    """What people call it, as papers show it; empty: as its id."""

    @property
    def sells_labels(self) -> bool:
        """Whether it is asked for a label, and paid, for each shipment."""
        return self.door != "numbers"
