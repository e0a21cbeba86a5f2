"""What became of each order of a batch, and the same in the order in which the orders were sent."""

import dataclasses
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from engine.errors import PointsmanError, StoreUnavailable
from engine.orders.decision_request import Answer

MOST_BYTES_KEPT = 16 << 20
"""Of answers that wait for orders sent before theirs. The others are read back from the log when their turn comes."""
MOST_AT_ONCE = 50
"""Answers that are read back in one round trip."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDecided:
    """`index` is the order's place in the batch as it was sent. `rank` says as which of the batch's orders it was
    decided, from 1.
    """

    index: int
    rank: int
    answer: Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderNotDecided:
    """`error` says what is wrong with the order or, if it is Undecided, why the batch stopped."""

    index: int
    error: PointsmanError


@dataclass(frozen=True, slots=True, kw_only=True)
class _InLog:
    """An order that was decided, whose answer is not kept."""

    index: int
    rank: int
    decision: str
    new: bool


OrderResult: TypeAlias = OrderDecided | OrderNotDecided
LoggedAnswers: TypeAlias = Callable[[Sequence[str]], Sequence[Answer]]
"""Reads the answers of decisions from the log."""


def in_order_sent(results: Iterator[OrderResult], logged: LoggedAnswers) -> Iterator[OrderResult]:
    """The results in the order in which the orders were sent, each as soon as it and those before it are known."""
    known: dict[int, OrderResult | _InLog] = {}
    kept = following = 0
    for result in results:
        size = _size(result)
        if isinstance(result, OrderDecided) and result.index != following and kept + size > MOST_BYTES_KEPT:
            known[result.index] = _in_log(result)
        else:
            known[result.index] = result
            kept += size
        while following in known:
            places = itertools.takewhile(known.__contains__, itertools.count(following))
            some = [known.pop(place) for place in itertools.islice(places, MOST_AT_ONCE)]
            following += len(some)
            kept -= sum(map(_size, some))
            yield from _read_back(some, logged)


def _size(result: OrderResult | _InLog) -> int:
    return len(result.answer.body) + len(result.answer.logged_facts) if isinstance(result, OrderDecided) else 0


def _in_log(result: OrderDecided) -> _InLog:
    answer = result.answer
    return _InLog(index=result.index, rank=result.rank, decision=answer.id or "", new=answer.new)


def _read_back(some: Sequence[OrderResult | _InLog], logged: LoggedAnswers) -> Iterator[OrderResult]:
    """The results, with the answers that were not kept. An order whose answer can't be read now counts as not decided:
    sent again, it is answered.
    """
    missing = [result for result in some if isinstance(result, _InLog)]
    try:
        answers = iter(logged([result.decision for result in missing]) if missing else ())
    except StoreUnavailable as error:
        for result in some:
            yield OrderNotDecided(index=result.index, error=error) if isinstance(result, _InLog) else result
        return
    for result in some:
        if isinstance(result, _InLog):
            answer = dataclasses.replace(next(answers), new=result.new)
            yield OrderDecided(index=result.index, rank=result.rank, answer=answer)
        else:
            yield result
