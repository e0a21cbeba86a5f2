"""The kinds of entries of the log as somebody chooses among them: what they are about, and their names."""

from collections.abc import Mapping, Sequence

from api.language.current import say, text

_GROUPS: Mapping[str, Sequence[str]] = {
    text("Policies"): (
        *("published", "activated", "scheduled", "unscheduled"),
        *("policy_approval_asked", "policy_approved", "policy_approval_declined", "policy_approval_taken_back"),
        *("gate_run", "shadow_started", "shadow_ended", "canary_started", "canary_grown", "canary_ended"),
    ),
    text("Orders"): (
        *("decided", "confirmed", "undone", "released", "expired", "extended", "withdrawn", "rejected", "cancelled"),
        *("amended", "approved", "queued", "woken", "set_aside", "repaired"),
        *("progressed", "promise_at_risk", "promise_stays"),
    ),
    text("Parcels"): (
        *("packing_begun", "packed", "packing_cancel_begun", "packing_cancelled", "packing_kept", "packing_closed"),
        *("packing_reopened", "manifested", "tracked", "print_failed"),
    ),
    text("Returns"): (
        *("return_opened", "return_received", "return_inspected", "return_disposed", "return_cancelled"),
        *("return_label_begun", "return_labelled", "return_label_cancel_begun", "return_label_cancelled"),
        "return_label_kept",
    ),
    text("Stock"): ("counted", "moved", "loaded", "allocated", "stock_low"),
    text("Receipts"): ("expected", "received", "overdue"),
    text("Transfers"): (
        *("transfer_proposed", "transfer_approved", "transfer_shipped", "transfer_received", "transfer_cancelled"),
    ),
    text("Operations"): (
        *("network_changed", "demand_learnt", "lookahead_published", "key_created", "key_rotated", "key_revoked"),
        *("webhook_added", "webhook_changed", "webhook_removed", "message_replayed", "message_dropped"),
        *("reset", "backed_up", "restored"),
    ),
    text("Audit"): ("sealed", "exported", "archived", "erased", "addressed", "audit_key_rotated", "log_begun"),
}
"""Each kind once."""


def kinds_by_group() -> dict[str, list[tuple[str, str]]]:
    """In the reader's words, those of a group by their names."""
    return {
        say(group): sorted(((kind, name_of(kind)) for kind in kinds), key=lambda its: its[1].casefold())
        for group, kinds in _GROUPS.items()
    }


def name_of(kind: str) -> str:
    """In the reader's words; English ones are those of HTTP."""
    return say(kind).replace("_", " ")
