"""Every script touches only the keys it is given, as a cluster asks: else it would look on the wrong machine."""

import dataclasses

import pytest

from engine.rejecting import Refusal
from engine.store import client as store
from engine.store.stock import Count, Movement, Stamp
from tests.building import LILLE, LYON, inventory, node, order
from tests.conftest import activate

STRICT = """
local redis = (function(real)
  local declared = {}
  for _, key in ipairs(KEYS) do declared[key] = true end
  return {call = function(command, key, ...)
    if not declared[key] then error(command .. ' of a key that was not declared: ' .. key) end
    return real.call(command, key, ...)
  end}
end)(redis)
"""


@pytest.fixture
def strict_scripts(monkeypatch):
    """Scripts made from here on fail at a key that they were not given."""

    def script(self, name, *, writes=True, **parts):
        return self.redis.register_script(STRICT + store.script_text(name, **parts))

    monkeypatch.setattr(store.Client, "script", script)


@pytest.fixture
def strict(strict_scripts, opened):
    pointsman = opened()
    yield pointsman
    pointsman.forget()


def test_no_script_touches_a_key_it_was_not_given(strict, clock):
    pointsman = strict
    pointsman.load(
        inventory([node("lyon", LYON), node("lille", LILLE)], {"A": {"lyon": 9, "lille": 9}, "B": {"lyon": 9}})
    )
    activate(pointsman, "then: {hold: 1 h}", "when: {rejection.reason: other}, then: {rest_after_rejection: 1 h}")
    names = [pointsman.decide(order(("A", 12), ("B", 2))).record["id"]]
    names += [pointsman.decide(order(("B", 1))).record["id"] for _ in range(4)]
    pointsman.holds.confirm(names[0], shipments=[("lyon", "parcel")])
    pointsman.holds.release(names[1])
    pointsman.holds.extend(names[2], minutes=90)
    pointsman.stock.put(Count(node="lyon", sku="A", on_hand=4, stamp=Stamp(kind="s", number=1)))
    pointsman.stock.move([Movement(op=sku, node="lille", sku=sku, delta=5) for sku in "AB"])
    for units in (1, 2):
        said = Refusal(decision=names[0], node="lille", reason="not_in_stock", on_hand=1, lines={"A": units})
        pointsman.rerouting.reject(dataclasses.replace(said, op=f"{units}", waits=True))
    busy = pointsman.decide(order(("B", 1))).record
    (shipment,) = busy["shipments"]
    pointsman.rerouting.reject(Refusal(decision=busy["id"], node=shipment["node"], reason="other"))
    assert pointsman.decide(order(("B", 1))).record["shipments"][0]["node"] != shipment["node"]
    pointsman.rests.end(shipment["node"], who="eve")
    assert pointsman.decide(order(("A", 90)), wait=True).record["waiting"]
    pointsman.stock.move([Movement(op="back", node="lille", sku="A", delta=50)])
    assert pointsman.backlog.run(limit=9).answers
    for place in pointsman.backlog.page(limit=9).places:
        pointsman.backlog.withdraw(place.waiting.decision)
    clock.now += 3_600
    assert pointsman.availability("A", "web").free > 0
    clock.now += 3_600
    assert [item.state for item in pointsman.holds.state(names[2]).shipments] == ["expired"]
    audit = pointsman.check()
    assert (audit.clean, audit.held) == (True, 0)
    held = pointsman.decide(order(("B", 1))).record["id"]
    pointsman._client.redis.delete(pointsman._keys.hold(held), pointsman._keys.held("B"))
    assert len(pointsman.repair(who="eve").mended) == 2


def test_a_key_that_was_not_declared_would_be_noticed(strict):
    script = strict._client.redis.register_script(STRICT + "return redis.call('GET', ARGV[1])")
    with pytest.raises(Exception, match="not declared"):
        script(keys=["{a}:b"], args=["{a}:c"])
