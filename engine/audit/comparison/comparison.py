"""Compares a decision with what a replay made of its facts: byte for byte or, if an earlier release logged it in
another form, value by value in that form.

Releases before meanings had numbers kept neither what nodes had been given nor positions without stock. Of such an
entry a replay may come out otherwise without anything being wrong.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from engine.audit.comparison.differences import Difference, differences
from engine.audit.comparison.former_form import former_decision
from engine.audit.replay import Replay
from engine.decide.facts_record import FactsRecord

_ALWAYS_KEPT = ("nodes", "on_hand", "held", "floor", "taken", "lots")
"""What was kept of the stock of a SKU before all facts were."""


def is_whole(facts: FactsRecord) -> bool:
    """Whether all that the decision was made on was kept."""
    return bool(facts.meaning)


def compare(body: bytes, facts: bytes, replay: Replay) -> tuple[Difference, ...]:
    """Where the replay differs from the record in `body` and its `facts`; nothing, if it comes out as it was logged."""
    if (body, facts) == (replay.body, replay.logged_facts):
        return ()
    recorded, replayed = json.loads(body), json.loads(replay.body)
    kept, again = json.loads(facts), json.loads(replay.logged_facts)
    if recorded.get("schema", 0) <= 1:
        former = former_decision(replayed, again)
        return tuple(differences(recorded, {**former, "schema": recorded.get("schema")}))
    if "meaning" not in kept:
        again = _before_all_was_kept(again)
        recorded, replayed = ({**item, "facts": None} for item in (recorded, replayed))
        return (*differences(recorded, replayed), *differences(kept, again, "facts.document"))
    found = (*differences(recorded, replayed), *differences(kept, again, "facts.document"))
    return found or (_of_bytes(body + facts, replay.body + replay.logged_facts),)


def _of_bytes(recorded: bytes, replayed: bytes) -> Difference:
    """The same values are written otherwise: their SHA-256."""
    before, after = (hashlib.sha256(text).hexdigest() for text in (recorded, replayed))
    return Difference(path="(bytes)", recorded=before, replayed=after)


def _before_all_was_kept(facts: Mapping[str, Any]) -> dict[str, Any]:
    stock = {
        sku: {name: columns[name] for name in _ALWAYS_KEPT if name in columns}
        for sku, columns in facts["stock"].items()
    }
    return {"stock": stock, "excluded": facts["excluded"]}
