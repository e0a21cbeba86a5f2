"""Answers of one matcher, taken over by another."""

import contextlib

import pytest

from engine.decide.matching.known_answers import answers, meaning, take_over
from engine.decide.matching.matcher import Matcher
from rules.conditions import Operator
from rules.vocabulary import Stage
from tests.properties.decide.peers_agree import prefers
from tests.support.conditions import compare
from tests.unit.engine.decide.matching.test_matcher import FixedEngine

NODE, STOCK = compare("node.id", Operator.EQUALS, "a"), compare("stock.on_hand", Operator.AT_LEAST, 3)
FACTS = [{"node.id": name, "stock.on_hand": units} for name in "ab" for units in (1, 5)]


@pytest.fixture
def made():
    """Makes matchers, and closes them in the end."""
    with contextlib.ExitStack() as stack:
        yield lambda *conditions, **more: stack.enter_context(contextlib.closing(Matcher(prefers(conditions), **more)))


def fired(matcher):
    return [matcher.judge(Stage.OPTION, facts).fired for facts in FACTS]


def test_a_matcher_that_takes_over_answers_asks_no_more(made):
    taught = made(NODE, STOCK)
    expected = fired(taught)
    broken = made(NODE, STOCK, make_engine=lambda *_: FixedEngine(failure=RuntimeError("asked")))
    take_over(broken, answers(taught))
    assert (fired(broken), broken.incidents, broken.answered) == (expected, 0, taught.answered)


def test_what_is_known_already_stays(made):
    first, second = made(NODE, STOCK), made(NODE, STOCK)
    for matcher, facts in ((first, FACTS[0]), (second, FACTS[3])):
        matcher.judge(Stage.OPTION, facts)
    take_over(first, answers(second))
    assert (first.answered, second.answered) == (4, 2)
    assert fired(first) == [("p/r0000",), ("p/r0000", "p/r0001"), (), ("p/r0001",)]


@pytest.mark.parametrize("known", [b"", b"\0" * 3, b"\0" * 5, b"\3" * 4], ids=["none", "few", "many", "no answers"])
def test_what_can_not_be_answers_of_these_rules_changes_nothing(made, known):
    matcher = made(NODE, STOCK)
    take_over(matcher, known)
    assert matcher.answered == 0


def test_answers_mean_something_else_under_other_rules_or_without_the_guard(made):
    meanings = {
        meaning(matcher)
        for matcher in (made(NODE, STOCK), made(STOCK, NODE), made(NODE), made(NODE, STOCK, guarded=False))
    }
    assert len(meanings) == 4
    assert meaning(made(NODE, STOCK)) in meanings
