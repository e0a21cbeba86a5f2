"""The choice among some of the candidates is the same whether or not all of them were chosen among before."""

import contextlib

import numpy as np

from engine.decide.evaluation.candidates import Candidates
from engine.decide.evaluation.evaluation import Evaluation
from engine.decide.evaluation.snapshot_columns import SnapshotColumns
from engine.decide.matching.matcher import Matcher
from tests.support.facts import EURO, LYON, NOW, lots, node, order, policies, service, snapshot

DAY = 24 * 60


def test_of_some_candidates_the_lots_that_they_may_use_say_which_is_preferred():
    """`slow` arrives after the first lot of b-node has expired, so that c-node's expires first then."""
    fast = service("fast", base=2 * EURO, transit=((2_000_000, DAY),))
    slow = service("slow", base=2 * EURO, transit=((2_000_000, 10 * DAY),))
    facts = snapshot(
        [node("b-node", LYON, services=("fast", "slow")), node("c-node", LYON, services=("fast", "slow"))],
        {"A": {"b-node": 8, "c-node": 4}},
        services=[fast, slow],
        lots={"A": {"b-node": lots(x=(4, 5), y=(4, 40)), "c-node": lots(z=(4, 20))}},
    )
    with contextlib.closing(Matcher(policies())) as matcher:

        def made():
            columns = SnapshotColumns(facts, matcher, NOW)
            return Candidates(
                Evaluation(order=order(("A", 2)), snapshot=facts, matcher=matcher, now=NOW, columns=columns)
            )

        chosen_among = made()
        assert {key.node for key, _ in chosen_among.choose().units} == {"b-node"}
        is_slow = np.array([made().key(number).service == "slow" for number in chosen_among.candidate.tolist()])
        for candidates in (made(), chosen_among):
            assert {key.node for key, _ in candidates.at(is_slow).choose().units} == {"c-node"}
