"""Which share of the orders an order is in: by a hash of its id, so that it stays in the share as that grows."""

import hashlib

SHARES = 10_000
"""Orders are in so many parts of about the same size."""


def order_number(order: str) -> int:
    """The part that an order's id is in, from 0: the first 8 bytes of its SHA-256, modulo SHARES. An order is in a
    share of so many ten-thousandths if its number is less.
    """
    return int.from_bytes(hashlib.sha256(order.encode()).digest()[:8]) % SHARES
