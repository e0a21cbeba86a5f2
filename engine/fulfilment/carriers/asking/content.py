"""A hash of what a carrier is asked to carry, to tell a retry from a request for something else."""

import hashlib
from dataclasses import replace

import msgspec

from engine.fulfilment.carriers.carrier import Booking


def content_of(booking: Booking) -> str:
    """16 hexadecimal digits; equal if the same is carried from the same place to the same addressee. In which format
    its label is asked for, and whom the carrier may ask about it, may be loaded otherwise before a retry.
    """
    sender = replace(booking.sender, phone="", email="")
    carried = replace(booking, sender=sender, label_format="pdf")
    encoded = msgspec.json.encode(msgspec.to_builtins(carried), order="deterministic")
    return hashlib.sha256(encoded).hexdigest()[:16]
