"""What processor time is spent on, by sampling: at every millisecond, the innermost function of our own says it."""

import signal
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self

ROOT = Path(__file__).parents[2]
MILLISECOND = 0.001
_FLOORS = tuple(f"{ROOT / floor}/" for floor in ("api", "engine", "rules"))
PURPOSES: Mapping[str, str] = {
    "engine/decide/matching": "matching",
    "rules": "matching",
    "engine/decide/rule_facts.py": "matching",
    "engine/decide/evaluation/candidate_columns.py": "choosing",
    "engine/decide/evaluation/candidates.py": "choosing",
    "engine/decide/sourcing": "choosing",
    "engine/decide/evaluation": "positions and options",
    "engine/decide/shipping": "positions and options",
    "engine/decide/joint": "choosing",
    "engine/decide/record.py": "the record",
    "engine/decide/facts_record.py": "the record",
    "engine/decide/order_record.py": "the record",
    "engine/decide/sentence_record.py": "the record",
    "engine/decide": "shipments and reasons",
    "engine/store/log/": "the record",
    "engine/store": "reading and committing",
    "engine/facts_reader.py": "reading and committing",
    "engine": "reading and committing",
    "api": "the request and its answer",
}
"""What a file's functions work for, by the start of its path; the longest start that fits says it. Other people's code
works for what called it.
"""
REQUEST = "the request and its answer"
"""Of what no function of ours called: the web server's part."""


class Sampler:
    """Counts the samples of its `with` block by purpose. One at a time, in the main thread."""

    def __init__(self) -> None:
        self.samples: Counter[str] = Counter()

    def __enter__(self) -> Self:
        self._before = signal.signal(signal.SIGPROF, self._sample)
        signal.setitimer(signal.ITIMER_PROF, MILLISECOND, MILLISECOND)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, self._before)

    def _sample(self, _: int, frame: FrameType | None) -> None:
        while frame is not None and not frame.f_code.co_filename.startswith(_FLOORS):
            frame = frame.f_back
        self.samples[REQUEST if frame is None else purpose(frame.f_code.co_filename)] += 1


def purpose(file: str) -> str:
    """What the functions of a file of ours work for."""
    path = Path(file).relative_to(ROOT)
    return next(PURPOSES[str(start)] for start in (path, *path.parents) if str(start) in PURPOSES)
