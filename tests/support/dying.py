"""A process that dies just before, or just after, something that it does."""

import itertools
from collections.abc import Callable, Sequence

import pytest


class Died(BaseException):
    """As kill -9, but that the lease is given back."""


def dying(monkeypatch: pytest.MonkeyPatch, effects: Sequence[tuple[object, str]]) -> Callable[..., None]:
    """Answers a function by which a process dies at the effect of that number from then on, by `after` once it had it;
    at 0 it lives. `effects` are those that count, each as where it stands and its name.
    """
    state = {"at": 0, "after": False, "count": itertools.count(1)}

    def die(real, *arguments, **options):
        number = next(state["count"])
        if number == state["at"] and not state["after"]:
            raise Died
        result = real(*arguments, **options)
        if number == state["at"]:
            raise Died
        return result

    for place, name in effects:
        real = getattr(place, name)
        monkeypatch.setattr(place, name, lambda *arguments, _real=real, **options: die(_real, *arguments, **options))

    def at(number: int, *, after: bool = False) -> None:
        state.update(at=number, after=after, count=itertools.count(1))

    return at
