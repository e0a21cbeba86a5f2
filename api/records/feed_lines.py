"""A feed as lines of JSON, sent while its blocks are read."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

import msgspec

from engine.decide.order_record import Record
from engine.errors import PointsmanError, StoreUnavailable

_Item = TypeVar("_Item")


def lines_of_feed(
    first: Record,
    blocks: Iterable[Sequence[_Item]],
    line: Callable[[_Item], Record],
    *,
    last: Callable[[int], Record],
    stopped: Callable[[str], Record],
    verify_going_on: Callable[[], None],
) -> Iterator[tuple[int, bytes]]:
    """In parts of some lines each, with how many items each part has: the `first` line, a `line` for each item, and the
    `last` one, which is given how many there were. Where reading fails, or `verify_going_on` raises Interrupted, it
    breaks off with a line that says why.
    """
    encoder, sent = msgspec.json.Encoder(), 0
    yield 0, encoder.encode_lines([first])
    try:
        for block in blocks:
            verify_going_on()
            yield len(block), encoder.encode_lines(map(line, block))
            sent += len(block)
    except PointsmanError as error:
        message = error.message if isinstance(error, StoreUnavailable) else str(error)
        yield 0, encoder.encode_lines([stopped(message)])
        return
    yield 0, encoder.encode_lines([last(sent)])
