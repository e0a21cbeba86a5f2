"""Nodes that rest: a node that rejected units is given nothing for as long as the rules then say."""

from typing import cast

from engine.decide import rule_facts
from engine.decide.matching.judge import PolicyJudge
from engine.decide.order_record import timestamp
from engine.decide.record import RestingRecord
from engine.decide.sentence_record import texts_by_field
from engine.model.facts import Network, NodeRest, Snapshot
from rules.effects import RejectionOutcome
from rules.vocabulary import Stage
from rules.wording import amounts
from rules.wording.catalogue import Catalogue, load_catalogues

EFFECT = "rest_after_rejection"


def rest_after(
    snapshot: Snapshot, matcher: PolicyJudge, now: int, *, node: str, reason: str, decision: str
) -> NodeRest | None:
    """The rest that begins `now`, as `node` rejects units of `decision`. None if no rule gives it a rest, or it already
    rests as long. Several rules may give the longest rest.
    """
    if node not in snapshot.network.nodes:
        return None
    network = snapshot.network
    facts = {
        **rule_facts.node_facts(network.nodes[node], snapshot.loads.get(node, 0)),
        **rule_facts.now_facts(network, now),
        **rule_facts.rejection_facts(reason),
    }
    judgement = matcher.judge(Stage.REJECTION, facts)
    minutes = cast("RejectionOutcome", judgement.outcome).node_rest
    until = now + minutes * 60
    current = snapshot.resting.get(node)
    if not minutes or (current and current.until >= until):
        return None
    rules = matcher.policies.rules
    rules_of_longest = [
        rule
        for rule in matcher.with_effect(judgement, EFFECT)
        if any(effect.name == EFFECT and effect.value == minutes for effect in rules[rule].effects)
    ]
    return NodeRest(
        until=until,
        since=now,
        reason=reason,
        decision=decision,
        policy_version=matcher.policies.version,
        because={rule: rules[rule].because for rule in rules_of_longest},
    )


def resting_record(node: str, rest: NodeRest, network: Network) -> RestingRecord:
    """The JSON of a node that rests. `until` is in UTC; the sentences say it by the installation's wall clock."""
    until = rule_facts.wall_clock(network, rest.until)
    sentences = {item.language: _sentence(node, until, rest.reason, item) for item in load_catalogues()}
    return RestingRecord(
        node=node,
        until=timestamp(rest.until),
        since=timestamp(rest.since),
        reason=rest.reason,
        decision=rest.decision,
        policy_version=rest.policy_version,
        rules={rule: dict(texts) for rule, texts in sorted(rest.because.items())},
        **texts_by_field(sentences),
    )


def _sentence(node: str, until: int, reason: str, catalogue: Catalogue) -> str:
    why = catalogue.text(f"choices.{reason}")
    return catalogue.text("node_rest", node=node, until=amounts.instant(until, catalogue), reason=why)
