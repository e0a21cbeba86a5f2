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
    each name of the group; then the same for the second group. A script with two groups is given the number of items of
    the first as its last argument. `functions` is Lua that the script calls.
    """

    names: tuple[str, ...]
    groups: tuple[tuple[str, ...], ...] = ()
    functions: str = ""

    def keys(self, keys: Keys, *groups: Iterable[Sequence[str]], **own: str) -> list[str]:
        """KEYS of one call: of each group, each item's keys. A name that is not in `own` is an attribute of `keys`."""
        every: list[str] = [own[name] if name in own else getattr(keys, name) for name in self.names]
        for items in groups:
            for item in items:
                every += item
        return every

    def lua(self) -> str:
        """The definition of the table `key`, and the functions."""
        lines = [f"  {name} = KEYS[{place}]," for place, name in enumerate(self.names, start=1)]
        before, items_before = len(self.names), ""
        for group in self.groups:
            size = len(group)
            lines += [
                f"  {name} = function(index) return KEYS[{before - size + place} + {size} * index{items_before}] end,"
                for place, name in enumerate(group, start=1)
            ]
            items_before = f" + {size} * ARGV[#ARGV]"
        return "\n".join(["local key = {", *lines, "}", self.functions])


NOTE_CHANGES = """local function note_changes(members)
  if next(members) then
    local call, stamped = redis.call, {}
    local time, last = call('TIME'), call('ZRANGE', key.changed, 0, 0, 'REV', 'WITHSCORES')[2]
    local stamp = string.format('%.0f', math.max(time[1] * 1000000 + time[2], (last or 0) + 1))
    for member in pairs(members) do
      stamped[#stamped + 1], stamped[#stamped + 2] = stamp, member
    end
    call('ZADD', key.changed, unpack(stamped))
  end
end
"""
"""Gives members of `changed`, the keys of a table, one stamp above all others. Every script that changes stock calls it
once it has.
"""

_SKU = ("on_hand", "held")
_SNAPSHOT = (
    *("facts", "active_policy", "scheduled_policies", "idempotency", "order"),
    *("load", "expiring", "resting", "changed"),
)
_COMMIT = (
    *_SNAPSHOT,
    *("decisions", "log", "orders", "parked", "hold", "open_holds", "endings"),
    *("set_aside", "earlier_set_aside", "earlier_load"),
)
_FOLLOW_UP = ("backlog", "chain", "operation", "rejected_hold", "rejections", "rejected_load")
_CLAIM = ("claimed_on_hand", "claimed_held")
_REJECTED_SKU = ("rejected_on_hand", "rejected_held", "rejected_stamp", "rejected_base")

SNAPSHOT = KeyLayout(_SNAPSHOT, (_SKU,))
REPLICA_SNAPSHOT = KeyLayout((*_SNAPSHOT, "holds_by_expiry"), (("expired_hold",), _SKU))
COMMIT = KeyLayout(_COMMIT, (_CLAIM,), NOTE_CHANGES)
COMMIT_FOLLOW_UP = KeyLayout((*_COMMIT, *_FOLLOW_UP), (_CLAIM, _REJECTED_SKU), NOTE_CHANGES)
END_HOLD = KeyLayout(
    ("hold", "expiring", "log", "endings", "operation", "load", "open_holds", "facts", "changed"),
    (("on_hand", "held", "base"),),
    NOTE_CHANGES,
)
EXTEND_HOLD = KeyLayout(("hold", "expiring", "log", "endings", "operation"))
SET_STOCK = KeyLayout(("facts", "changed"), (("on_hand", "held", "base", "stamp"),), NOTE_CHANGES)
MOVE_STOCK = KeyLayout(
    ("facts", "log", "movements", "movements_yesterday", "changed"), (("on_hand", "base"),), NOTE_CHANGES
)
WITHDRAW_BACKLOG = KeyLayout(("backlog", "log", "operation"))
APPROVE = KeyLayout(("order", "parked", "log"))
WAIT = KeyLayout(("order", "chain", "backlog", "endings", "log"))
END_REST = KeyLayout(("resting", "log", "operation"))
PUBLISH_POLICY = KeyLayout(("policies", "policy_history", "policy_operations"))
ACTIVATE_POLICY = KeyLayout(
    (
        "policies",
        "active_policy",
        "scheduled_policies",
        "policies_before",
        "policy_history",
        "policy_operations",
        "facts",
    )
)
UNSCHEDULE_POLICY = KeyLayout(("scheduled_policies", "policy_history"))
LOAD_SWAP = KeyLayout(
    (
        "facts",
        "products",
        "staged_facts",
        "staged_products",
        "todo",
        "broken_todo",
        "active_policy",
        "scheduled_policies",
    )
)
LOAD_STOCK = KeyLayout(("facts", "todo", "changed"), (("on_hand", "base", "stamp", "staged_on_hand"),), NOTE_CHANGES)
REPAIR = KeyLayout(("log", "expiring", "orders", "parked", "facts", "changed"), (("written",),), NOTE_CHANGES)

LAYOUTS: Mapping[str, KeyLayout] = {
    "snapshot": SNAPSHOT,
    "replica_snapshot": REPLICA_SNAPSHOT,
    "commit": COMMIT,
    "commit_follow_up": COMMIT_FOLLOW_UP,
    "end_hold": END_HOLD,
    "extend_hold": EXTEND_HOLD,
    "set_stock": SET_STOCK,
    "move_stock": MOVE_STOCK,
    "withdraw_backlog": WITHDRAW_BACKLOG,
    "orders/approve": APPROVE,
    "orders/wait": WAIT,
    "end_rest": END_REST,
    "publish_policy": PUBLISH_POLICY,
    "activate_policy": ACTIVATE_POLICY,
    "unschedule_policy": UNSCHEDULE_POLICY,
    "load_swap": LOAD_SWAP,
    "load_stock": LOAD_STOCK,
    "repair": REPAIR,
}
"""By the name of the script's file."""
