"""Keeps the largest orders that the optimiser found of late, by all that they follow from: an article is looked at
again and again while its stock stays as it is, and for several channels that have the same of it.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable

from engine.decide.sourcing.problem import Score
from engine.model.facts import Network

MOST_KEPT = 2_000


class KeptChoices:
    """Those of one network."""

    def __init__(self, _network: Network) -> None:
        self._scores: OrderedDict[Hashable, Score] = OrderedDict()
        self._lock = threading.Lock()

    def score(self, asked: Hashable, choose: Callable[[], Score]) -> Score:
        """What was found for the same, or else what `choose` finds."""
        with self._lock:
            if asked in self._scores:
                self._scores.move_to_end(asked)
                return self._scores[asked]
        score = choose()
        with self._lock:
            self._scores[asked] = score
            if len(self._scores) > MOST_KEPT:
                self._scores.popitem(last=False)
        return score
