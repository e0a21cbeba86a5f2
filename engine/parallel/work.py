"""What long work is made of, wherever it is done: tasks, and what each of them is applied to."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeAlias

if TYPE_CHECKING:  # the service has parts that give out work
    from engine.service import Pointsman

Task: TypeAlias = Callable[[Any], Any]
"""Applied to what `Work.begin` made. It is pickled: a functools.partial of a method of that, or the like. What it
answers must follow from its arguments alone, as it may be done twice.
"""


class Bench(Protocol):
    """What tasks are applied to: made once in each process, and closed at the end."""

    def close(self) -> None: ...


class Work(Protocol):
    """What every process does in a network; it is pickled."""

    def begin(self, service: "Pointsman") -> Bench:
        """Make what the tasks are applied to; `service` is that of the process."""
        ...


class Executor(Protocol):
    """Does the tasks of a work. As a context manager, it ends what it started."""

    def each(self, tasks: Iterable[Task]) -> Iterator[Any]:
        """What each task answers, in their order, so it makes no difference how many processes there are and which is
        faster. Raises PointsmanError if one fails in a process of its own, or if there are no processes any more.
        """
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Where work is done: on the Dask cluster whose scheduler is at the address `dask`, or in so many processes of this
    machine; with one, in this process.
    """

    workers: int = 1
    dask: str | None = None


def tasks_of(batches: Iterable[Sequence[Any]], size: int) -> Iterator[Sequence[Any]]:
    """The items of all batches in pieces of that size, whatever the batches were."""
    rest: list[Any] = []
    for batch in batches:
        rest.extend(batch)
        while len(rest) >= size:
            yield rest[:size]
            del rest[:size]
    if rest:
        yield rest
