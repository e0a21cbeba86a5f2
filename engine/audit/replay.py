"""Decides again what was decided, on the facts that were kept with it.

Pure: the caller brings the network, the products and the policies of the versions that the record names. A few things
are taken over from the record, because they came from outside the decision: its id, the release that made it, what a
batch left to other orders (`left`) and what it lacked because of them (`lacked`), and why it follows another.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from msgspec import UNSET, UnsetType, structs

from engine.decide.decide import choose, decision
from engine.decide.decision import NOTHING_LEFT, Decision, LeftToOthers, PromiseTerms
from engine.decide.evaluation.candidates import Candidates
from engine.decide.evaluation.evaluation import Evaluation
from engine.decide.facts_record import FactsRecord, facts_to_json
from engine.decide.kept_facts.remainder_record import RemainderRecord
from engine.decide.matching.judge import PolicyJudge
from engine.decide.node_rest import rest_after, resting_record
from engine.decide.order_record import order_of, seconds
from engine.decide.promises.taken_promise import decided_again, terms_of
from engine.decide.record import DecisionRecord, to_json
from engine.decide.record_parts import FollowsRecord
from engine.decide.remainder import Remainder, evaluate_remainder, with_rejected_stock
from engine.decide.sourcing.problem import Choice
from engine.model.facts import NetworkCaches, NodeRest, Product, Snapshot, StockPosition
from engine.model.lookahead import PricesInForce

WHOLE = RemainderRecord()
"""What is kept of a remainder that is the order itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionFacts:
    """All that a decision was made on. `terms` are those of a promise that it was to keep."""

    snapshot: Snapshot
    remainder: Remainder
    now: int
    terms: PromiseTerms | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """A decision made again. `record` and `facts` are as they would be logged; `evaluation`, `candidates` and `choice`
    are what it was chosen from, and what was chosen. The decision claims nothing, as nobody commits it.
    """

    made_on: DecisionFacts
    evaluation: Evaluation
    candidates: Candidates
    choice: Choice
    decision: Decision
    record: DecisionRecord
    facts: FactsRecord
    logged_facts: bytes
    """The facts as they would be logged."""

    @property
    def body(self) -> bytes:
        return to_json(self.record)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceAgain:
    """What is chosen on the facts of a decision, and what it was chosen from."""

    evaluation: Evaluation
    candidates: Candidates
    choice: Choice


def choose_again(record: DecisionRecord, made_on: DecisionFacts, matcher: PolicyJudge) -> ChoiceAgain:
    """Choose again what `record` says on the facts that it was `made_on`, by the rules of `matcher`."""
    return choose_on(evaluation_of(made_on, matcher), record, made_on)


def evaluation_of(made_on: DecisionFacts, matcher: PolicyJudge) -> Evaluation:
    """By the rules of `matcher`; nothing is judged yet."""
    return evaluate_remainder(made_on.remainder, made_on.snapshot, matcher, made_on.now)


def choose_on(evaluation: Evaluation, record: DecisionRecord, made_on: DecisionFacts) -> ChoiceAgain:
    """As `choose_again`, on an evaluation of these facts."""
    candidates = Candidates(evaluation, left_to_others(record))
    return ChoiceAgain(evaluation=evaluation, candidates=candidates, choice=choose(candidates, made_on.terms))


def left_to_others(record: DecisionRecord) -> LeftToOthers:
    """What the decision could not take, because the plan of its batch gave it to others."""
    return record.left.left if record.left else NOTHING_LEFT


def replay(
    record: DecisionRecord,
    facts: FactsRecord,
    *,
    caches: NetworkCaches,
    products: Mapping[str, tuple[Product, Mapping[str, int]]],
    matcher: PolicyJudge,
    lookahead: PricesInForce | None = None,
) -> Replay:
    """Decide again what `record` says, on the `facts` that were kept with it. `caches` are those of its network, and
    `products` has those of its whole order, each with its paces of sale by node; of a SKU that is left out, the network
    has none any more. `lookahead` are the look-ahead prices of then, if rules let these count. With the `matcher` of
    other policies, this is what they would have decided.
    """
    made_on = facts_of_decision(record, facts, caches=caches, products=products, lookahead=lookahead)
    return replay_on(made_on, record, facts, matcher)


def replay_on(made_on: DecisionFacts, record: DecisionRecord, facts: FactsRecord, matcher: PolicyJudge) -> Replay:
    """The same on what the decision was made on."""
    remainder, snapshot = made_on.remainder, made_on.snapshot
    again = choose_again(record, made_on, matcher)
    made = decision(
        again.evaluation,
        again.choice,
        held_from=None if facts.held_from is UNSET else seconds(facts.held_from),
        requested_minutes=_requested_minutes(record),
        left=left_to_others(record),
        commits=False,
    )
    made = with_rejected_stock(made, remainder, snapshot)
    kept = _facts_again(made, record, facts, snapshot)
    logged_facts = facts_to_json(kept)
    return Replay(
        made_on=made_on,
        evaluation=again.evaluation,
        candidates=again.candidates,
        choice=again.choice,
        decision=made,
        record=_record_again(made, record, kept, made_on, matcher, logged_facts=logged_facts),
        facts=kept,
        logged_facts=logged_facts,
    )


def facts_of_decision(
    record: DecisionRecord,
    facts: FactsRecord,
    *,
    caches: NetworkCaches,
    products: Mapping[str, tuple[Product, Mapping[str, int]]],
    lookahead: PricesInForce | None = None,
) -> DecisionFacts:
    """What a decision was made on, as `replay` is given it."""
    paces = {sku: by_node for sku, (_, by_node) in products.items()}
    positions: dict[str, Mapping[str, StockPosition]] = {
        sku: columns.positions(paces[sku]) for sku, columns in facts.stock.items()
    }
    kept = facts.remainder or WHOLE
    for sku, barred in kept.barred_positions(paces).items():
        positions[sku] = {**positions.get(sku, {}), **barred}
    nodes, loads = facts.nodes, facts.loads
    given = {} if loads is UNSET else loads.by_field(nodes)
    node_rests = {node: rest.rest for node, rest in (facts.resting or {}).items()}
    rejecting = record.follows.node if record.follows else UNSET
    if rejecting and kept.rejecting_load:
        given[rejecting] = kept.rejecting_load
    snapshot = Snapshot(
        network=caches.network,
        caches=caches,
        products={sku: product for sku, (product, _) in products.items()},
        positions={sku: positions.get(sku, {}) for sku in products},
        loads=given,
        hourly_loads={} if loads is UNSET else loads.by_field_of_hour(nodes),
        resting=node_rests,
        taken={sku: columns.taken_units for sku, columns in facts.stock.items() if columns.taken},
        has_lots=any(columns.lots for columns in facts.stock.values()),
        lots={sku: columns.lots_by_node for sku, columns in facts.stock.items() if columns.lots},
        receipts={sku: columns.receipts_by_node(sku) for sku, columns in facts.stock.items() if columns.receipts},
        lookahead=lookahead,
    )
    barred_nodes = record.follows.barred if record.follows else UNSET
    return DecisionFacts(
        snapshot=snapshot,
        remainder=kept.remainder(
            order_of(record.order), {sku: frozenset(its) for sku, its in (barred_nodes or {}).items()}
        ),
        now=seconds(record.decided_at),
        terms=_terms(record),
    )


def _terms(record: DecisionRecord) -> PromiseTerms | None:
    """Of the promise that its order took up, or that a shipment would have come too late to keep."""
    if record.quote:
        return terms_of(record.quote)
    late = record.follows.late if record.follows else UNSET
    return PromiseTerms(arrives_by=seconds(late.sought)) if late and late.sought else None


def skus_of(record: DecisionRecord, facts: FactsRecord) -> list[str]:
    """The SKUs whose products deciding it again needs, each once."""
    whole = (facts.remainder or WHOLE).whole_order or ()
    return list(dict.fromkeys(line.sku for line in (*record.order.lines, *whole)))


def _requested_minutes(record: DecisionRecord) -> int | None:
    if record.hold is None or record.hold.requested_minutes is UNSET:
        return None
    return record.hold.requested_minutes


def _facts_again(made: Decision, record: DecisionRecord, facts: FactsRecord, snapshot: Snapshot) -> FactsRecord:
    """The facts as they would be kept; which were given is what the recorded ones say."""
    rejecting = record.follows.node if record.follows else UNSET
    rests: Mapping[str, NodeRest] = {}
    if rejecting and rejecting in snapshot.resting:
        rests = {rejecting: snapshot.resting[rejecting]}
    return FactsRecord.of(
        made,
        policies_at=None if facts.policies_at is UNSET else seconds(facts.policies_at),
        remainder=facts.remainder,
        rejecting=rests,
    )


def _record_again(
    made: Decision,
    record: DecisionRecord,
    kept: FactsRecord,
    made_on: DecisionFacts,
    matcher: PolicyJudge,
    *,
    logged_facts: bytes,
) -> DecisionRecord:
    remainder = kept.remainder or WHOLE
    again = DecisionRecord.of(
        made,
        record.id,
        record.engine_version,
        logged_facts,
        # without unfilled units it makes no difference whether they might have waited
        may_wait=record.may_wait,
        follows=_follows(record.follows, made_on, matcher),
        lacked=record.lacked,
        quote=decided_again(record.quote, record, made) if record.quote else UNSET,
    )
    if remainder.units is UNSET:
        return again
    return again.as_amendment(made_on.remainder.whole_order, parked=remainder.parked or made.awaiting_approval)


def _follows(
    follows: FollowsRecord | UnsetType, made_on: DecisionFacts, matcher: PolicyJudge
) -> FollowsRecord | UnsetType:
    """What it follows, with the rest that the policies give the node that rejected units."""
    if follows is UNSET or follows.node is UNSET or follows.reason is UNSET:
        return follows
    rest = rest_after(
        made_on.snapshot, matcher, made_on.now, node=follows.node, reason=follows.reason, decision=follows.decision
    )
    network = made_on.snapshot.network
    return structs.replace(follows, rest=UNSET if rest is None else resting_record(follows.node, rest, network))
