"""The SSCC, Serial Shipping Container Code: 18 digits that name one parcel in all the world.

GS1 General Specifications, section 3.3.1 (AI 00): an extension digit, the GS1 company prefix, a serial reference that
fills up to 17 digits, and a check digit by the algorithm of section 7.9: from the right, the digits count 3, 1, 3 ...
times, and the check digit makes the sum a multiple of ten.
"""

from engine.model.parcels import ParcelTerms

DIGITS = 18
BEFORE_CHECK = DIGITS - 1


def check_digit(digits: str) -> str:
    """That of any GS1 key, of the digits before it."""
    total = sum(int(digit) * (1 if place % 2 else 3) for place, digit in enumerate(reversed(digits)))
    return str(-total % 10)


def serials_of(gs1_prefix: str) -> int:
    """How many serial references there are under a company prefix and one extension digit."""
    return int(10 ** (BEFORE_CHECK - 1 - len(gs1_prefix)))


def sscc_of(terms: ParcelTerms, serial: int) -> str:
    """`serial` is from 0 and below `serials_of` the prefix."""
    size = BEFORE_CHECK - 1 - len(terms.gs1_prefix)
    digits = f"{terms.extension}{terms.gs1_prefix}{serial:0{size}}"
    if len(digits) != BEFORE_CHECK or serial < 0:
        raise ValueError(f"{serial} is no serial reference under the company prefix {terms.gs1_prefix}")
    return digits + check_digit(digits)


def is_sscc(text: str) -> bool:
    """Whether it has 18 digits, the last of which is their check digit."""
    return (
        len(text) == DIGITS
        and text.isascii()
        and text.isdigit()
        and check_digit(text[:BEFORE_CHECK]) == text[BEFORE_CHECK]
    )
