"""Tracking numbers issued from a carrier's ranges, without asking it.

Which serial is next is known by the store alone: scripts/parts/number_ranges.lua takes it and makes the same number in
the script, so that none is issued twice.
"""

from collections.abc import Iterable, Mapping, Sequence

from engine.fulfilment.carriers.number_kinds import FORMS, parts
from engine.model.carriers import NumberRange

_BLOCKS, _MOST_A_BLOCK = 10_000, 1_000
"""Serials are reserved in blocks, at most two of which are lost when the server is started again or a replica takes
over.
"""


def number_of(numbers: NumberRange, serial: int) -> str:
    """The tracking number of that serial; raises ValueError unless it is in the range."""
    if not numbers.first <= serial <= numbers.last:
        raise ValueError(serial)
    form = FORMS[numbers.kind]
    filled = {**parts(numbers), "serial": f"{serial:0{form.digits}}"}
    check = form.check(form.checked.format_map(filled)) if form.check else ""
    return form.template.format_map({**filled, "check": check})


def has_number(numbers: NumberRange, number: str) -> bool:
    """Whether it is one of the range, as `number_name` has it."""
    form = FORMS[numbers.kind]
    start = len(form.before_serial(form.template, numbers))
    serial = number[start : start + form.digits]
    if not serial.isdecimal() or not numbers.first <= int(serial) <= numbers.last:
        return False
    return number_of(numbers, int(serial)) == number


def script_ranges(ranges: Iterable[NumberRange]) -> list[dict[str, str | int]]:
    """The ranges as take_tracking_numbers in parts/number_ranges.lua takes them. Ranges of one `form` share their
    serials: whatever the file says of them later, none is issued twice.
    """
    return [_script_range(numbers) for numbers in ranges]


def _script_range(numbers: NumberRange) -> dict[str, str | int]:
    form = FORMS[numbers.kind]
    return {
        "form": form_of(numbers),
        "first": numbers.first,
        "last": numbers.last,
        "block": max(1, min(_MOST_A_BLOCK, (numbers.last - numbers.first) // _BLOCKS)),
        "digits": form.digits,
        "before": form.before_serial(form.template, numbers),
        "checked_before": form.before_serial(form.checked, numbers),
        "check": form.check.__name__ if form.check else "",
        "after": numbers.country if "{country}" in form.template else "",
    }


def form_of(numbers: NumberRange) -> str:
    """What all numbers of a range have in common: two ranges of one form may issue the same number."""
    return f"{numbers.kind} {numbers.service} {numbers.account} {numbers.country}"


def numbers_left(ranges: Iterable[NumberRange], issued: Mapping[str, Sequence[tuple[int, int]]]) -> int:
    """How many numbers can be issued still. `issued` has, by form, the serials from the first of each pair to the one
    before the second.
    """
    return sum(_unissued(numbers, issued.get(form_of(numbers), ())) for numbers in ranges)


def _unissued(numbers: NumberRange, issued: Sequence[tuple[int, int]]) -> int:
    left, serial = 0, numbers.first
    for first, end in sorted(issued):
        left += max(0, min(first, numbers.last + 1) - serial)
        serial = max(serial, end)
    return left + max(0, numbers.last + 1 - serial)
