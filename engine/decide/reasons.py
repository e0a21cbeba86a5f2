"""The reason codes of units that stay unfilled, and what each says in every language of the installation."""

import functools
from collections.abc import Mapping
from types import MappingProxyType

from rules.wording.catalogue import load_catalogues

REASON_CODES = (
    "no_stock",
    "held_for_others",
    "kept_back",
    "capped",
    "expire_too_soon",
    "left_to_others",
    "unreachable",
    "shipment_limits",
    "other_day",
    "excluded",
    "node_full",
    "capacity_used",
    "kept_together",
    "set_apart",
    "not_a_multiple",
    "max_shipments",
    "ship_complete",
    "resting",
    "rejected",
    "not_promised",
    "not_enough",
)


@functools.cache
def reason_texts(code: str) -> Mapping[str, str]:
    """What a reason code says, by language. A decision carries every language that the installation has a catalogue of
    (`rules.wording.catalogue`), so one more catalogue is one more text per reason in each decision made from then on.
    """
    return MappingProxyType({item.language: item.text(f"reasons.{code}") for item in load_catalogues()})
