"""Processes that solve prices: each has all that is expected, and solves some SKUs of each wave."""

import signal
from collections.abc import Mapping, Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Final, Self

from engine.errors import PointsmanError
from engine.lookahead.expected_orders import ExpectedOrders
from engine.lookahead.price_rounds import NodePrice, SkuPrices, Solved, solve_here

_WORTH_PROCESSES: Final = 500
"""With fewer SKUs, a wave is solved sooner than processes start."""
_SECONDS_TO_END: Final = 5


class SolvingProcesses:
    """So many processes or, with one or few SKUs, this process alone. As a context manager, it ends them. Called, it
    solves SKUs as `Solve` says; raises PointsmanError if a process died.
    """

    def __init__(self, expected: ExpectedOrders, prices: SkuPrices, *, processes: int, skus: int) -> None:
        self._here = solve_here(prices)
        self._processes: list[tuple[Connection, BaseProcess]] = []
        if processes > 1 and skus >= _WORTH_PROCESSES:
            context = get_context("spawn")  # not forked: the threads of this process may hold locks
            for _ in range(processes):
                ours, theirs = context.Pipe()
                process = context.Process(target=_serve, args=(theirs, expected), daemon=True)
                process.start()
                theirs.close()
                self._processes.append((ours, process))

    def __call__(self, skus: Sequence[str], changed: Solved) -> Solved:
        if not self._processes:
            return self._here(skus, changed)
        count, solved = len(self._processes), dict[str, Mapping[int, NodePrice]]()
        try:
            for number, (connection, _) in enumerate(self._processes):
                connection.send((skus[number::count], changed))
            for connection, _process in self._processes:
                solved |= connection.recv()
        except (EOFError, OSError) as error:
            raise PointsmanError(
                "a process that learns prices has ended; nothing was published. Try again, with fewer of them"
                " (--workers 1) if memory is short"
            ) from error
        return {sku: solved[sku] for sku in skus}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for connection, _process in self._processes:
            connection.close()  # which ends it, once its task is done
        for _connection, process in self._processes:
            process.join(_SECONDS_TO_END)
            if process.is_alive():
                process.kill()
                process.join()


def _serve(connection: Connection, expected: ExpectedOrders) -> None:
    """What a process does, until whoever started it closes the connection or dies."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started it is interrupted, too, and ends it
    solve = solve_here(SkuPrices(expected))
    try:
        while True:
            connection.send(solve(*connection.recv()))
    except (EOFError, OSError):
        return
