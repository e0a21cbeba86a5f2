"""Pointsman: the one place where the parts are put together.

A decision is two round trips: one snapshot, one commit. What changes seldom (network, products, policies) is kept
by version, and read again when the snapshot names another.
"""

import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import orjson

from engine import __version__
from engine.decide.checking import attribute_mistakes, check_order
from engine.decide.deciding import decide
from engine.decide.decision import canonical, order_record, record, timestamp
from engine.decide.matching import Matcher
from engine.decide.weighing import deciding_rules
from engine.errors import Contended, InputInvalid, KeyReused, NotFound, QuotaExceeded, StoreUnavailable
from engine.facts import Inventory, Network, Order, Product, Snapshot
from engine.holding import Holding
from engine.settings import Settings
from engine.stockroom import Availability, Stockroom
from engine.store import checking, log, network, policies, resetting
from engine.store.client import Client
from engine.store.keys import Keys
from engine.store.ledger import Key, Ledger, Reading, positions
from engine.store.memory import Memory
from engine.store.server import open_server
from engine.store.stock import Stock
from rules.policy import PolicySet
from rules.schema import load_policies

MOST_ATTEMPTS = 10
"""Tries of one decision whose stock others keep taking. Each failed try is somebody else's success."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A decision's bytes, and whether they were made for this very call or had been before."""

    body: bytes
    new: bool

    @property
    def record(self) -> dict[str, Any]:
        return dict(orjson.loads(self.body))


class Pointsman:
    """Everything the service does. Make it in the process that uses it, after any fork, and close it.

    `clock` answers UTC seconds; `new_id` the id of a decision. Methods raise the errors of `engine.errors`.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Callable[[], float] | None = None,
        new_id: Callable[[], str] = lambda: uuid.uuid4().hex,
    ) -> None:
        self.settings = settings
        self._clock = clock or _system_clock
        self._new_id = new_id
        self._server = open_server(settings)
        self._client = Client(self._server.url)
        self._keys = Keys(settings.network)
        self._ledger = Ledger(self._client, self._keys)
        self._memory = Memory(self._client, self._keys)
        revive = self._server.ensure_running
        self.holds = Holding(self._client, self._keys, clock=lambda: self.now, revive=revive)
        stock = Stock(self._client, self._keys)
        self.stock = Stockroom(stock, facts=self._facts, known=self._known, clock=lambda: self.now, revive=revive)

    def close(self) -> None:
        self._memory.close()
        self._client.close()
        self._server.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def now(self) -> int:
        return int(self._clock())

    def load(self, inventory: Inventory) -> bool:
        """Put the network, products and stock in place of those before; whether anything but units changed."""
        before = network.read_network(self._client, self._keys)
        network.save(self._client, self._keys, inventory)
        return before is None or before.version != inventory.network.version

    def publish(self, files: Mapping[str, bytes], *, who: str, note: str) -> PolicySet:
        """Store a policy set under its version; raises PolicyInvalid with every finding."""
        found = load_policies(files)
        self._check_attributes(found)
        act = {"who": who, "note": note, "at": str(self.now)}
        policies.publish(self._client, self._keys, found.version, found.texts, act)
        return found

    def _check_attributes(self, found: PolicySet) -> None:
        """Raise InputInvalid if a rule speaks of an extra attribute that the loaded network does not have so."""
        loaded = network.read_network(self._client, self._keys)
        mistakes = attribute_mistakes(found, loaded.attributes) if loaded else []
        if mistakes:
            raise InputInvalid(mistakes)

    def activate(self, version: str, *, who: str, note: str) -> None:
        """Let a published version decide, from the next decision on; raises NotFound."""
        self._memory.policy(version)
        act = {"who": who, "note": note, "at": str(self.now)}
        policies.activate(self._client, self._keys, version, act)

    def find_version(self, start: str) -> str:
        """The published version that starts so; raises NotFound unless there is exactly one."""
        found = [version for version in policies.versions(self._client, self._keys) if version.startswith(start)]
        if len(found) != 1:
            raise NotFound(f"{len(found) or 'no'} published policy versions start with '{start}'")
        return found[0]

    def policy_history(self) -> list[dict[str, str]]:
        """Who published or activated what, when and why, oldest first."""
        return [act | {"at": timestamp(int(act["at"]))} for act in policies.history(self._client, self._keys)]

    def decide(
        self,
        order: Order,
        *,
        now: int | None = None,
        key: Key | None = None,
        dry_run: bool = False,
        caller: str | None = None,
    ) -> Answer:
        """The decision for `order`, its stock held and the log written; with `dry_run` neither.

        `now` is the instant decided as of, if not this one: holds end by the clock and not by it, and the new one lasts
        from the clock's instant at the earliest. A `key` that came before is answered with its decision, but not in a
        dry run. `caller`, by default the key's, is whose hold it is. Raises OrderInvalid, NotReady, KeyReused,
        QuotaExceeded, Contended, StoreUnavailable.
        """
        instant = self.now if now is None else now
        decision_id = self._new_id()
        whose = caller if caller is not None else key.caller if key else ""
        for _ in range(MOST_ATTEMPTS):
            try:
                snapshot, matcher = self._facts(order.skus, instant, None if dry_run else key)
            except _Answered as earlier:
                return self._earlier(earlier.decision, order)
            check_order(order, snapshot)
            decision = decide(order, snapshot, matcher, instant, held_from=max(instant, self.now))
            body = canonical(record(decision, None if dry_run else decision_id, __version__))
            if dry_run:
                return Answer(body=body, new=True)
            done = self._ledger.commit(
                decision, decision_id, body, key, caller=whose, max_holds=self.settings.max_holds
            )
            if done.answered is not None:
                return self._earlier(done.answered, order)
            if done.full is not None:
                raise QuotaExceeded(
                    f"'{whose}' has {done.full} open holds and may have {self.settings.max_holds}"
                    " (POINTSMAN_MAX_HOLDS); confirm or release some, or wait until they expire"
                )
            if done.stale is None:
                return Answer(body=body, new=True)
        raise Contended(f"others took the stock of order {order.id} {MOST_ATTEMPTS} times in a row; try again")

    def weigh(self, order: Order, *, now: int) -> tuple[str, ...]:
        """The rules that would decide `order` now: without any one of them the choice would be another."""
        snapshot, matcher = self._facts(order.skus, now)
        check_order(order, snapshot)
        return deciding_rules(order, snapshot, matcher, now)

    def products(self, skus: Iterable[str]) -> dict[str, Product]:
        """Those of the SKUs that the network has."""
        self._memory.network()
        return {sku: found[0] for sku, found in self._memory.products(list(skus)).items() if found is not None}

    def network(self) -> Network:
        """The network as it is loaded; raises NotReady."""
        return self._memory.network()

    def decision(self, decision_id: str) -> Answer:
        """A logged decision; raises NotFound."""
        entry = log.find(self._client, self._keys, decision_id)
        if entry is None:
            raise NotFound(f"no decision goes by the id '{decision_id}'")
        return Answer(body=entry.body, new=False)

    def availability(self, sku: str, channel: str) -> Availability:
        """What an order on `channel` may still take of `sku`, by node; raises NotFound, NotReady."""
        return self.stock.availability([sku], channel)[0]

    def ready(self) -> dict[str, str]:
        """The versions that decide; raises NotReady or StoreUnavailable if none could."""
        snapshot, matcher = self._facts([], self.now)
        return {"network_version": snapshot.network.version, "policy_version": matcher.policies.version}

    def check(self) -> checking.Audit:
        """The ledger recomputed from the log; nothing is changed."""
        return checking.check(self._client, self._keys)

    def forget(self) -> int:
        """Delete all of this network: facts, stock, holds, policies, log. The number of keys there were."""
        self._memory = Memory(self._client, self._keys)
        return resetting.forget(self._client, self._keys)

    @property
    def incidents(self) -> int:
        """How often durable-rules and the reference differed since this was made."""
        return self._memory.incidents

    def _facts(self, skus: Sequence[str], now: int, key: Key | None = None) -> tuple[Snapshot, Matcher]:
        """One snapshot, and the policies active in it. Raises _Answered if `key` came before."""
        network_now = self._memory.network()
        while True:
            day = network_now.local(now).date().isoformat()
            reading = self._reading(skus, day, key)
            if reading.answered is not None:
                raise _Answered(reading.answered)
            if reading.network_version == network_now.version:
                break
            network_now = self._memory.network(reading.network_version or "")
        found = {sku: known for sku, known in self._memory.products(skus).items() if known is not None}
        snapshot = Snapshot(
            network=network_now,
            products={sku: product for sku, (product, _) in found.items()},
            positions={sku: positions(reading.stock[sku], paces) for sku, (_, paces) in found.items()},
            loads=reading.loads,
        )
        return snapshot, self._memory.policy(reading.policy_version)

    def _known(self, skus: Sequence[str], *, anew: bool) -> tuple[Network, dict[str, Product]]:
        """The network, and those of the SKUs that it has; `anew`: as it is loaded now, not as it is remembered."""
        version = (network.read_version(self._client, self._keys) or "") if anew else None
        return self._memory.network(version), self.products(skus)

    def _reading(self, skus: Sequence[str], day: str, key: Key | None) -> Reading:
        try:
            return self._ledger.read(skus, day=day, now=self.now, key=key)
        except StoreUnavailable:
            # the embedded server may have been killed
            self._server.ensure_running()
            return self._ledger.read(skus, day=day, now=self.now, key=key)

    def _earlier(self, decision_id: str, order: Order) -> Answer:
        answer = self.decision(decision_id)
        if answer.record["order"] != orjson.loads(orjson.dumps(order_record(order))):
            raise KeyReused("this idempotency key was used before for another order; use a new one for each request")
        return answer


def _system_clock() -> float:
    # looked up at each call, so that a test can stop it
    return time.time()


class _Answered(Exception):
    """The idempotency key stands for a decision made before."""

    def __init__(self, decision: str) -> None:
        super().__init__(decision)
        self.decision = decision
