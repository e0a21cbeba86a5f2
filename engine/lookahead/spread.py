"""Where the prices of a service's network are solved."""

from engine.lookahead.solving import WORTH_PROCESSES, SolvedElsewhere
from engine.parallel.executor import executor
from engine.parallel.work import Executor, Spread, Work
from engine.service import Pointsman


def solved_where(spread: Spread, service: Pointsman) -> SolvedElsewhere:
    """On the Dask cluster, however few SKUs there are, or in the processes if there are enough SKUs for these."""

    def begin(work: Work) -> Executor:
        return executor(work, spread, service)

    return SolvedElsewhere(executor=begin, at_least=1 if spread.dask is not None else WORTH_PROCESSES)
