"""Whether an addressee lives where the order was decided to go. Pure."""

from collections.abc import Mapping
from typing import Final

from engine.decide.address.postcodes import canonical
from engine.decide.order_record import DestinationRecord
from engine.errors import InputInvalid, Mistake, order_call
from engine.model.postal_address import PostalAddress

_TERRITORIES: Final[Mapping[str, str]] = {
    **dict.fromkeys(["GP", "MQ", "GF", "RE", "YT", "PM", "BL", "MF", "WF", "PF", "NC", "MC"], "FR"),
    **dict.fromkeys(["IM", "JE", "GG"], "GB"),
    **dict.fromkeys(["PR", "GU", "VI", "AS", "MP"], "US"),
    **dict.fromkeys(["FO", "GL"], "DK"),
    "AX": "FI",
    "SJ": "NO",
}
"""Whose postcodes are those of another country: shops write either code for the same place, as FR or RE for 97400."""


def verify_destination(addressee: PostalAddress, destination: DestinationRecord, order: str) -> None:
    """Raise InputInvalid if the addressee lives in another country than the one by which the order was decided: its
    service and its promise were chosen for that. Another postcode is none of that: orders are decided by a part of one,
    or by a place near by.
    """
    here, there = addressee.country.upper(), (destination.country or "").upper()
    if not there or here == there or _is_same_place(addressee, destination):
        return
    message = (
        f"the addressee lives in {here}, and order '{order}' was decided for {there}, by which its service and promise"
        f" were chosen; send the addressee in {there}, or have the order decided for {here} first"
        f" ({order_call(order, 'amend')})"
    )
    raise InputInvalid([Mistake(field="addressee.country", message=message)])


def _is_same_place(addressee: PostalAddress, destination: DestinationRecord) -> bool:
    """Whether the two codes are of a territory and its country, and the postcode is the same."""
    here, there = addressee.country.upper(), (destination.country or "").upper()
    country = _TERRITORIES.get(here, here)
    if country != _TERRITORIES.get(there, there) or not addressee.postcode or not destination.postcode:
        return False
    return canonical(addressee.postcode, country) == canonical(destination.postcode, country)
