"""Pointsman: the one place where the parts are put together.

A decision is two round trips: one snapshot, one commit. What changes seldom (network, products, policies) is kept
by version, and read again when the snapshot names another.
"""

import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Self

from engine.decide.impact.rule_impact import deciding_rules
from engine.decide.order_checks import check_order
from engine.decide.order_record import OrderRecord
from engine.errors import KeyReused
from engine.facts_reader import FactsReader
from engine.inventory.holds import Holding
from engine.inventory.node_rests import RestingNodes
from engine.inventory.stock import Availability, Stockroom
from engine.model.facts import Inventory, Network, Order, Product
from engine.orders.backlog import Backlog
from engine.orders.batch import Asked, Together, decide_together
from engine.orders.decide_and_commit import Answer, DecideAndCommit, Decided, DecisionRequest, Outcome, whole
from engine.orders.rerouting import Rerouting
from engine.policies.versions import Published, Versions
from engine.settings import Settings
from engine.store import decision_log, reset
from engine.store.connection.client import Client
from engine.store.connection.server import open_server
from engine.store.keys import Keys
from engine.store.ledger import Ledger, RequestKey
from engine.store.network import load as network_load
from engine.store.network import read
from engine.store.outcomes import AnsweredBefore
from engine.store.reconcile import check as reconcile_check
from engine.store.reconcile import repair as reconcile_repair
from engine.store.replica import Replica


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
        self._client = Client(self._server.url, replicas=settings.replicas, revive=self._server.ensure_running)
        self._keys = Keys(settings.network)
        self._ledger = Ledger(self._client, self._keys)
        self._replica = Replica(self._server.url, replica_url=settings.redis_replica_url, keys=self._keys)
        self.versions = Versions(self._client, self._keys, clock=lambda: self.now, new_id=new_id)
        self.holds = Holding(self._client, self._keys, clock=lambda: self.now)
        self._facts = FactsReader(
            self._client,
            self._keys,
            ledger=self._ledger,
            replica=self._replica,
            guarded=settings.guard != "off",
            unschedule=lambda version, since, reason: self.versions.unschedule(version, since=since, reason=reason),
            clock=lambda: self.now,
        )
        self._decide_and_commit = DecideAndCommit(
            self._ledger, settings, facts=self._facts, clock=lambda: self.now, new_id=new_id
        )
        self.backlog = Backlog(
            self._client,
            self._keys,
            decide_and_commit=self._decide_and_commit,
            facts=self._facts,
            clock=lambda: self.now,
        )
        self.rerouting = Rerouting(
            self._client, self._keys, decide_and_commit=self._decide_and_commit, clock=lambda: self.now
        )
        self.rests = RestingNodes(self._client, self._keys, network=self._facts.network, clock=lambda: self.now)
        self.stock = Stockroom(self._client, self._keys, facts=self._facts, clock=lambda: self.now)

    def close(self) -> None:
        self._facts.close()
        self._replica.close()
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
        """Put the network, products and stock in place of those before; whether anything but units changed.

        Raises InputInvalid, and changes nothing, if policies that decide or are scheduled do not fit the network;
        Contended.
        """
        before = read.read_version(self._client, self._keys)
        network_load.save(
            self._client, self._keys, inventory, verify_policies=lambda: self.versions.verify_network(inventory.network)
        )
        return before != inventory.network.version

    def publish(self, files: Mapping[str, bytes], *, who: str, note: str) -> Published:
        """Store a policy set under its version; raises PolicyInvalid with every finding. `versions` does more."""
        return self.versions.publish(files, who=who, note=note)

    def activate(self, version: str, *, who: str, note: str) -> None:
        """Let a published version decide, from the next decision on; raises NotFound, NotActivated."""
        self.versions.activate(version, who=who, note=note)

    def decide(
        self,
        order: Order,
        *,
        now: int | None = None,
        key: RequestKey | None = None,
        dry_run: bool = False,
        caller: str | None = None,
        wait: bool = False,
    ) -> Answer:
        """The decision for `order`, its stock held and the log written; with `dry_run` neither.

        With `wait`, units that stay unfilled wait for stock in the backlog; without, they are the caller's to see to
        (cancelled, or asked for again), and must not ship a second time behind its back.

        `now` is the instant decided as of, if not this one: holds end by the clock and not by it, and the new one lasts
        from the clock's instant at the earliest. The policies are those of that instant if it is still to come; one
        that is over is decided by today's. A `key` that came before is answered with its decision, but not in a
        dry run. `caller`, by default the key's, is whose hold it is. Raises OrderInvalid, NotReady, KeyReused,
        QuotaExceeded, Contended, StoreUnavailable.
        """
        whose = caller if caller is not None else key.caller if key else ""
        outcome = self._decide_and_commit.run(
            DecisionRequest(
                remainder=whole(order),
                instant=self.now if now is None else now,
                caller=whose,
                most_holds=self.settings.max_holds,
                key=key,
                waits=wait,
            ),
            dry_run=dry_run,
        )
        return self._answer(outcome, order)

    def decide_together(
        self,
        orders: Sequence[Order],
        *,
        now: int | None = None,
        keys: Callable[[Order], RequestKey] | None = None,
        caller: str = "",
        wait: bool = False,
        progress: Callable[[], None] = lambda: None,
    ) -> Together:
        """Waiting orders decided one after another, the one that deserves it first; see `together`. `keys` are those
        of each order's decision, so that a retry goes on. Raises as `decide` does, with nothing decided.
        """
        asked = Asked(orders=orders, instant=self.now if now is None else now, keys=keys, caller=caller, wait=wait)
        return decide_together(
            asked,
            facts=self._facts,
            decide_and_commit=self._decide_and_commit,
            answer=self._answer,
            progress=progress,
        )

    def weigh(self, order: Order, *, now: int) -> tuple[str, ...]:
        """The rules that would decide `order` now: without any one of them the choice would be another."""
        snapshot, matcher = self._facts.read(order.skus, now)
        check_order(order, snapshot)
        return deciding_rules(order, snapshot, matcher, now)

    def products(self, skus: Iterable[str]) -> dict[str, Product]:
        """Those of the SKUs that the network has."""
        return self._facts.products(skus)

    def network(self) -> Network:
        """The network as it is loaded; raises NotReady."""
        return self._facts.network()

    def decision(self, decision_id: str, *, max_stale: int | None = None) -> Answer:
        """A logged decision, which never changes; raises NotFound. With `max_stale`, a replica may be asked for it."""
        entry = None if max_stale is None else self._replica.entry(decision_id, most=max_stale)
        if entry is None:
            entry = decision_log.decided(self._client, self._keys, decision_id)
        return Answer(body=entry.body, new=False)

    def availability(self, sku: str, channel: str, *, max_stale: int | None = None) -> Availability:
        """What an order on `channel` may still take of `sku`, by node; raises NotFound, NotReady."""
        return self.stock.availability([sku], channel, max_stale=max_stale)[0]

    def ready(self) -> dict[str, str]:
        """The versions that decide; raises NotReady or StoreUnavailable if none could."""
        self._client.verify_answering()
        snapshot, matcher = self._facts.read([], self.now)
        self._ledger.verify_writable()
        return {"network_version": snapshot.network.version, "policy_version": matcher.policies.version}

    def entries(self, *, torn: Callable[[str], None]) -> Iterator[decision_log.Entry]:
        """Every entry of the log, oldest first; `torn` is told the places of those that can't be read."""
        return decision_log.entries(self._client, self._keys, torn=torn)

    def check(self) -> reconcile_check.Audit:
        """The ledger recomputed from the log; nothing is changed."""
        return reconcile_check.check(self._client, self._keys)

    def repair(self, *, who: str) -> reconcile_repair.Repair:
        """Mend what `check` finds, but for what only people can, and log each mending as `who`'s."""
        return reconcile_repair.repair(self._client, self._keys, now=self.now, who=who)

    def forget(self) -> int:
        """Delete all of this network: facts, stock, holds, policies, log. The number of keys there were."""
        self._facts.forget()
        return reset.forget(self._client, self._keys)

    @property
    def incidents(self) -> int:
        """How often durable-rules failed or differed from the reference since this was made."""
        return self._facts.incidents

    def _answer(self, outcome: Outcome, order: Order) -> Answer:
        """That of a decision of the whole order, which follows no other."""
        match outcome:
            case Decided(answer=answer):
                return answer
            case AnsweredBefore(decision=decision):
                return self._earlier(decision, order)
            case _:
                raise AssertionError(outcome)

    def _earlier(self, decision_id: str, order: Order) -> Answer:
        self._ledger.verify_replicated()
        answer = self.decision(decision_id)
        if answer.record.order != OrderRecord.of(order):
            raise KeyReused("this idempotency key was used before for another order; use a new one for each request")
        return answer


def _system_clock() -> float:
    # looked up at each call, so that a test can stop it
    return time.time()
