"""Converts what a network says of parcels, carriers and addresses to the JSON they are stored as, and back."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from engine.model.carriers import CarrierAccount, NumberRange
from engine.model.parcels import ParcelTerms
from engine.model.postal_address import PostalAddress


def parcel_terms_record(terms: ParcelTerms | None) -> dict[str, Any] | None:
    """What is not as usual, and the company prefix."""
    if terms is None:
        return None
    return {name: value for name, value in asdict(terms).items() if value}


def parcel_terms_of(record: dict[str, Any] | None) -> ParcelTerms | None:
    return None if record is None else ParcelTerms(**record)


def carriers_record(carriers: Mapping[str, CarrierAccount]) -> list[dict[str, Any]]:
    """Without what is empty."""
    return [_without_empty(asdict(carriers[name])) for name in sorted(carriers)]


def carriers_of(records: Iterable[dict[str, Any]]) -> dict[str, CarrierAccount]:
    """By id."""
    accounts = (
        CarrierAccount(**{**record, "ranges": tuple(NumberRange(**item) for item in record.get("ranges", ()))})
        for record in records
    )
    return {account.id: account for account in accounts}


def _without_empty(record: dict[str, Any]) -> dict[str, Any]:
    """0 is kept: a range may begin there."""
    return {
        name: [_without_empty(item) for item in value] if name == "ranges" else value
        for name, value in record.items()
        if value or value == 0
    }


def address_record(address: PostalAddress | None) -> dict[str, Any] | None:
    """Without what is empty."""
    if address is None:
        return None
    return {name: list(value) if name == "lines" else value for name, value in asdict(address).items() if value}


def address_of(record: dict[str, Any] | None) -> PostalAddress | None:
    return None if record is None else PostalAddress(**{**record, "lines": tuple(record["lines"])})
