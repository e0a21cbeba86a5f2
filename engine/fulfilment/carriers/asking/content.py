"""A hash of what a carrier is asked to carry, to tell a retry from a request for something else."""

import hashlib

import msgspec

from engine.fulfilment.carriers.carrier import Booking


def content_of(booking: Booking) -> str:
    """16 hexadecimal digits; equal for equal bookings."""
    encoded = msgspec.json.encode(msgspec.to_builtins(booking), order="deterministic")
    return hashlib.sha256(encoded).hexdigest()[:16]
