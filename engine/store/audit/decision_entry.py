"""What is searched of a decision's entry, as the log has it."""

from engine.audit.search.decision_summary import DecisionSummary, summarize
from engine.store.log.stored_entry import kind_of, parse_entry


def summary_of(entry_id: bytes, fields: dict[bytes, bytes]) -> DecisionSummary | None:
    """The summary of a decision's entry; None if it is of another kind. Raises one of UNREADABLE."""
    if kind_of(fields) != "decided":
        return None
    entry = parse_entry(entry_id, fields)
    return summarize(entry.id, entry.decision, entry.body, caller=entry.caller, by=entry.by)
