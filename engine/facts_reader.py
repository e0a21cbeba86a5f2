"""Reads the facts that decisions are made on, as one snapshot: network, products, stock and policies.

What changes seldom (network, products, policies) is cached by version, and read again when a snapshot names another.
"""

import contextlib
import dataclasses
import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from engine.decide.evaluation.allotment_periods import period_names
from engine.decide.matching.matcher import Matcher
from engine.decide.shipping.ways import Ways
from engine.errors import Contended, FactsForgotten, NotReady, PolicyUnreadable
from engine.model.facts import Network, NetworkCaches, Product, Snapshot
from engine.model.load_periods import CurrentPeriods
from engine.model.lookahead import PricesInForce, joined
from engine.model.lots import Lot
from engine.model.receipts import Receipt, in_order_of_arrival
from engine.stock_snapshot import StockSnapshot, StockState
from engine.store.caches.version_cache import VersionCache
from engine.store.connection.client import Client
from engine.store.flows.stored_receipts import StoredReceipts
from engine.store.hold_changes.freed_stock import FreedStock
from engine.store.keys import Keys
from engine.store.ledger import Ledger, RequestKey
from engine.store.network.read import read_products, read_skus, read_version
from engine.store.outcomes import AnsweredBefore, OrderTaken
from engine.store.reading import Reading, unexpired_stock
from engine.store.replica import Replica
from rules.policy import PolicySet
from rules.reserves import Tally

MOST_SKUS = 500
"""SKUs that are read at once: a script holds up everybody else while it runs."""
_MOST_NETWORKS = 3
_NO_LOTS: Mapping[str, Mapping[str, Sequence[Lot]]] = MappingProxyType({})


class AlreadyDecided(Exception):
    """Nothing is to be decided: `outcome` says which decision answered an earlier request with the same idempotency
    key, or with which one the order's id was taken.
    """

    def __init__(self, outcome: AnsweredBefore | OrderTaken) -> None:
        super().__init__(outcome)
        self.outcome = outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicaFacts:
    """A snapshot read from a replica that last heard of its primary at most `age` seconds ago. `state` is None where
    holds whose time is over were left out.
    """

    snapshot: Snapshot
    matcher: Matcher
    state: StockState | None
    age: int


class FactsReader:
    """Reads the facts of one network. `clock` answers UTC seconds.

    `unschedule` takes a scheduled policy version that can't be read off the schedule: it is given the version, the
    instant it was scheduled for and the reason. `end_canary` ends that of a version that can't be read, and is given
    the reason, too. `guarded`: the reference checks what durable-rules answers, and
    `on_incident` is called whenever it failed or was overruled. Methods
    raise NotReady if the network has no facts or policies yet, and StoreUnavailable.
    """

    def __init__(
        self,
        client: Client,
        keys: Keys,
        *,
        ledger: Ledger,
        replica: Replica,
        guarded: bool,
        on_incident: Callable[[], None],
        unschedule: Callable[[str, int, str], None],
        end_canary: Callable[[str, str], None],
        clock: Callable[[], int],
    ) -> None:
        self._client = client
        self._keys = keys
        self._ledger = ledger
        self._replica = replica
        self._guarded = guarded
        self._on_incident = on_incident
        self._unschedule = unschedule
        self._end_canary = end_canary
        self._clock = clock
        self._cache = self._empty_cache()
        self._receipts = StoredReceipts(client, keys)
        self._policies: PolicySet | None = None
        """Those that a snapshot named last: which periods of loads and allotments are read hangs on them."""
        self._most_oversold: int | None = None

    def close(self) -> None:
        self._cache.close()

    def forget(self) -> None:
        """Drop what is cached, after the whole network was deleted."""
        self._cache = self._empty_cache()

    def _empty_cache(self) -> VersionCache:
        return VersionCache(self._client, self._keys, guarded=self._guarded, on_incident=self._on_incident)

    @property
    def incidents(self) -> int:
        """How often durable-rules failed or differed from the reference since this was made."""
        return self._cache.incidents

    def read(
        self,
        skus: Sequence[str],
        now: int,
        key: RequestKey | None = None,
        *,
        order: str | None = None,
        deciding: str | None = None,
        policies_at: int | None = None,
        freed: FreedStock | None = None,
        stamped: bool = False,
        stamped_for_backorders: bool = False,
    ) -> tuple[Snapshot, Matcher]:
        """One snapshot as of `now`, and the policies that decide the order of the id `deciding` at `policies_at`: by
        default `now`, or the clock's instant if that is later. Without such an id, they are the active ones. What is
        `freed` is not held in it. If `stamped`, it has its stamp, and if `stamped_for_backorders`, it has it where
        rules let orders wait. Raises AlreadyDecided if the idempotency key `key` was used before, or the id `order` is
        taken.
        """
        if policies_at is None:
            policies_at = max(now, self._clock())
        network, policies = self.network(), self._policies
        while True:
            periods = _periods(policies, network, now)
            read = functools.partial(self._ledger.read, skus, policies_at=policies_at, key=key, order=order)
            read = functools.partial(read, deciding=deciding)
            loads = self._load_periods(policies, network, now)
            has_stamp = stamped or (stamped_for_backorders and _has_backorders(policies))
            read = functools.partial(read, loads=loads.names, freed=freed, stamped=has_stamp, periods=periods)
            reading = self._client.retry_if_revived(functools.partial(read, now=self._clock()))
            if reading.earlier_decision is not None:
                raise AlreadyDecided(AnsweredBefore(decision=reading.earlier_decision))
            if reading.first_decision is not None:
                raise AlreadyDecided(OrderTaken(first=reading.first_decision))
            if reading.network_version != network.version:
                network = self._cache.network(reading.network_version or "")
                continue
            matcher = self._matcher(reading)
            if matcher is not None:
                policies = matcher.policies
                lacks_stamp = stamped_for_backorders and _has_backorders(policies) and not has_stamp
                counts_alike = loads.counts_hours >= _counts_hours(policies)
                if counts_alike and _periods(policies, network, now) == periods and not lacks_stamp:
                    return self._snapshot(network, reading, skus, loads, now, policies=policies), matcher

    def read_many(self, skus: Sequence[str], now: int) -> tuple[Snapshot, Matcher]:
        """As `read`, of any number of SKUs: in parts of one network, each as it is when it is read. Raises Contended if
        networks are loaded, or look-ahead prices published, faster than that.
        """
        for _ in range(_MOST_NETWORKS):
            starts = range(0, max(1, len(skus)), MOST_SKUS)
            parts = [self.read(skus[first : first + MOST_SKUS], now) for first in starts]
            snapshot, matcher = parts[-1]
            same_network = all(part.network is snapshot.network for part, _ in parts)
            if same_network and len({part.lookahead and part.lookahead.digest for part, _ in parts}) == 1:
                products = {sku: product for part, _ in parts for sku, product in part.products.items()}
                positions = {sku: nodes for part, _ in parts for sku, nodes in part.positions.items()}
                lots = {sku: nodes for part, _ in parts for sku, nodes in part.lots.items()}
                receipts = {sku: nodes for part, _ in parts for sku, nodes in part.receipts.items()}
                lookahead = joined(part.lookahead for part, _ in parts)
                snapshot = dataclasses.replace(snapshot, products=products, positions=positions)
                return dataclasses.replace(snapshot, lots=lots, receipts=receipts, lookahead=lookahead), matcher
        raise Contended(f"the network was loaded {_MOST_NETWORKS} times while stock was read; try again")

    def decided_before(self, orders: Sequence[str]) -> list[bool]:
        """Of each order id, whether it is taken."""
        return self._client.retry_if_revived(lambda: self._ledger.decided_before(orders))

    def read_from_replica(self, skus: Sequence[str], now: int, *, max_age: int) -> ReplicaFacts | None:
        """One snapshot from a replica that heard of its primary in the last `max_age` seconds. None if there is no such
        replica, or if it knows another network than is cached here, or policies that can't be read or that ask what is
        to come, which is not read from replicas.
        """
        network = self.network()
        policies = self._policies
        loads, periods = self._load_periods(policies, network, now), _periods(policies, network, now)
        answer = self._replica.read(skus, loads=loads.names, now=now, policies_at=now, most=max_age, periods=periods)
        if answer is None or answer.reading.network_version != network.version:
            return None
        try:
            matcher = self._cache.policy(answer.reading.policy_version)
        except NotReady:  # the caller then reads from the primary, where this is dealt with
            return None
        if loads.counts_hours < _counts_hours(matcher.policies) or _periods(matcher.policies, network, now) != periods:
            return None
        if matcher.policies.mentions_incoming:
            return None
        state = None if answer.stamps is None else self._state(network, matcher, answer.reading, answer.stamps, loads)
        snapshot = self._snapshot(network, answer.reading, skus, loads, now, policies=matcher.policies)
        return ReplicaFacts(snapshot=snapshot, matcher=matcher, state=state, age=answer.age)

    def read_stock(
        self, skus: Sequence[str], now: int, *, cached: bool = True, with_receipts: bool = False
    ) -> StockSnapshot:
        """The stock of many SKUs as of `now`, and their products, which are cached from then on only if `cached`. Open
        receipts are read if rules ask for them, or `with_receipts`.
        """
        network, policies = self.network(), self._policies
        while True:
            loads, periods = self._load_periods(policies, network, now), _periods(policies, network, now)
            read = functools.partial(self._ledger.read_stock, skus, loads=loads.names, now=now, periods=periods)
            answer = self._client.retry_if_revived(read)
            if answer.reading.network_version != network.version:
                network = self._cache.network(answer.reading.network_version or "")
                continue
            matcher = self._matcher(answer.reading)
            if matcher is None:
                continue
            policies = matcher.policies
            counts_alike = loads.counts_hours >= _counts_hours(policies)
            if counts_alike and _periods(policies, network, now) == periods:
                products = self._cache.products(skus) if cached else read_products(self._client, self._keys, skus)
                state = self._state(network, matcher, answer.reading, answer.stamps, loads)
                receipts = self._receipts_of(skus) if with_receipts or policies.mentions_incoming else {}
                return StockSnapshot.of(state, answer, skus, products, now, receipts=receipts)

    def _receipts_of(self, skus: Sequence[str]) -> Mapping[str, Mapping[str, Sequence[Receipt]]]:
        """By SKU and node, the open receipts, read a moment later than the stock: a SKU whose receipts change has a new
        stamp, so that an answer with the older stamp is not taken for the newest.
        """
        found: dict[str, dict[str, list[Receipt]]] = {}
        for receipt in in_order_of_arrival(self._receipts.open_of(skus)):
            found.setdefault(receipt.sku, {}).setdefault(receipt.node, []).append(receipt)
        return found

    def read_state(self, skus: Sequence[str], now: int) -> StockState | None:
        """The state of the SKUs as of `now`, in one small read. None if the stock has to be read: a hold is to be ended
        first, or network or policies are not those that are cached here.
        """
        network = self.network()
        loads = self._load_periods(self._policies, network, now)
        read = functools.partial(self._ledger.read_stamps, skus, loads=loads.names, now=now)
        answer = self._client.retry_if_revived(read)
        if answer is None or answer.reading.network_version != network.version:
            return None
        matcher = self._cache.cached_policy(answer.reading.policy_version)
        if matcher is not None and loads.counts_hours < _counts_hours(matcher.policies):
            return None
        return None if matcher is None else self._state(network, matcher, answer.reading, answer.stamps, loads)

    def matcher(self, version: str) -> Matcher:
        """The matcher of a policy version; raises NotFound, PolicyUnreadable."""
        return self._cache.policy(version)

    def network(self) -> Network:
        """The loaded network, as it is cached; raises NotReady."""
        return self._cache.network()

    def network_caches(self) -> NetworkCaches:
        """Those of the network as the store has it now; raises NotReady."""
        version = self._client.retry_if_revived(lambda: read_version(self._client, self._keys))
        return self._cache.network_caches(self._cache.network(version or ""))

    def skus(self) -> list[str]:
        """The SKUs of all products of the network, sorted."""
        return read_skus(self._client, self._keys)

    def products(self, skus: Iterable[str]) -> dict[str, Product]:
        """The products of those SKUs that the network has, by SKU."""
        self.network()
        cached = self._cache.products(list(skus))
        return {sku: product_and_paces[0] for sku, product_and_paces in cached.items() if product_and_paces is not None}

    def network_and_products(self, skus: Iterable[str], *, fresh: bool) -> tuple[Network, dict[str, Product]]:
        """The network, and those of the SKUs that it has; `fresh`: as the store has it now, whatever is cached."""
        version = (read_version(self._client, self._keys) or "") if fresh else None
        return self._cache.network(version), self.products(skus)

    def _load_periods(self, policies: PolicySet | None, network: Network, now: int) -> CurrentPeriods:
        """The periods whose loads are read."""
        clocks = self._cache.network_caches(network).get(Ways).clocks
        return clocks.periods(now, counts_hours=_counts_hours(policies))

    def _state(
        self, network: Network, matcher: Matcher, reading: Reading, stamps: str, loads: CurrentPeriods
    ) -> StockState:
        snapshot = Snapshot(
            network=network,
            caches=self._cache.network_caches(network),
            products={},
            positions={},
            loads=loads.loads(reading.loads),
            hourly_loads=loads.loads(reading.loads, of_hours=True),
            resting=reading.resting,
            has_lots=reading.has_lots,
        )
        return StockState(snapshot=snapshot, matcher=matcher, stamps=stamps)

    def _snapshot(
        self,
        network: Network,
        reading: Reading,
        skus: Sequence[str],
        loads: CurrentPeriods,
        now: int,
        *,
        policies: PolicySet,
    ) -> Snapshot:
        products: dict[str, Product] = {}
        paces: dict[str, Mapping[str, int]] = {}
        stock, lots = reading.stock, _NO_LOTS
        if reading.lots:
            stock, lots = unexpired_stock(reading, network.local(now).date().toordinal())
        for sku, cached in self._cache.products(skus).items():
            if cached is not None:
                products[sku], paces[sku] = cached
        return Snapshot(
            network=network,
            caches=self._cache.network_caches(network),
            products=products,
            positions={sku: stock[sku].with_paces(paces[sku]) for sku in products},
            loads=loads.loads(reading.loads),
            hourly_loads=loads.loads(reading.loads, of_hours=True),
            resting=reading.resting,
            taken=reading.taken,
            stamp=reading.stamp,
            has_lots=reading.has_lots,
            lots=lots,
            receipts=reading.receipts,
            lookahead=self._lookahead(reading, policies, products),
        )

    def _lookahead(self, reading: Reading, policies: PolicySet, skus: Iterable[str]) -> PricesInForce | None:
        """The look-ahead prices in force, if rules let them count; None also if the server lost the table: that is said
        by `ledger check`, and stops no order.
        """
        if reading.lookahead is None or not policies.looks_ahead:
            return None
        with contextlib.suppress(FactsForgotten):
            return self._cache.lookahead.prices(reading.lookahead, skus)
        return None

    def most_oversold(self) -> int:
        """The most units beyond those on hand that a place may sell, by the policies that this process read last."""
        if self._most_oversold is None:
            self.read([], self._clock())
        return self._most_oversold or 0

    def _matcher(self, reading: Reading) -> Matcher | None:
        """The policies that the snapshot names. None if they were scheduled, or are a canary's, and can't be read: they
        are off the schedule now, or the canary is over, and those before them go on deciding.
        """
        try:
            matcher = self._cache.policy(reading.policy_version)
        except PolicyUnreadable as error:
            if reading.by_canary:
                self._end_canary(reading.policy_version or "", str(error))
                return None
            if reading.policy_since is None:
                raise
            self._unschedule(reading.policy_version or "", reading.policy_since, str(error))
            return None
        self._cache.save_if_grown(matcher.policies.version)
        self._policies = matcher.policies
        self._most_oversold = matcher.policies.most_oversold
        return matcher


def _counts_hours(policies: PolicySet | None) -> bool:
    """Whether it matters what nodes were given in their hour."""
    return policies is not None and policies.counts_hours


def _has_backorders(policies: PolicySet | None) -> bool:
    """Whether rules let units that stay unfilled wait."""
    return policies is not None and "backorder" in policies.effect_names


def _periods(policies: PolicySet | None, network: Network, now: int) -> Mapping[Tally, str]:
    """The periods of allotments in which it matters what was taken."""
    return period_names(policies, network, now) if policies else {}
