"""The kinds of entries of the log."""

from typing import Literal, TypeAlias, get_args

ACT_KINDS = (
    "policy_approval_asked",
    "policy_approval_taken_back",
    "policy_approval_declined",
    "policy_approved",
    "scheduled",
    "unscheduled",
    "gate_run",
    "shadow_started",
    "shadow_ended",
    "canary_started",
    "canary_grown",
    "canary_ended",
    "network_changed",
    "demand_learnt",
    "lookahead_published",
    "webhook_added",
    "webhook_changed",
    "webhook_removed",
    "message_dropped",
    "message_replayed",
    "key_created",
    "key_rotated",
    "key_revoked",
    "reset",
    "backed_up",
    "restored",
    "exported",
    "archived",
    "erased",
    "addressed",
    "audit_key_rotated",
    "log_begun",
    "sealed",
)
"""Acts of which the ledger has nothing. What they were about is in their details."""
SILENT_KINDS = frozenset(ACT_KINDS) - {
    *("policy_approval_asked", "policy_approval_taken_back", "policy_approval_declined", "policy_approved"),
    *("canary_ended", "sealed"),
}
"""Acts of which no events are made."""
TRANSFER_KINDS = (
    "transfer_proposed",
    "transfer_approved",
    "transfer_shipped",
    "transfer_received",
    "transfer_cancelled",
)
"""What became of a transfer."""
PackingKind: TypeAlias = Literal[
    "packing_begun",
    "packed",
    "packing_cancel_begun",
    "packing_kept",
    "packing_closed",
    "packing_reopened",
    "packing_cancelled",
]
PACKING_KINDS: tuple[PackingKind, ...] = get_args(PackingKind)
"""What became of parcels of a shipment."""
PARCEL_KINDS = (*PACKING_KINDS, "manifested")
"""What became of parcels."""
FORGETTABLE = ("counted", "loaded", "published", "activated", "allocated", "stock_low", "print_failed", *ACT_KINDS)
"""Those that the ledger can do without, so that archived ones may be forgotten."""
ReturnKind: TypeAlias = Literal[
    "return_opened",
    "return_received",
    "return_inspected",
    "return_disposed",
    "return_cancelled",
    "return_label_begun",
    "return_labelled",
    "return_label_cancel_begun",
    "return_label_kept",
    "return_label_cancelled",
]
RETURN_LABEL_KINDS = (
    "return_label_begun",
    "return_labelled",
    "return_label_cancel_begun",
    "return_label_kept",
    "return_label_cancelled",
)
"""What became of the label of a return."""
RETURN_KINDS: tuple[ReturnKind, ...] = get_args(ReturnKind)
"""Steps of returns, and what became of their labels."""
KINDS = (
    "decided",
    "confirmed",
    "released",
    "expired",
    "rejected",
    "extended",
    "withdrawn",
    "moved",
    "repaired",
    "woken",
    "set_aside",
    "queued",
    "approved",
    "cancelled",
    "undone",
    "amended",
    *RETURN_KINDS,
    "expected",
    "received",
    "overdue",
    *TRANSFER_KINDS,
    *PARCEL_KINDS,
    "progressed",
    "promise_at_risk",
    "promise_stays",
    "tracked",
    *FORGETTABLE,
)
"""All of them."""
