"""Learns the pace of sale of each position from the log, and puts it in the place of the given one."""

import datetime
import hashlib
from collections.abc import Callable

import msgspec

from engine.demand.forecast import method_for, pace
from engine.demand.learnt_paces import Learning, LearntFrom, PaceChange, PaceTally
from engine.demand.sales_evidence import Progress, SalesEvidence, least_days, read_evidence, window_days
from engine.errors import Contended, NotLearnt
from engine.model.demand import LearntPace
from engine.model.facts import Network
from engine.store.audit.acts import Act
from engine.store.connection.client import Client
from engine.store.flows.learnt_demand import LearntDemand
from engine.store.keys import Keys
from engine.store.network.former.tidy import tidy
from engine.store.network.serialization import Record, learnt_of

_MOST_TRIES = 20


class DemandLearning:
    """One learning. `network` answers the network as it is now; `now` is in UTC seconds."""

    def __init__(
        self, client: Client, keys: Keys, *, network: Callable[[], Network], now: int, progress: Progress
    ) -> None:
        self._client = client
        self._keys = keys
        self._store = LearntDemand(client, keys)
        self._newest = network
        self._now = now
        self._progress = progress

    def run(self, *, dry_run: bool) -> Learning:
        """Learn, and store what was learnt unless it is a `dry_run`. Raises NotLearnt, Contended."""
        network = self._network(dry_run=dry_run)
        evidence = read_evidence(self._client, self._keys, network, now=self._now, progress=self._progress)
        for _ in range(_MOST_TRIES):
            learning = self._learn(network, evidence, dry_run=dry_run)
            if learning is not None:
                tidy(self._client, self._keys)
                return learning
            network = self._network(dry_run=dry_run)
        raise Contended("others change the network over and over; try again")

    def _network(self, *, dry_run: bool) -> Network:
        network = self._newest()
        if network.demand.source == "file" and not dry_run:
            raise NotLearnt(
                "the network has its paces of sale from stock.csv: write demand: {from: log} in network.yaml and load"
                " that (pointsman load DIR --network-only), or ask for a dry run"
            )
        return network

    def _learn(self, network: Network, evidence: SalesEvidence, *, dry_run: bool) -> Learning | None:
        """None if the network was changed meanwhile."""
        before, tally, digest = self._store.state(), PaceTally(), hashlib.sha256()
        if before.version != network.version:
            return None
        skus, done, is_changed = self._store.skus(), 0, False
        with self._store.staging() as staged:
            for batch in self._store.batches(skus):
                products, free = self._store.products(batch), self._store.free_units(batch)
                learnt = {
                    sku: self._learn_product(record, free[sku], network, evidence, tally)
                    for sku, record in products.items()
                    if record is not None
                }
                changed = {sku: record for sku, record in learnt.items() if record != products[sku]}
                is_changed = is_changed or bool(changed)
                digest.update(msgspec.json.encode(changed, order="sorted"))
                if not dry_run:
                    staged.add(learnt)
                done += len(batch)
                self._progress("paces", done, len(skus))
            learnt_from = self._learnt_from(network, evidence, tally)
            if dry_run or not is_changed:
                return Learning(learnt_from=learnt_from, network_version=None, changes=tally.changes)
            details = msgspec.to_builtins(learnt_from)
            digest.update(msgspec.json.encode(details, order="sorted"))
            act = Act(kind="demand_learnt", subject=digest.hexdigest(), details=details)
            if not staged.swap_in(before=before, act=act, now=self._now):
                return None
        return Learning(learnt_from=learnt_from, network_version=act.subject, changes=tally.changes)

    def _learn_product(
        self, record: Record, free: dict[str, int], network: Network, evidence: SalesEvidence, tally: PaceTally
    ) -> Record:
        """The product with the paces that follow from its sales."""
        if not record.get("counted", True):
            return record
        sku, paces, learnt = record["sku"], dict(record["paces"]), learnt_of(record)
        for node in sorted(free.keys() | paces.keys() | evidence.nodes_of.get(sku, set())):
            sold = evidence.sold(sku, node, free.get(node, 0))
            if sold is None:
                continue
            if len(sold) < least_days(network):
                tally.too_few += 1
                continue
            given = learnt[node].given if node in learnt else paces.get(node)
            method = method_for(sold, network.demand.method)
            change = PaceChange(
                sku=sku,
                node=node,
                before=paces.get(node),
                after=pace(sold, method),
                learnt=LearntPace(method, max(0, sum(sold)), len(sold), given),
            )
            tally.note(change)
            paces[node], learnt[node] = change.after, change.learnt
        kept = {"learnt": {node: list(item) for node, item in learnt.items()}} if learnt else {}
        return {**record, "paces": paces, **kept}

    def _learnt_from(self, network: Network, evidence: SalesEvidence, tally: PaceTally) -> LearntFrom:
        first = window_days(network, self._now).first
        return LearntFrom(
            before=network.version,
            first=first.isoformat(),
            last=(first + datetime.timedelta(days=network.demand.window - 1)).isoformat(),
            window=network.demand.window,
            method=network.demand.method,
            entries=evidence.entries,
            positions=tally.positions,
            seldom=tally.seldom,
            changed=tally.changed,
            too_few=tally.too_few,
            damaged=evidence.damaged,
        )
