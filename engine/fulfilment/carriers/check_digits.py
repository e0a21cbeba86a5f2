"""Check digits of tracking numbers, as their carriers or standards bodies publish them.

Each function takes the characters that the digit is worked out of, and answers the digit (a letter too, in ISO 7064).
Which mistakes each one finds is said beside it: not every carrier chose a good one.
"""

from collections.abc import Iterable, Sequence

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_S10_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)
_S10_SPECIAL = {0: 5, 1: 0}
_FEDEX_WEIGHTS = (1, 3, 7)
"""From the right."""


def gs1(digits: str) -> str:
    """GS1 General Specifications, 7.9: weights 3, 1, 3 ... from the right, modulo 10. FedEx Ground and SmartPost, USPS
    and SSCC use it. Finds every wrong digit, and swapped neighbours unless they differ by 5.
    """
    return str(-_weighted(reversed(digits), (3, 1)) % 10)


def ups(characters: str) -> str:
    """UPS Guide to Labeling, appendix on 1Z numbers: after `1Z`, weights 1, 2, 1 ... from the left, modulo 10; a letter
    counts as the last digit of its place in ASCII less 3 (A is 2). Misses a digit at a place of weight 2 that is off by
    5, and neighbours that differ by 0 modulo 10.
    """
    values = [int(character) if character.isdigit() else (ord(character) - 3) % 10 for character in characters]
    return str(-sum(value * (1, 2)[place % 2] for place, value in enumerate(values)) % 10)


def fedex(digits: str) -> str:
    """FedEx Express: weights 1, 3, 7 from the right, modulo 11, and 10 becomes 0. Misses what moves the sum between the
    remainders 0 and 10.
    """
    return str(_weighted(reversed(digits), _FEDEX_WEIGHTS) % 11 % 10)


def modulo_7(digits: str) -> str:
    """DHL Express waybills: the number modulo 7. Misses digits that are off by 7."""
    return str(int(digits) % 7)


def s10(digits: str) -> str:
    """UPU standard S10, 8 digits: weights 8 6 4 2 3 5 9 7; 11 less the sum modulo 11, where 10 becomes 0 and 11 becomes
    5. Misses what moves the sum between the remainders 0 and 6.
    """
    remainder = _weighted(digits, _S10_WEIGHTS) % 11
    return str(_S10_SPECIAL.get(remainder, 11 - remainder))


def iso_7064_37_36(characters: str) -> str:
    """ISO/IEC 7064, MOD 37,36, as in DPD's Parcel Label Specification 2.4.1: a digit or a letter. Finds every wrong
    character; of swapped neighbours, all but a few.
    """
    product = 36
    for character in characters:
        total = (product + _ALPHABET.index(character)) % 36 or 36
        product = total * 2 % 37
    return _ALPHABET[(37 - product) % 36]


def luhn(digits: str) -> str:
    """ISO/IEC 7812: every second digit from the right doubled, its digits added, modulo 10. Finds every wrong digit,
    and swapped neighbours but 0 and 9.
    """
    values = (int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(digits)))
    return str(-sum(value // 10 + value % 10 for value in values) % 10)


def _weighted(digits: Iterable[str], weights: Sequence[int]) -> int:
    return sum(int(digit) * weights[place % len(weights)] for place, digit in enumerate(digits))
