"""Makes rules that do as the hit policy of their table says, so that nothing after the loader has to know of tables."""

import dataclasses

from rules.policy import Policy, Rule
from rules.syntax.condition_parser import Notes
from rules.tables.document import HitPolicy, TableDocument
from rules.tables.row_classes import members, rows_beside

MOST_OVERRIDES = 200_000
"""Pairs of rows of a table of which one overrides the other."""


def with_hit_policy(policy: Policy, document: TableDocument, notes: Notes) -> Policy:
    """The policy of a table without mistakes. Under `first`, each row overrides the rows below it that may apply
    together with it; a row that is overridden overrides nothing, so that of any rows that apply only the first acts.
    """
    if document.hit_policy is not HitPolicy.FIRST:
        return policy
    ids = [rule.id for rule in policy.rules]
    rules: list[Rule] = []
    left = MOST_OVERRIDES
    for number, (rule, beside) in enumerate(zip(policy.rules, rows_beside(policy.rules), strict=True)):
        below = beside >> number + 1
        left -= below.bit_count()
        if left < 0:
            message = f"more than {MOST_OVERRIDES:,} pairs of rows may apply together; make two tables"
            notes.add(("hit_policy",), "table-too-large", message)
            return policy
        overridden = [ids[number + 1 + other] for other in members(below)]
        rules.append(dataclasses.replace(rule, overrides=tuple(dict.fromkeys([*rule.overrides, *overridden]))))
    return dataclasses.replace(policy, rules=tuple(rules))
