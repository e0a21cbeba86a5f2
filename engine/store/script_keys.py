"""The keys of each Lua script by name, declared once for the Python that gives them and the Lua that uses them.

A cluster must be told every key of a script beforehand, in the list KEYS. Python makes that list with
`COMMIT.keys(...)`; a script says `key.log` or, of keys that it is given for each of several items, `key.on_hand(3)`.
The table `key` is put before a script's text when it is registered, so it adds no argument to a call.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from engine.store.keys import Keys


@dataclass(frozen=True, slots=True)
class KeyLayout:
    """The order of KEYS: first one key for each of `names`; then, for each item of the first of `groups`, one key for
    each name of the group; then the same for the groups after it. A script is given the number of items of each group
    but the last, as its last arguments. `parts` are the files of scripts/parts whose functions it calls.
    """

    names: tuple[str, ...]
    groups: tuple[tuple[str, ...], ...] = ()
    parts: tuple[str, ...] = ()
    begins_entry: bool = False
    """Whether it stores who acts for another script, which writes the entry."""

    @property
    def logs(self) -> bool:
        """Whether the script is told who acts: it writes to the log."""
        return "log" in self.names or self.begins_entry

    def keys(self, keys: Keys, *groups: Iterable[Sequence[str]], **own: str) -> list[str]:
        """KEYS of one call: of each group, each item's keys. A name that is not in `own` is an attribute of `keys`."""
        every: list[str] = [own[name] if name in own else getattr(keys, name) for name in self.names]
        for items in groups:
            for item in items:
                every += item
        return every

    def lua(self) -> str:
        """The definition of the table `key`."""
        lines = [f"  {name} = KEYS[{place}]," for place, name in enumerate(self.names, start=1)]
        before, items_before = len(self.names), ""
        for number, group in enumerate(self.groups, start=2 - len(self.groups)):
            size = len(group)
            lines += [
                f"  {name} = function(index) return KEYS[{before - size + place} + {size} * index{items_before}] end,"
                for place, name in enumerate(group, start=1)
            ]
            items_before += f" + {size} * ARGV[#ARGV + {number}]"
        return "\n".join(["local key = {", *lines, "}", ""])


NOTE_CHANGES = ("note_changes",)
"""Gives the SKUs whose stock a script changed a new stamp."""
_FREEING = (*NOTE_CHANGES, "offer")
"""For scripts that raise what is on hand, or lower what is held."""
_WAITING = (*_FREEING, "waiting_entries")
"""For scripts by which entries of the backlog begin or stop to wait."""
_LOTS = ("lots",)
"""For scripts that tell the lots of a position apart."""
_JOURNAL = (*_LOTS, "stock_journal")
"""For scripts that change what is on hand."""
_RECEIPTS = ("receipts",)
"""For scripts that read or change what stands on receipts."""
CHANGING_RECEIPTS = (*_FREEING, *_JOURNAL, *_RECEIPTS, "receipt_changes")
"""For scripts that open, change or receive receipts."""
TRACKING = ("tracking",)
"""For scripts by which parcels begin to be with a carrier, or stop to be; they need TRACKED_NOW."""
TRACKED_NOW = ("tracking_open", "tracking_unraised")
_CANARY = ("canary",)
"""For scripts that may end a canary; they need CANARY_NAMES, the history and the log."""
_DECIDING = ("deciding_policy",)
"""For scripts that ask which version decides an order."""
CANARY_NAMES = ("canary", "canary_state")
_OVERRIDES = ("overrides",)
"""For scripts that let a version decide."""
_ACTIVATIONS = (*_CANARY, "activations")
"""For scripts that log which policy version became active."""
_ENDED = ("ended_units",)
"""For scripts that change an order only if its units ended as they were read."""
_CHANGING_HOLDS = (*_WAITING, *_JOURNAL, *_RECEIPTS, *_ENDED, "hold_changes", "order_changes")
"""For scripts that change units of holds."""

_OFFERS = ("offers", "waiting")
_BACKLOG = (*_OFFERS, "backlog", "offered", "due")
_SKU = ("on_hand", "held", "receipts")
_TAKEN = ("taken",)
"""Of each SKU, and of each period of an allotment that matters."""
_SNAPSHOT = (
    *("facts", "active_policy", "scheduled_policies", "canary", "idempotency", "order"),
    *("expiring", "resting", "changed", "lookahead"),
)
_COMMIT = (
    *_SNAPSHOT,
    *("decisions", "log", "orders", "order_keys", "parked", "hold", "open_holds", "endings"),
    *("set_aside", "earlier_set_aside"),
    *_OFFERS,
)
_FOLLOW_UP = ("backlog", "offered", "due", "chain", "operation", "shipment_units", "at_risk")
_CLAIM = ("claimed_on_hand", "claimed_held")
_CLAIMED_RECEIPTS = ("claimed_receipts", "claimed_pegs")
"""Of each claim that takes units of receipts, those of its SKU."""
_LOAD = ("load",)
_CHANGED_HOLD, _CHANGED_LOAD = ("changed_hold", "confirms"), ("changed_load",)
_CHANGED_SKU = (
    *("changed_on_hand", "changed_held", "changed_base", "changed_stamp"),
    *("changed_journal", "changed_blocked", "changed_receipts", "changed_pegs"),
)
RECEIPT_NAMES = (
    *("receipt_skus", "closed_receipts", "open_by_arrival", "closed_by_arrival", "arriving"),
    *("at_risk", "expiring"),
)
"""What CHANGING_RECEIPTS needs beside the facts, the log, the stamps and the offers."""
PEGGED_HOLD = ("pegged_hold",)
_CHANGED_TAKEN = ("changed_taken",)
_RETURNED_SKU = (*_CHANGED_SKU, "changed_quarantine")
_FORMER = ("former_versions", "former_networks", "former_items")

SNAPSHOT = KeyLayout(_SNAPSHOT, (_LOAD, _SKU, _TAKEN), _DECIDING)
REPLICA_SNAPSHOT = KeyLayout((*_SNAPSHOT, "holds_by_expiry"), (("expired_hold",), _LOAD, _SKU, _TAKEN), _DECIDING)
COMMIT = KeyLayout(
    _COMMIT,
    (_LOAD, _CLAIM, _TAKEN, _CLAIMED_RECEIPTS),
    (*_FREEING, "offered_before", *_LOTS, *_RECEIPTS, *_DECIDING),
)
COMMIT_FOLLOW_UP = KeyLayout(
    (*_COMMIT, *_FOLLOW_UP),
    (_LOAD, _CLAIM, _TAKEN, _CLAIMED_RECEIPTS, _CHANGED_HOLD, _CHANGED_LOAD, _CHANGED_SKU, _CHANGED_TAKEN),
    (*_CHANGING_HOLDS, "offered_before", *_DECIDING),
)
CHANGE_HOLDS = KeyLayout(
    (
        "expiring",
        "log",
        "endings",
        "shipment_units",
        "operation",
        "open_holds",
        "facts",
        "changed",
        "order",
        "parked",
        "chain",
        "at_risk",
        *_BACKLOG,
    ),
    (_CHANGED_HOLD, _CHANGED_LOAD, _CHANGED_SKU, _CHANGED_TAKEN),
    _CHANGING_HOLDS,
)
NOTE_PROMISE = KeyLayout(("hold", "log", "operation"))
INDEX_PROMISES = KeyLayout(
    (
        *("promises", "promises_unraised", "promises_estimated", "promises_read", "promises_waiting"),
        *(*_BACKLOG, "facts", "changed"),
    ),
    parts=_WAITING,
)
SUM_UNITS = KeyLayout((), (("summed_on_hand", "summed_blocked"),))
INDEX_LOG = KeyLayout(("search_index", "search_days"), (("search_day",),))
EXTEND_HOLD = KeyLayout(("hold", "expiring", "log", "operation"))
SET_STOCK = KeyLayout(("facts", "log", "changed", *_OFFERS), (_CHANGED_SKU,), (*_FREEING, *_JOURNAL))
MOVE_STOCK = KeyLayout(
    ("facts", "log", "movements", "movements_yesterday", "changed", *_OFFERS), (_CHANGED_SKU,), (*_FREEING, *_JOURNAL)
)
CHANGE_RETURN = KeyLayout(
    (
        *("returns", "returns_opened", "order", "chain", "endings", "shipment_units", "operation"),
        *("facts", "log", "changed", *_OFFERS, *RECEIPT_NAMES),
    ),
    (_RETURNED_SKU, PEGGED_HOLD),
    (*CHANGING_RECEIPTS, *_ENDED),
)
CHANGE_RECEIPT = KeyLayout(
    ("facts", "log", "changed", *_OFFERS, *RECEIPT_NAMES, "operation"), (_CHANGED_SKU, PEGGED_HOLD), CHANGING_RECEIPTS
)
CHANGE_TRANSFER = KeyLayout(
    (
        *("facts", "log", "changed", *_OFFERS, *RECEIPT_NAMES, "operation"),
        *("open_transfers", "ended_transfers", "ended_transfers_made", "active_policy", "scheduled_policies"),
    ),
    (_CHANGED_SKU,),
    CHANGING_RECEIPTS,
)
_PRINTING = ("print_jobs", "print_queue", "print_nodes")
_PACKING = ("shipments", "parcel_numbers", "open_packings", "log", "operation", *_PRINTING)
_NUMBER_TAKING = ("number_ranges", "serials", "number_taking")
CHANGE_SHIPMENT = KeyLayout(
    (
        *_PACKING,
        *("serials", "tracking_serials", "parcel_labels", "addressees", "order_keys"),
        *("hold", "endings", "shipment_units", "tracking_open", "tracking_unraised", "unfinished_packings"),
        *("labels_stored", "addressees_stored"),
    ),
    parts=(*_NUMBER_TAKING, "print_jobs", "tracking"),
)
CHANGE_RETURN_LABEL = KeyLayout(
    (
        *("returns", "parcel_labels", "labels_stored", "order_keys", "serials", "tracking_serials", "parcel_numbers"),
        *("log", "operation", "unfinished_return_labels", "late_purchases"),
    ),
    parts=_NUMBER_TAKING,
)
CLOSE_MANIFEST = KeyLayout((*_PACKING, "manifests", "unconfirmed_manifests"), parts=("print_jobs",))
RESERVE_SERIALS = KeyLayout(("serials",), parts=("number_ranges", "serials"))
RESERVE_NUMBERS = KeyLayout(("tracking_serials", "parcel_numbers"), parts=("number_ranges", "serials"))
MARK_SERIALS = KeyLayout(("claimed_serials",))
MARK_NUMBERS = KeyLayout(("claimed_numbers",))
PUT_ADDRESSEE = KeyLayout(("order", "order_keys", "addressees", "addressees_stored", "log"))
NOTE_OVERDUE = KeyLayout(
    ("arriving", "receipt_skus", "at_risk", "log"),
    (("changed_receipts", "changed_pegs"),),
    (*_RECEIPTS, "receipt_changes"),
)
SETTLE_PRINT_JOB = KeyLayout(
    ("print_jobs", "print_queue", "print_nodes", "print_printed", "print_dead", "accesses", "log"),
    parts=("print_jobs",),
)
CHANGE_WHATIF = KeyLayout(("whatif_jobs", "whatif_unended", "whatif_job", "whatif_result", "whatif_waiting"))
FORGET_WHATIFS = KeyLayout(("whatif_jobs",), (("whatif_job",),))
PUBLISH_CHANNEL = KeyLayout(
    ("channel_feeds", "channel_feed", "channel_units", "channel_changes", "channel_lease", "log")
)
NOTE_LOW = KeyLayout(("low_positions", "low_checked", "low_lease", "log"))
TRACK = KeyLayout(
    ("tracked", "tracking_states", "parcel_numbers", *TRACKED_NOW, "heard_carriers", "on_time", "log"), parts=TRACKING
)
WITHDRAW_BACKLOG = KeyLayout((*_BACKLOG, "changed", "log", "operation"), parts=_WAITING)
NEXT_OFFER = KeyLayout(
    (*_BACKLOG, "promises_waiting", "changed", "on_hand", "held", "receipts"), parts=("offer", *_RECEIPTS)
)
WAKE_BACKLOG = KeyLayout((*_BACKLOG, "changed"), parts=_WAITING)
NOTE_OFFER = KeyLayout(("backlog", "offered"))
RANK_BACKLOG = KeyLayout((*_BACKLOG, "changed"), parts=_WAITING)
APPROVE = KeyLayout(("order", "parked", *_BACKLOG, "facts", "changed", "log"), parts=_WAITING)
ERASE = KeyLayout(
    ("order", "order_keys", "addressees", "addressees_stored", "chain", "backlog", "quote", "log"), (("ended_hold",),)
)
WAIT = KeyLayout(
    ("order", "chain", *_BACKLOG, "facts", "changed", "endings", "shipment_units", "log"), parts=(*_WAITING, *_ENDED)
)
END_REST = KeyLayout(("resting", "log", "operation"))
PUBLISH_POLICY = KeyLayout(("policies", "policy_tests", "policy_history", "policy_operations", "log"))
ACTIVATE_POLICY = KeyLayout(
    (
        "policies",
        "active_policy",
        "scheduled_policies",
        "policies_before",
        "policy_history",
        "policy_operations",
        "facts",
        "log",
        "logged_activations",
        *CANARY_NAMES,
    ),
    parts=(*_ACTIVATIONS, *_OVERRIDES),
)
NOTE_GATE = KeyLayout(("policies", "policy_gates", "policy_history", "policy_operations", "log"))
CHANGE_DRAFT = KeyLayout(("policy_drafts",))
APPROVE_POLICY = KeyLayout(("policies", "policy_history", "policy_operations", "log"))
CHANGE_APPROVAL_REQUEST = APPROVE_POLICY
UNSCHEDULE_POLICY = KeyLayout(
    ("scheduled_policies", "policy_history", "policy_operations", "logged_activations", "log")
)
LOG_ACTIVATIONS = KeyLayout(
    ("log", "active_policy", "scheduled_policies", "logged_activations", "policy_history", *CANARY_NAMES),
    parts=_ACTIVATIONS,
)
START_CANARY = KeyLayout(
    (
        *("policies", "active_policy", "scheduled_policies", "policy_history", "policy_operations", "facts", "log"),
        *(*CANARY_NAMES, "canary_orders"),
    ),
    parts=(*_DECIDING, *_CANARY, *_OVERRIDES),
)
CHANGE_CANARY = KeyLayout((*CANARY_NAMES, "policy_history", "policy_operations", "log"), parts=(*_CANARY, *_OVERRIDES))
CHANGE_SHADOW = KeyLayout(
    ("policies", "policy_history", "policy_operations", "log", "shadow_state", "shadow_orders"),
)
ADD_COMPARED = KeyLayout(("trial_state", "trial_orders"))
_WEBHOOK = ("webhooks", "webhook", "webhook_lanes", "webhook_dead", "webhook_progress", "log")
CHANGE_WEBHOOK = KeyLayout(_WEBHOOK)
REMOVE_WEBHOOK = KeyLayout(_WEBHOOK)
LEASE = KeyLayout(("lease",))
BEGIN_BOOKING = KeyLayout(("booked",))
APPEND_EVENTS = KeyLayout(("events", "events_cursor"))
CHANGE_FACTS = KeyLayout(
    ("facts", "products", "product_index", "active_policy", "scheduled_policies", "canary", *_FORMER, "log"),
    parts=("former_version",),
)
LEARN_DEMAND = KeyLayout(
    ("facts", "products", "staged_products", "former_versions", "former_networks", "former_products", "demand", "log"),
    parts=("former_version",),
)
PUBLISH_LOOKAHEAD = KeyLayout(
    ("lookahead", "lookahead_heads", "lookahead_published", "lookahead_table", "staged_lookahead", "log")
)
PUT_KEYS = KeyLayout(("api_keys", "log"))
RECORD_ACT = KeyLayout(("log", "operation"))
LOAD_SWAP = KeyLayout(
    (
        "facts",
        "products",
        "product_index",
        "staged_facts",
        "staged_products",
        "staged_product_index",
        "todo",
        "broken_todo",
        "active_policy",
        "scheduled_policies",
        "canary",
        "former_versions",
        "former_networks",
        "former_products",
    ),
    parts=("former_version",),
    begins_entry=True,
)
LOAD_STOCK = KeyLayout(
    ("facts", "products", "todo", "changed", "log", *_OFFERS),
    (("on_hand", "base", "stamp", "journal", "staged_on_hand"),),
    _FREEING,
)
REPAIR = KeyLayout(
    (
        *("log", "expiring", "orders", "parked", "arriving", "open_by_arrival", "closed_by_arrival"),
        *("ended_transfers_made", "returns_opened", "facts", "changed", *_OFFERS, "due", *TRACKED_NOW),
    ),
    (("written",),),
    _WAITING,
)
TRIM_LOG = KeyLayout(("trimmed_log", "sealed", "archived", "archived_days", "archived_kept"))
SEAL = KeyLayout(("sealed",), (("grown",),))
KEEP_PLACE = KeyLayout(
    (
        "connectors",
        "connector",
        "connector_once",
        "connector_problems",
        "connector_lease",
        "connector_status",
    )
)
RIGHTS = KeyLayout(("never_written",))
CLAIM_REQUEST = KeyLayout(("request",))
SETTLE_REQUEST = KeyLayout(("request",))
COUNT_REQUEST = KeyLayout(("count",))

LAYOUTS: Mapping[str, KeyLayout] = {
    "snapshot": SNAPSHOT,
    "replica_snapshot": REPLICA_SNAPSHOT,
    "commit": COMMIT,
    "commit_follow_up": COMMIT_FOLLOW_UP,
    "change_holds": CHANGE_HOLDS,
    "extend_hold": EXTEND_HOLD,
    "flows/note_promise": NOTE_PROMISE,
    "flows/index_promises": INDEX_PROMISES,
    "set_stock": SET_STOCK,
    "move_stock": MOVE_STOCK,
    "flows/change_return": CHANGE_RETURN,
    "flows/change_receipt": CHANGE_RECEIPT,
    "flows/change_transfer": CHANGE_TRANSFER,
    "flows/note_overdue": NOTE_OVERDUE,
    "fulfilment/change_shipment": CHANGE_SHIPMENT,
    "fulfilment/change_return_label": CHANGE_RETURN_LABEL,
    "fulfilment/close_manifest": CLOSE_MANIFEST,
    "fulfilment/reserve_serials": RESERVE_SERIALS,
    "fulfilment/reserve_numbers": RESERVE_NUMBERS,
    "fulfilment/mark_serials": MARK_SERIALS,
    "fulfilment/mark_numbers": MARK_NUMBERS,
    "fulfilment/put_addressee": PUT_ADDRESSEE,
    "fulfilment/settle_print_job": SETTLE_PRINT_JOB,
    "simulation/change_whatif": CHANGE_WHATIF,
    "simulation/forget_whatifs": FORGET_WHATIFS,
    "flows/publish_channel": PUBLISH_CHANNEL,
    "flows/note_low": NOTE_LOW,
    "fulfilment/track": TRACK,
    "backlog/withdraw": WITHDRAW_BACKLOG,
    "orders/approve": APPROVE,
    "orders/wait": WAIT,
    "orders/erase": ERASE,
    "backlog/next_offer": NEXT_OFFER,
    "backlog/wake": WAKE_BACKLOG,
    "backlog/rank": RANK_BACKLOG,
    "backlog/note_offer": NOTE_OFFER,
    "end_rest": END_REST,
    "publish_policy": PUBLISH_POLICY,
    "approve_policy": APPROVE_POLICY,
    "policies/change_approval_request": CHANGE_APPROVAL_REQUEST,
    "activate_policy": ACTIVATE_POLICY,
    "policies/note_gate": NOTE_GATE,
    "policies/change_draft": CHANGE_DRAFT,
    "policies/start_canary": START_CANARY,
    "policies/change_canary": CHANGE_CANARY,
    "policies/change_shadow": CHANGE_SHADOW,
    "policies/add_compared": ADD_COMPARED,
    "unschedule_policy": UNSCHEDULE_POLICY,
    "events/log_activations": LOG_ACTIVATIONS,
    "change_facts": CHANGE_FACTS,
    "flows/learn_demand": LEARN_DEMAND,
    "flows/publish_lookahead": PUBLISH_LOOKAHEAD,
    "events/change_webhook": CHANGE_WEBHOOK,
    "events/remove_webhook": REMOVE_WEBHOOK,
    "events/append": APPEND_EVENTS,
    "load_swap": LOAD_SWAP,
    "load_stock": LOAD_STOCK,
    "repair": REPAIR,
    "requests/claim": CLAIM_REQUEST,
    "requests/settle": SETTLE_REQUEST,
    "requests/count": COUNT_REQUEST,
    "access/put_keys": PUT_KEYS,
    "audit/index_log": INDEX_LOG,
    "audit/sum_units": SUM_UNITS,
    "audit/seal": SEAL,
    "audit/trim": TRIM_LOG,
    "audit/record_act": RECORD_ACT,
    "connectors/keep_place": KEEP_PLACE,
    "server/rights": RIGHTS,
    "server/lease": LEASE,
    "fulfilment/begin_booking": BEGIN_BOOKING,
}
"""By the name of the script's file."""
