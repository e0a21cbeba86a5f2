"""Nodes that rest: a node that rejected units is given nothing for as long as the rules then say."""

from typing import cast

from engine.decide import rule_facts
from engine.decide.decision import RestingNode
from engine.decide.kept_facts.rest_record import RestingRecord
from engine.decide.matching.judge import PolicyJudge
from engine.model.facts import Network, NodeRest, Snapshot
from rules.effects import RejectionOutcome
from rules.vocabulary import Stage

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
        **rule_facts.node_clock_facts(network.clock_of(network.nodes[node]), now),
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


def resting_node(node: str, rest: NodeRest, network: Network) -> RestingNode:
    return RestingNode(node=node, rest=rest, until_local=rule_facts.wall_clock(network, rest.until))


def resting_record(node: str, rest: NodeRest, network: Network) -> RestingRecord:
    """The JSON of a node that rests."""
    return RestingRecord.of(resting_node(node, rest, network))
