"""Which table of look-ahead prices counted in a decision, in a line."""

from msgspec import UNSET

from api.cli.output.times import Times
from api.language.current import say
from engine.decide.record import DecisionRecord
from engine.errors import FactsForgotten
from engine.service import Pointsman


def lookahead_table_line(service: Pointsman, record: DecisionRecord) -> str | None:
    """Its digest, as `pointsman lookahead show --table` takes it, and who learnt it when; None: no prices counted."""
    digest = record.lookahead.used_table if record.lookahead else UNSET
    if digest is UNSET:
        return None
    table = digest[:12]
    try:
        head = service.flows.lookahead_tables.head(digest)
    except FactsForgotten:
        return say("look-ahead prices: table {table}, which is not kept any more", table=table)
    return say(
        "look-ahead prices: table {table}, learnt {at} by {who}",
        table=table,
        at=Times.of(service)(head.learnt_at),
        who=head.learnt_by,
    )
