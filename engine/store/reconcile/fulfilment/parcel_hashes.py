"""The hashes of the ledger about parcels, which the check compares field by field."""

from typing import Literal, TypeAlias, get_args

from engine.store.keys import Keys

ParcelHash: TypeAlias = Literal[
    "shipments", "parcel_numbers", "open_packings", "manifests", "serials", "tracking_serials"
]
PARCEL_HASHES: tuple[ParcelHash, ...] = get_args(ParcelHash)


def parcel_hash(keys: Keys, kind: ParcelHash) -> str:
    """The key of the hash."""
    name: str = getattr(keys, kind)
    return name
