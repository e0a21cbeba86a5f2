"""Converts what a network says of parcels, and addresses, to the JSON they are stored as, and back."""

from dataclasses import asdict
from typing import Any

from engine.model.parcels import ParcelTerms
from engine.model.postal_address import PostalAddress


def parcel_terms_record(terms: ParcelTerms | None) -> dict[str, Any] | None:
    """What is not as usual, and the company prefix."""
    if terms is None:
        return None
    return {name: value for name, value in asdict(terms).items() if value}


def parcel_terms_of(record: dict[str, Any] | None) -> ParcelTerms | None:
    return None if record is None else ParcelTerms(**record)


def address_record(address: PostalAddress | None) -> dict[str, Any] | None:
    """Without what is empty."""
    if address is None:
        return None
    return {name: list(value) if name == "lines" else value for name, value in asdict(address).items() if value}


def address_of(record: dict[str, Any] | None) -> PostalAddress | None:
    return None if record is None else PostalAddress(**{**record, "lines": tuple(record["lines"])})
