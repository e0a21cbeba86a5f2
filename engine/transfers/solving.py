"""Solves the markets of many articles, in one process or several, and says how far it is."""

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from multiprocessing import get_context
from types import TracebackType
from typing import Self

from engine.transfers.flow.best_flow import best_flow
from engine.transfers.flow.market import Market, Moves

_AT_ONCE = 25
"""Markets that a process is given at a time."""
WORTH_A_PROCESS = 200
"""Fewer markets are solved sooner than a process starts."""


class Solving:
    """`advanced` is told of each market that is solved. As a context manager, it ends its processes."""

    def __init__(self, *, processes: int = 1, advanced: Callable[[int], None] = lambda _: None) -> None:
        self._processes = processes
        self._advanced = advanced
        self._pool: ProcessPoolExecutor | None = None
        self._open = ExitStack()

    def __call__(self, markets: Sequence[Market]) -> list[Moves]:
        solved = []
        several = self._processes > 1 and len(markets) >= WORTH_A_PROCESS
        moves = self._started().map(best_flow, markets, chunksize=_AT_ONCE) if several else map(best_flow, markets)
        for of_market in moves:
            solved.append(of_market)
            self._advanced(1)
        return solved

    def _started(self) -> ProcessPoolExecutor:
        if self._pool is None:
            # not forked: the threads of this process may hold locks
            pool = ProcessPoolExecutor(self._processes, mp_context=get_context("spawn"))
            self._pool = self._open.enter_context(pool)
        return self._pool

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()
