"""Explanations for tests: a case from facts and rules, and what is said of it."""

from collections.abc import Iterable

from engine.audit.explanation.case import DecidedCase
from engine.audit.explanation.explain import Explanation, explain
from engine.audit.explanation.statement import Statement
from engine.audit.explanation.wording import Wording
from engine.decide.matching.matcher import Matcher
from engine.model.facts import Order, Snapshot
from engine.orders.decision_request import whole_order
from rules.wording.catalogue import load_catalogue
from tests.support.facts import NOW, policies


def case_of(order: Order, snapshot: Snapshot, *rules: str, now: int = NOW, **more: object) -> DecidedCase:
    """`more` are fields of the case; the remainder is by default the order itself."""
    given = {"remainder": whole_order(order), "snapshot": snapshot, "matcher": Matcher(policies(*rules)), "now": now}
    return DecidedCase(**{**given, **more})


def said(explanation: Explanation, statements: Iterable[Statement], language: str = "en") -> list[str]:
    """The statements as sentences."""
    wording = wording_of(explanation, language)
    return [wording.sentence(statement) for statement in statements]


def wording_of(explanation: Explanation, language: str = "en") -> Wording:
    case = explanation.explained.case
    return Wording(catalogue=load_catalogue(language), network=case.snapshot.network, policies=case.matcher.policies)


def answers(explanation: Explanation, code: str) -> list[str]:
    """What is answered to a question."""
    return [
        sentence
        for question in explanation.questions
        if question.code == code
        for sentence in said(explanation, question.answers)
    ]


def would_change(explanation: Explanation) -> list[str]:
    """The changes as sentences; `explanation` was made with `what_if`."""
    wording = wording_of(explanation)
    return [wording.change(found) for found in explanation.changes.each]


def explained(order: Order, snapshot: Snapshot, *rules: str, now: int = NOW, **how: object) -> Explanation:
    """`how` are arguments of `explain`."""
    return explain(case_of(order, snapshot, *rules, now=now), **how)
