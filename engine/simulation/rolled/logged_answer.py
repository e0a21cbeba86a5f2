"""What the log decided, as a variant answers that decides the same. Pure."""

from collections.abc import Set as AbstractSet

from engine.decide.order_record import seconds
from engine.decide.record import DecisionRecord
from engine.model.facts import Network
from engine.simulation.outcome import recorded
from engine.simulation.rolled.answering import Answer
from engine.simulation.rolled.units.logged_units import placed, waiting_lines
from engine.store.log.entry import Entry


def logged_answer(entry: Entry, record: DecisionRecord, rules: AbstractSet[str], network: Network | None) -> Answer:
    """`rules` are those of the variant that may act on a decision; `network` is the one that it was made on."""
    return Answer(
        decided=recorded(record),
        shipments=placed(entry, record),
        waiting=waiting_lines(record),
        policy_amounts=record.score.money_micros - record.cost_micros,
        fired=tuple(sorted(rules & set(record.rules.fired))),
        rank="",
        not_before=seconds(record.scheduled.reserve_at) if record.scheduled else None,
        network=network,
    )
