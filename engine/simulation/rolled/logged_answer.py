"""What the log decided, as a variant answers that decides the same. Pure."""

from engine.audit.replay import DecisionFacts
from engine.decide.order_record import seconds
from engine.decide.record import DecisionRecord
from engine.simulation.outcome import recorded
from engine.simulation.rolled.answering import Answer, Answering
from engine.simulation.rolled.units.logged_units import placed, waiting_lines
from engine.store.log.entry import Entry


def logged_answer(entry: Entry, record: DecisionRecord, answering: Answering, made_on: DecisionFacts | None) -> Answer:
    """`answering` is that of the variant. `made_on` is what the log decided on; None: that can't be known, so neither
    can the network nor the rank of what waits, which is then the first.
    """
    waiting, rank = waiting_lines(record), ""
    if (waiting or record.unfilled) and made_on is not None:  # what stays unfilled may be queued later
        order = made_on.remainder.whole_order
        rank = answering.rank(order, made_on.snapshot, made_on.now)
    return Answer(
        decided=recorded(record),
        shipments=placed(entry, record),
        waiting=waiting,
        policy_amounts=record.score.money_micros - record.cost_micros,
        fired=tuple(sorted(answering.rules & set(record.rules.fired))),
        rank=rank,
        not_before=seconds(record.scheduled.reserve_at) if record.scheduled else None,
        network=None if made_on is None else made_on.snapshot.network,
    )
