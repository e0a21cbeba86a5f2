"""Chooses where work is done."""

from engine.errors import PointsmanError
from engine.parallel.processes import Alone, Processes
from engine.parallel.work import Executor, Spread, Work
from engine.service import Pointsman


def executor(work: Work, spread: Spread, service: Pointsman) -> Executor:
    """`service` is this process's own. Raises PointsmanError if there is no such Dask cluster."""
    if spread.dask is not None:
        try:
            from engine.parallel.dask_cluster import DaskCluster  # noqa: PLC0415  # the extra `dask` may not be there
        except ImportError:
            message = "a Dask cluster needs the package distributed; install it with pip install 'pointsman[dask]'"
            raise PointsmanError(message) from None
        return DaskCluster(work, spread.dask, network=service.settings.network)
    return Alone(work, service) if spread.workers == 1 else Processes(work, spread.workers, service.settings)
