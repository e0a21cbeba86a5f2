"""What the service tells whoever measures it: how long each part took, what was decided, what had to be tried again."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Literal, Protocol

Part = Literal["read", "match", "choose", "commit"]
"""Of a decision: reading the facts, judging them by the rules, weighing the options, and taking the stock."""


class Meter(Protocol):
    """Called by several threads at once."""

    def took(self, part: Part, seconds: float) -> None:
        """A part of a decision, or of a batch of them, took so long."""

    def decided(self, *, status: str, policies: str, channel: str) -> None:
        """A decision was committed, with the version of the policies."""

    def conflicted(self, kind: str) -> None:
        """A commit was refused since something is no more as it was when it was read; `kind` says what."""

    def incident(self) -> None:
        """durable-rules failed, or differed from the reference."""


class NoMeter:
    """Nobody measures."""

    def took(self, part: Part, seconds: float) -> None:
        """Not kept."""

    def decided(self, *, status: str, policies: str, channel: str) -> None:
        """Not kept."""

    def conflicted(self, kind: str) -> None:
        """Not kept."""

    def incident(self) -> None:
        """Not kept."""


NO_METER: Meter = NoMeter()


class Stopwatch(threading.local):
    """Adds up the seconds of the blocks that it is entered for, of each thread by itself."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._began = 0.0

    def __enter__(self) -> None:
        self._began = time.perf_counter()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.seconds += time.perf_counter() - self._began


MATCHING = Stopwatch()
"""Runs while rules are matched, in whatever network: matchers are shared by threads, and the watch is each thread's."""


@contextmanager
def taking(meter: Meter, part: Part) -> Iterator[None]:
    """Tell how long the block took, however it ends."""
    began = time.perf_counter()
    try:
        yield
    finally:
        meter.took(part, time.perf_counter() - began)


@contextmanager
def deciding(meter: Meter) -> Iterator[None]:
    """Tell how long the block took to match and to choose."""
    began, matched = time.perf_counter(), MATCHING.seconds
    try:
        yield
    finally:
        matching = MATCHING.seconds - matched
        meter.took("match", matching)
        meter.took("choose", time.perf_counter() - began - matching)
