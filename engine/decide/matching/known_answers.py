"""What durable-rules has answered under a policy set, as bytes with which the matcher of another process can begin."""

import hashlib

import numpy as np

from engine.decide.matching.matcher import Matcher
from engine.decide.matching.truth_tables import HOLDS, UNASKED


def meaning(matcher: Matcher) -> bytes:
    """A hash of all that gives the answers their meaning; of matchers for which it differs they can't be exchanged."""
    formulas = [(stage.name, list(judge.formulas.items())) for stage, judge in matcher.stages.items()]
    return hashlib.sha256(repr((matcher.policies.version, matcher.guarded, formulas)).encode()).digest()


def answers(matcher: Matcher) -> bytes:
    """The truth tables of all stages, one after the other."""
    return b"".join(stage.firing.tables.answers.tobytes() for stage in matcher.stages.values())


def take_over(matcher: Matcher, known: bytes) -> None:
    """Note answers of another matcher of the same meaning where this one has none; bytes that can't be such are not."""
    tables = [stage.firing.tables for stage in matcher.stages.values()]
    every = np.frombuffer(known, dtype=np.uint8)
    if len(every) != sum(len(table.answers) for table in tables) or every.max(initial=UNASKED) > HOLDS:
        return
    for table in tables:
        its, every = np.split(every, [len(table.answers)])
        # written where there is an answer only: another thread may be noting one at any other place
        answered = (its != UNASKED).nonzero()[0]
        table.answers[answered] = its[answered]
        table.asked = int(np.count_nonzero(table.answers))
