"""The keys of each Lua script by name, declared once for the Python that gives them and the Lua that uses them.

A cluster must be told every key of a script beforehand, in the list KEYS. Python makes that list with
`COMMIT.keys(...)`; a script says `key.log` or, of keys that it is given for each of several items, `key.on_hand(3)`.
The table `key` is put before a script's text when it is registered, so it adds no argument to a call.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from engine.store.keys import Keys
from engine.store.waiting.script_functions import OFFER, OFFERED_BEFORE, WAIT


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
    return stamp
  end
end
"""
"""Gives members of `changed`, the keys of a table, one stamp above all others, and returns it. Every script that
changes stock calls it once it has.
"""

_FREEING = NOTE_CHANGES + OFFER
"""For scripts that raise what is on hand, or lower what is held."""
_OFFERS = ("offers", "waiting")
_BACKLOG = (*_OFFERS, "backlog", "offered", "due")
_SKU = ("on_hand", "held")
_SNAPSHOT = ("facts", "active_policy", "scheduled_policies", "idempotency", "load", "expiring", "resting", "changed")
_COMMIT = (
    *_SNAPSHOT,
    *("decisions", "log", "hold", "open_holds", "endings"),
    *("set_aside", "earlier_set_aside", "earlier_load"),
    *_OFFERS,
)
_FOLLOW_UP = ("backlog", "offered", "due", "chain", "operation", "rejected_hold", "rejections", "rejected_load")
_CLAIM = ("claimed_on_hand", "claimed_held")
_REJECTED_SKU = ("rejected_on_hand", "rejected_held", "rejected_stamp", "rejected_base")

SNAPSHOT = KeyLayout(_SNAPSHOT, (_SKU,))
REPLICA_SNAPSHOT = KeyLayout((*_SNAPSHOT, "holds_by_expiry"), (("expired_hold",), _SKU))
COMMIT = KeyLayout(_COMMIT, (_CLAIM,), _FREEING + OFFERED_BEFORE)
COMMIT_FOLLOW_UP = KeyLayout((*_COMMIT, *_FOLLOW_UP), (_CLAIM, _REJECTED_SKU), _FREEING + OFFERED_BEFORE + WAIT)
END_HOLD = KeyLayout(
    ("hold", "expiring", "log", "endings", "operation", "load", "open_holds", "facts", "changed", *_OFFERS),
    (("on_hand", "held", "base"),),
    _FREEING,
)
EXTEND_HOLD = KeyLayout(("hold", "expiring", "log", "endings", "operation"))
SET_STOCK = KeyLayout(("facts", "changed", *_OFFERS), (("on_hand", "held", "base", "stamp"),), _FREEING)
MOVE_STOCK = KeyLayout(
    ("facts", "log", "movements", "movements_yesterday", "changed", *_OFFERS), (("on_hand", "base"),), _FREEING
)
WITHDRAW_BACKLOG = KeyLayout((*_BACKLOG, "changed", "log", "operation"), functions=_FREEING + WAIT)
NEXT_OFFER = KeyLayout((*_BACKLOG, "changed", "on_hand", "held"), functions=OFFER)
WAKE_BACKLOG = KeyLayout((*_BACKLOG, "changed"), functions=_FREEING + WAIT)
NOTE_OFFER = KeyLayout(("backlog", "offered"))
RANK_BACKLOG = KeyLayout((*_BACKLOG, "changed"), functions=_FREEING + WAIT)
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
LOAD_STOCK = KeyLayout(
    ("facts", "todo", "changed", *_OFFERS), (("on_hand", "base", "stamp", "staged_on_hand"),), _FREEING
)
REPAIR = KeyLayout(("log", "expiring", "facts", "changed", *_OFFERS, "due"), (("written",),), _FREEING + WAIT)

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
    "next_offer": NEXT_OFFER,
    "wake_backlog": WAKE_BACKLOG,
    "rank_backlog": RANK_BACKLOG,
    "note_offer": NOTE_OFFER,
    "end_rest": END_REST,
    "publish_policy": PUBLISH_POLICY,
    "activate_policy": ACTIVATE_POLICY,
    "unschedule_policy": UNSCHEDULE_POLICY,
    "load_swap": LOAD_SWAP,
    "load_stock": LOAD_STOCK,
    "repair": REPAIR,
}
"""By the name of the script's file."""
