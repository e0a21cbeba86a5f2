"""Pointsman: everything the service does, and the one place where its parts are put together.

A decision takes two round trips to the server: one reads a snapshot, one commits. What changes seldom (network,
products, policies) is cached by version, and read again when a snapshot names another version.
"""

import contextlib
import dataclasses
import functools
import heapq
import logging
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from engine.access.api_keys import ApiKeys
from engine.access.console_sessions import IDLE_SECONDS, SIGN_IN_SECONDS, ConsoleSessions
from engine.audit.access_log import AccessLog
from engine.audit.calculations import Calculations
from engine.audit.check_starts import CheckStarts
from engine.audit.days.live_days import LiveDays
from engine.audit.evidence.reports import EvidenceReports
from engine.audit.explanations import Explanations
from engine.audit.replays import Replays
from engine.audit.sealing.leaf import id_text
from engine.audit.search.decisions import Decisions
from engine.audit.search.index_turns import IndexTurns
from engine.decide.availability.free_units import SkuAvailability
from engine.decide.impact.rule_impact import deciding_rules
from engine.decide.matching.matcher import Matcher
from engine.decide.order_checks import check_order
from engine.errors import ArchiveUnavailable, PointsmanError, SealBroken
from engine.events.events import Events
from engine.facts_reader import FactsReader
from engine.flows import FlowParts, Flows
from engine.fulfilment.fulfilment import Fulfilment, FulfilmentParts
from engine.inventory.availability_feed import AvailabilityFeed
from engine.inventory.hold_length import verify_hold_length
from engine.inventory.holds import DecisionHolds
from engine.inventory.master_data import MasterData
from engine.inventory.node_rests import RestingNodes
from engine.inventory.stock import NetworkStock
from engine.meter import NO_METER, Meter
from engine.model.facts import Inventory, Network, Order, Product, Snapshot
from engine.model.network_difference import NetworkDifference
from engine.orders.amendment.amend_order import Amendments
from engine.orders.batch.batch import Batch, BatchRequest
from engine.orders.batch.block import BlockOfDecisions
from engine.orders.cancellation.cancel_order import Cancellations
from engine.orders.decide_and_commit import DecideAndCommit
from engine.orders.decision_request import Answer, Decided, DecisionRequest, Outcome, whole_order
from engine.orders.erasure import Erasures
from engine.orders.living_orders import LivingOrders
from engine.orders.quotes.quotes import Quotes
from engine.orders.quotes.take_up import QuoteTakeUp
from engine.orders.rerouting import Rerouting
from engine.orders.trial_orders import decide_trial_orders
from engine.orders.waiting.backlog import Backlog
from engine.orders.waiting.entry_decision import EntryDecision
from engine.orders.waiting.offers import StockOffers
from engine.orders.waiting.waiting_queue import WaitingQueue
from engine.policies.drafts import Drafts
from engine.policies.publication import Published
from engine.policies.trials import Trials
from engine.policies.versions import Versions
from engine.settings import Settings
from engine.simulation.jobs import GateRuns, WhatIfs
from engine.store.api_keys import StoredKeys
from engine.store.audit import installation_log
from engine.store.audit.accesses import StoredAccesses
from engine.store.audit.acts import Act, record_act
from engine.store.audit.archive.archiving import Archived, Archiving
from engine.store.audit.archive.retention import Retention
from engine.store.audit.decision_search import DecisionSearch, entries_of_order
from engine.store.audit.entry_pages import EntryPages
from engine.store.audit.proofs import Proofs
from engine.store.audit.seal_check import SealCheck, check_seal
from engine.store.backlog import BacklogEntries
from engine.store.backup.backup import back_up
from engine.store.backup.frames import Contents
from engine.store.backup.restore import restore
from engine.store.connection.client import Client
from engine.store.connection.server import open_server
from engine.store.connectors.connector_store import ConnectorStore
from engine.store.console_sessions import StoredSessions
from engine.store.console_sign_ins import PendingSignIns
from engine.store.fulfilment.tracking_serials import TrackingSerials
from engine.store.keys import INSTALLATION, Keys
from engine.store.ledger import Ledger, RequestKey
from engine.store.log import decision_log
from engine.store.log.entry import Entry, EntryId
from engine.store.network import load as network_load
from engine.store.network import read
from engine.store.network.former.former_cache import FormerCache
from engine.store.network.former.tidy import tidy
from engine.store.network.former.unneeded import forget_unneeded
from engine.store.outcomes import AnsweredBefore, OrderTaken
from engine.store.personal.entry_encoder import EntryEncoder
from engine.store.policy_drafts import StoredDrafts
from engine.store.policy_trials import StoredTrials
from engine.store.reconcile import check as reconcile_check
from engine.store.reconcile import repair as reconcile_repair
from engine.store.replica import Replica
from engine.store.requests.request_answers import RequestAnswers
from engine.store.requests.request_counts import RequestCounts
from engine.store.reset import forget, log_reset
from engine.store.search_index.building import IndexBuilding
from engine.store.stored_state import StoredState, stored_state
from engine.store.waiting.offers import Offers
from engine.store.whatif_jobs import WhatIfJobs
from engine.turn_thread import TurnThread

if TYPE_CHECKING:
    from engine.audit.publisher import Publisher
    from engine.audit.sealer import Sealer

TURN_MILLISECONDS = 1_000
"""How long one process has its turn of offering, and how long each waits before it asks for one again."""

logger = logging.getLogger("pointsman")


class Pointsman:
    """The service on one network. Make it in the process that uses it, after any fork, and close it.

    `clock` answers UTC seconds, by default the server's; `new_id` makes the id of a decision; `meter` is told how long
    things take. Methods raise the errors of `engine.errors`.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Callable[[], float] | None = None,
        new_id: Callable[[], str] = lambda: uuid.uuid4().hex,
        meter: Meter = NO_METER,
    ) -> None:
        self.settings = settings
        self._clock = clock or self._server_time
        self._new_id = new_id
        self._server = open_server(settings)
        self._offer_thread: TurnThread | None = None
        self._seal_threads: list[TurnThread] = []
        self._keys = Keys(settings.network)
        self._client = Client(
            self._server.url,
            replicas=settings.replicas,
            revive=self._server.ensure_running,
            archive=settings.archive,
            clock_key=self._keys.facts,
        )
        self._verify_clock()
        encoder = EntryEncoder(self._client, self._keys, settings.personal)
        self._ledger = Ledger(self._client, self._keys, meter=meter, encoder=encoder)
        self._replica = Replica(self._server.url, replica_url=settings.redis_replica_url, keys=self._keys)
        self.api_keys = ApiKeys(StoredKeys(self._client), clock=lambda: self.now)
        """Of the installation: the same whatever its networks."""
        self.request_answers = RequestAnswers(self._client, self._keys, seconds=60 * settings.keep_answers)
        self.request_counts = RequestCounts(self._client, self._keys)
        self.versions = Versions(
            self._client, self._keys, four_eyes=settings.access.four_eyes, clock=lambda: self.now, new_id=new_id
        )
        self._facts = FactsReader(
            self._client,
            self._keys,
            ledger=self._ledger,
            replica=self._replica,
            guarded=settings.guard != "off",
            on_incident=meter.incident,
            unschedule=lambda version, since, reason: self.versions.unschedule(version, since=since, reason=reason),
            end_canary=lambda version, reason: self.trials.end_unreadable(version, reason),  # noqa: PLW0108  # made later
            clock=lambda: self.now,
        )
        self.holds = DecisionHolds(
            self._client,
            self._keys,
            max_hold=settings.max_hold,
            undo_seconds=60 * settings.undo,
            network=self._facts.network,
            after_freeing=self._after_freeing,
            clock=lambda: self.now,
            micros=lambda: self.micros,
        )
        entries, offers = BacklogEntries(self._client, self._keys), Offers(self._client, self._keys)
        queue = WaitingQueue(self._client, entries, offers, facts=self._facts, clock=lambda: self.now)
        entry_decision = EntryDecision(self._client, self._keys, settings, facts=self._facts, clock=lambda: self.now)
        self._stock_offers = StockOffers(
            offers,
            entries,
            queue,
            entry_decision=entry_decision,
            to_promise=lambda item: self.flows.promise_watch.offer(item),  # noqa: PLW0108  # which is made later
            facts=self._facts,
            automatic=settings.backlog == "auto",
            clock=lambda: self.now,
        )
        self._decide_and_commit = DecideAndCommit(
            self._ledger,
            settings,
            facts=self._facts,
            offer_first=self._stock_offers.before_newcomer,
            clock=lambda: self.now,
            new_id=new_id,
            meter=meter,
        )
        self._blocks = BlockOfDecisions(self._ledger, clock=lambda: self.now, new_id=new_id)
        self.backlog = Backlog(
            entries,
            queue,
            offers,
            entry_decision=entry_decision,
            stock_offers=self._stock_offers,
            facts=self._facts,
            decide=self._decide_and_commit.run,
            clock=lambda: self.now,
        )
        self.rerouting = Rerouting(
            self._client,
            self._keys,
            decide_and_commit=self._decide_and_commit,
            undo_seconds=60 * settings.undo,
            network=self._facts.network,
            after_freeing=self._after_freeing,
            clock=lambda: self.now,
            micros=lambda: self.micros,
        )
        self.orders = LivingOrders(
            self._client,
            self._keys,
            network=self._facts.network,
            queue=queue,
            undo_seconds=60 * settings.undo,
            after_freeing=self._after_freeing,
            clock=lambda: self.now,
        )
        self.cancellations = Cancellations(
            self._client, self._keys, facts=self._facts, after_freeing=self._after_freeing, clock=lambda: self.now
        )
        self.amendments = Amendments(
            self._client,
            self._keys,
            facts=self._facts,
            decide_and_commit=self._decide_and_commit,
            encoder=encoder,
            after_waiting=settings.backlog == "auto",
            after_freeing=self._after_freeing,
            clock=lambda: self.now,
        )
        self.erasures = Erasures(
            self._client,
            self._keys,
            orders=self.orders,
            forget_answers=self.request_answers.forget_personal,
            personal=settings.personal,
            clock=lambda: self.now,
        )
        self.quotes = Quotes(self._client, self._keys, facts=self._facts, clock=lambda: self.now, new_id=new_id)
        self.quote_take_up = QuoteTakeUp(
            self._client,
            self._keys,
            decide_and_commit=self._decide_and_commit,
            answer_again=self.orders.answer_again,
            network=self._facts.network,
            max_hold=settings.max_hold,
            after_waiting=settings.backlog == "auto",
            clock=lambda: self.now,
        )
        self.rests = RestingNodes(self._client, self._keys, network=self._facts.network, clock=lambda: self.now)
        self.stock = NetworkStock(
            self._client,
            self._keys,
            facts=self._facts,
            replica=self._replica,
            after_freeing=self._after_freeing,
            clock=lambda: self.now,
            micros=lambda: self.micros,
        )
        self.master_data = MasterData(
            self._client,
            self._keys,
            facts=self._facts,
            after_freeing=self._after_freeing,
            clock=lambda: self.now,
        )
        self.flows = Flows(
            FlowParts(
                client=self._client,
                keys=self._keys,
                settings=settings,
                facts=self._facts,
                decide_and_commit=self._decide_and_commit,
                offer_first=self._stock_offers.before_newcomer,
                after_freeing=self._after_freeing,
                new_id=new_id,
                clock=lambda: self.now,
                micros=lambda: self.micros,
            )
        )
        self.fulfilment = Fulfilment(
            FulfilmentParts(
                client=self._client,
                keys=self._keys,
                settings=settings,
                facts=self._facts,
                watch_too=self.flows.promise_watch.watch_too,
                holds=self.holds,
                orders=self.orders,
                new_id=new_id,
                clock=lambda: self.now,
                micros=lambda: self.micros,
            )
        )
        former = FormerCache(self._client, self._keys)
        self.replays = Replays(self._client, self._keys, facts=self._facts, former=former)
        self.calculations = Calculations(self._client, self._keys, former=former)
        self.explanations = Explanations(
            self._client, self._keys, replays=self.replays, facts=self._facts, show_order=self.orders.show
        )
        self.accesses = AccessLog(StoredAccesses(self._client, self._keys, keep_minutes=settings.keep_accesses))
        """Who read personal data."""
        self.evidence = EvidenceReports(
            self._client,
            self._keys,
            calculations=self.calculations,
            versions=self.versions,
            accesses=self.accesses,
            facts=self._facts,
            clock=lambda: self.now,
        )
        self.events = Events(self._client, self._keys, settings, facts=self._facts, clock=lambda: self.now)
        self.proofs = Proofs(self._client, self._keys)
        self.connectors = ConnectorStore(self._client, self._keys)
        self.decisions = Decisions(DecisionSearch(self._client, self._keys), self.replays)
        self.availability_feed = AvailabilityFeed(self._client, self._keys, facts=self._facts, clock=lambda: self.now)

    @functools.cached_property
    def search_index(self) -> IndexTurns:
        """The index by which decisions and orders are found by SKU and node."""
        return IndexTurns(IndexBuilding(self._client, self._keys))

    @functools.cached_property
    def days(self) -> LiveDays:
        """What came of the orders of the last days."""
        return LiveDays(
            self._client,
            self._keys,
            network=self.network,
            products=self.products,
            low=self.events.ran_low,
            clock=lambda: self.now,
        )

    @functools.cached_property
    def console_sessions(self) -> ConsoleSessions:
        """Of the installation, as API keys are."""
        stored = StoredSessions(self._client, idle=IDLE_SECONDS)
        return ConsoleSessions(stored, api_keys=self.api_keys, clock=lambda: self.now)

    @functools.cached_property
    def pending_sign_ins(self) -> PendingSignIns:
        """People who are at the OpenID provider's page, of the installation."""
        return PendingSignIns(self._client, seconds=SIGN_IN_SECONDS)

    def close(self) -> None:
        if self._offer_thread is not None:
            self._offer_thread.stop()
        self.fulfilment.close()
        self.flows.close()
        for thread in self._seal_threads:
            thread.stop()
        self.search_index.close()
        self.events.close()
        self.accesses.close()
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

    @property
    def micros(self) -> int:
        """The same in UTC microseconds, which tell counts from what came and left in the same second."""
        return int(self._clock() * 1_000_000)

    def _server_time(self) -> float:
        # time.time is looked up at each call, so that a test can stop the clock
        return time.time() + self._client.clock.offset

    def _verify_clock(self) -> None:
        """Raise ClockOff, and close what was opened, if the clock of this machine is too far from the server's."""
        try:
            self._client.clock.verify()
        except BaseException:
            self._client.close()
            self._server.close()
            raise

    def warm_up(self) -> None:
        """Do beforehand what of the first decision depends on the network and the policies alone, if there are any. A
        process that is going to answer requests does this first; what goes wrong here, requests will tell.
        """
        try:
            snapshot, matcher = self._facts.read([], self.now)
            decide_trial_orders(snapshot.caches, matcher, self.now)
            self._facts.read([], self.now)  # which stores what this asked of durable-rules, for those that start later
        except PointsmanError as error:
            logger.info("not warmed up: %s", error)
        except Exception:
            # a worker must start whatever is wrong with orders that nobody placed
            logger.exception("warming up failed")

    def start_offering(self) -> None:
        """From here on, and until it is closed, offer stock to orders that wait when nobody else comes by to do it, if
        the settings say so. A process that goes on for long does this.
        """
        if self.settings.backlog == "auto":
            seconds = TURN_MILLISECONDS / 1_000
            self._offer_thread = TurnThread(self.take_turn, name="offers", seconds=seconds, later="stock is offered")
            self._offer_thread.start()

    @functools.cached_property
    def trials(self) -> Trials:
        """The shadow and the canary."""
        stored = StoredTrials(self._client, self._keys)
        return Trials(stored, self.versions, clock=lambda: self.now, new_id=self._new_id)

    @functools.cached_property
    def policy_drafts(self) -> Drafts:
        """Drafts of policies that people work on."""
        return Drafts(StoredDrafts(self._client, self._keys), clock=lambda: self.now)

    @functools.cached_property
    def sealer(self) -> "Sealer":
        """What seals the log, and knows what was sealed."""
        from engine.audit.sealer import Sealer  # noqa: PLC0415  # a large library behind it, which few commands need

        return Sealer(self._client, self._keys, self.settings, clock=lambda: self.now)

    @functools.cached_property
    def installation_sealer(self) -> "Sealer":
        """The same for the log of the installation."""
        from engine.audit.sealer import Sealer  # noqa: PLC0415  # as above

        return Sealer(self._client, Keys(INSTALLATION), self.settings, clock=lambda: self.now)

    @functools.cached_property
    def whatifs(self) -> WhatIfs:
        """What-ifs that callers over HTTP ask for."""
        most = self.settings.whatif.waiting
        return WhatIfs(self.simulation_jobs, most=most, new_id=self._new_id, clock=lambda: self.now)

    @functools.cached_property
    def gate_runs(self) -> GateRuns:
        """Gates that callers over HTTP ask for."""
        return GateRuns(self.simulation_jobs, new_id=self._new_id, clock=lambda: self.now)

    @functools.cached_property
    def simulation_jobs(self) -> WhatIfJobs:
        """Both, as they are stored."""
        return WhatIfJobs(self._client, self._keys, seconds=60 * self.settings.whatif.kept)

    @functools.cached_property
    def publisher(self) -> "Publisher":
        """What has checkpoints leave the server."""
        from engine.audit.publisher import Publisher  # noqa: PLC0415  # as above

        return Publisher(self._client, self._keys, self.settings.audit, clock=lambda: self.now)

    def start_sealing(self) -> None:
        """From here on, and until it is closed, seal the log and publish its checkpoints, if the settings say so and
        there is a key to sign with. A process that goes on for long does this.
        """
        if not self.sealer.can_seal:
            logger.warning("the log is not sealed, as there is no key to sign with (POINTSMAN_AUDIT_KEY)")
        elif self.settings.audit.seal == "auto":
            # a thread each, as whoever takes checkpoints may take long to answer
            self._seal_threads = [
                TurnThread(turn, name="sealing", seconds=1.0, later="the log is sealed", grave=(SealBroken,))
                for turn in (self.sealer.take_turn, self.installation_sealer.take_turn, self.publisher.take_turn)
            ]
            for thread in self._seal_threads:
                thread.start()

    def take_turn(self) -> bool:
        """One turn of the thread that `start_offering` starts; as `StockOffers.take_turn`."""
        return self._stock_offers.take_turn(self._decide_and_commit.run, milliseconds=TURN_MILLISECONDS)

    def load(self, inventory: Inventory, *, counts: bool = False) -> bool:
        """Replace the loaded network, products and stock; returns whether anything but units on hand changed. Positions
        that were counted since the load before keep what was counted, unless `counts`.

        Raises InputInvalid, and changes nothing, if policies that are active or scheduled do not fit the network, if
        quantities of a SKU have other decimals than before, or if units are to come or in quarantine where it has no
        such stock any more; SerialsTaken, if another network of the server issues the same tracking numbers; Contended.
        """
        before = read.read_version(self._client, self._keys)
        inventory = read.with_known_decimals(self._client, self._keys, inventory)
        verify_policies = functools.partial(self.versions.verify_network, inventory.network)
        tracking_serials = TrackingSerials(self._client, self._keys)
        tracking_serials.verify_free(inventory.network)
        version = network_load.save(
            self._client,
            self._keys,
            inventory,
            verify_policies=verify_policies,
            verify_kept=functools.partial(self.flows.inbound.verify_keeps, inventory),
            micros=lambda: self.micros,
            counts=counts,
        )
        tracking_serials.release(inventory.network)
        tidy(self._client, self._keys)
        with contextlib.suppress(ArchiveUnavailable):  # then it can't be told what is needed, and all is kept
            forget_unneeded(self._client, self._keys)
        self._after_freeing()
        return before != version

    def load_network(self, network: Network) -> NetworkDifference:
        """Put a network in place of the one there, with all that it has but products and stock, which stay as they are;
        returns what changed. Raises as `load`, and InputInvalid also for what only that can change.
        """
        return self.master_data.put_network(network, self.versions.verify_network)

    def publish(self, files: Mapping[str, bytes], *, who: str, note: str) -> Published:
        """Store a policy set under its version; raises PolicyInvalid with every finding. `versions` can do more."""
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
        hold_minutes: int | None = None,
    ) -> Answer:
        """Decide `order`, hold its stock and log the decision; with `dry_run`, only decide.

        With `wait`, units that stay unfilled wait for stock in the backlog. Without, the caller has to cancel them or
        order them again; they never ship on their own, lest they ship twice.

        The order is decided as of the instant `now`, by default the clock's. Holds expire by the clock whatever `now`
        is, and the new hold lasts from the clock's instant at the earliest. The policies are those of `now` if that is
        still to come, otherwise the active ones. A `key` that was used before is answered with its decision, and an
        order that was sent before with the one that stands, but not in a dry run. The hold is `caller`'s, by default
        the key's; it lasts as the policies say or, if they are given, for `hold_minutes`. Raises OrderInvalid,
        InputInvalid, NotReady, KeyReused, OrderExists, QuotaExceeded, Contended, StoreUnavailable.
        """
        verify_hold_length(hold_minutes, max_hold=self.settings.max_hold)
        hold_owner = caller if caller is not None else key.caller if key else ""
        outcome = self._decide_and_commit.run(
            DecisionRequest(
                remainder=whole_order(order),
                instant=self.now if now is None else now,
                caller=hold_owner,
                most_holds=self.settings.max_holds,
                key=key,
                waits=wait,
                hold_minutes=hold_minutes,
                after_waiting=self.settings.backlog == "auto",
            ),
            dry_run=dry_run,
        )
        return self._answer(outcome, order)

    def batch(
        self,
        orders: Sequence[Order],
        *,
        now: int | None = None,
        keys: Callable[[Order], RequestKey] | None = None,
        caller: str = "",
        wait: bool = False,
        progress: Callable[[], None] = lambda: None,
        planning: Callable[[], None] = lambda: None,
        verify_going_on: Callable[[], None] = lambda: None,
    ) -> Batch:
        """A batch of orders, which are decided as its results are read: those of the highest priority first (see
        engine/decide/priority.py), those of equal priority by a joint plan.

        `keys` gives the idempotency key of each order's decision, so that a repeated request goes on where the first
        one stopped. `planning` is called for each order once it is looked at for the plan, `progress` once its result
        is known. `verify_going_on` raises Interrupted if the batch is to end where it stands.
        """
        request = BatchRequest(
            orders=orders,
            instant=self.now if now is None else now,
            keys=keys,
            caller=caller,
            wait=wait,
            after_waiting=self.settings.backlog == "auto",
            progress=progress,
            planning=planning,
            verify_going_on=verify_going_on,
        )
        return Batch(
            request,
            facts=self._facts,
            decide_and_commit=self._decide_and_commit,
            blocks=self._blocks,
            answer=self._answer,
            logged=self._logged,
        )

    def deciding_rules(self, order: Order, *, now: int) -> tuple[str, ...]:
        """The rules that would decide `order` at `now`: without any one of them the choice would be another one."""
        snapshot, matcher = self._facts.read(order.skus, now, deciding=order.id)
        check_order(order, snapshot)
        return deciding_rules(order, snapshot, matcher, now)

    def facts_for(self, skus: Sequence[str], *, now: int) -> tuple[Snapshot, Matcher]:
        """On what an order of these SKUs would be decided at `now`, and by which active policies."""
        return self._facts.read(skus, now)

    def products(self, skus: Iterable[str]) -> dict[str, Product]:
        """The products of those SKUs that the network has, by SKU."""
        return self._facts.products(skus)

    def network(self) -> Network:
        """The loaded network; raises NotReady."""
        return self._facts.network()

    def decision(self, decision_id: str, *, max_stale: int | None = None) -> Answer:
        """A logged decision, which never changes; raises NotFound. With `max_stale`, a replica may be asked for it."""
        entry = None if max_stale is None else self._replica.entry(decision_id, most=max_stale)
        if entry is None:
            entry = decision_log.decided(self._client, self._keys, decision_id)
        return Answer.logged(entry)

    def availability(self, sku: str, channel: str) -> SkuAvailability:
        """What an order on `channel` may still take of `sku`, by node; raises NotFound, NotReady."""
        return self.stock.availability([sku], channel).skus[0]

    def ready(self) -> dict[str, str]:
        """The versions of network and policies that decide now; raises NotReady or StoreUnavailable if none can."""
        self._client.verify_answering()
        snapshot, matcher = self._facts.read([], self.now)
        self._ledger.verify_writable()
        self._client.verify_followed(self._keys.log)
        return {"network_version": snapshot.network.version, "policy_version": matcher.policies.version}

    @functools.cached_property
    def entry_pages(self) -> EntryPages:
        """The log, page by page, the newest entry first."""
        return EntryPages(self._client, self._keys)

    def entries(self, *, on_damaged: Callable[[str], None]) -> Iterator[Entry]:
        """Every entry of the network's log, and those of the installation's log that are about it, oldest first;
        `on_damaged` is called with the id of each one that is damaged. Raises NotReady as `check` does, unless the
        network was reset.
        """
        about_it = list(installation_log.entries(self._client, self._keys.network, on_damaged=on_damaged))
        if all(entry.kind != "reset" for entry in about_it):
            self._verify_something_to_audit()
        own = decision_log.entries(self._client, self._keys, on_damaged=on_damaged)
        return heapq.merge(own, about_it, key=lambda entry: entry.id)

    def order_entries(self, order: str, *, on_damaged: Callable[[str], None]) -> Iterator[Entry]:
        """The entries of the log about an order's decisions, oldest first; as `entries`."""
        self._verify_something_to_audit()
        return entries_of_order(self._client, self._keys, order, on_damaged=on_damaged)

    def archive(
        self, folder: Path, *, older_than: int, advanced: Callable[[int, int], None] = lambda _done, _total: None
    ) -> Archived:
        """Move entries older than so many seconds into the archive in `folder`, and forget archived ones of which the
        time that settings say is over; that is logged. See Archiving and Retention.
        """
        archived = Archiving(self._client, self._keys, folder).run(older_than, advanced=advanced)
        forgotten = Retention(self._client, self._keys, dict(self.settings.retention)).run()
        if archived.entries or forgotten:
            moved = {"entries": archived.entries, "days": archived.days, "through": id_text(archived.through)}
            details = (moved if archived.entries else {}) | ({"forgotten": dict(forgotten)} if forgotten else {})
            self.record_act("archived", str(folder.absolute()), details)
        return dataclasses.replace(archived, forgotten=sum(forgotten.values()))

    def check(self, *, whole: bool = False) -> reconcile_check.Audit:
        """Compare the ledger with what the log says it should be, and the log with what was sealed of it. Where this
        machine has the key that seals, a later check starts with what this one found, unless it is to check the `whole`
        log: then what is archived is read and compared, too. Nothing else is changed. Raises NotReady if the network
        has neither facts nor a log, as one with a mistyped name: there is nothing that could be called clean.
        """
        if not self.sealer.known():  # otherwise there was something, even if there is nothing now
            self._verify_something_to_audit()
        seal = self._check_seal(archive=whole)
        starts = CheckStarts(self._client, self._keys, self.sealer)
        start, keep_at = starts.find(whole=whole or bool(seal.log_altered)), None if seal.findings else starts.next()
        try:
            audit, kept = reconcile_check.check(self._client, self._keys, start=start, keep_at=keep_at)
        except ArchiveUnavailable:
            if not seal.findings:
                raise
            audit, kept = reconcile_check.Audit(compared=False), None
        if kept is not None and audit.clean:
            starts.keep(kept)
        since = id_text(start.end) if start else ""
        return dataclasses.replace(audit, seal=seal, since=since)

    def _check_seal(self, *, archive: bool) -> SealCheck:
        """Of the network's log, and with `archive` of what is archived of it, with what is found of the
        installation's.
        """
        of_network, of_installation = (
            check_seal(self._client, keys, known=sealer.known(), archive=archive)
            for keys, sealer in ((self._keys, self.sealer), (Keys(INSTALLATION), self.installation_sealer))
        )
        others = (
            dataclasses.replace(finding, message=f"in the log of the installation: {finding.message}")
            for finding in of_installation.findings
        )
        return dataclasses.replace(of_network, findings=(*of_network.findings, *others))

    def repair(self, *, who: str) -> reconcile_repair.Repair:
        """Repair what `check` finds, except what only people can repair, and log each repair as done by `who`. Raises
        SealBroken if the log is not what was sealed of it: then it can't tell how the ledger should be.
        """
        altered = self._check_seal(archive=True).log_altered
        if altered:
            more = f", and {len(altered) - 1:,} more" if len(altered) > 1 else ""
            raise SealBroken(
                f"nothing is repaired, as the log is not what was sealed of it: {altered[0]}{more}"
                " (pointsman ledger check). Restore a copy of the server's data from before that"
            )
        repaired = reconcile_repair.repair(self._client, self._keys, now=self.now, who=who)
        self._after_freeing()
        return repaired

    def back_up(self, path: Path, *, advanced: Callable[[int, int], None] = lambda _done, _total: None) -> int:
        """Write all of this network as it is at one moment into a file; returns its number of keys. See back_up."""
        copied = back_up(self._client, self._keys, path, at=self.now, advanced=advanced)
        self.record_act("backed_up", path.name, {"keys": copied})
        return copied

    def restore(
        self, path: Path, *, replace: bool = False, advanced: Callable[[int, int], None] = lambda _done, _total: None
    ) -> Contents:
        """Put the network of a backup in the place of this one, which must be empty unless `replace` says that what is
        there is to be deleted. Raises BackupInvalid and NotEmpty; then nothing was changed.
        """
        self._facts.forget()
        contents = restore(
            self._client,
            self._keys,
            path,
            replace=replace,
            advanced=advanced,
            deleting=lambda: log_reset(self._client, self._keys, because="restored", at=self.now),
        )
        details = {"network": contents.network, "release": contents.release, "made_at": contents.at}
        self.record_act("restored", path.name, details)
        return contents

    def forget(self) -> int:
        """Delete all of this network: facts, stock, holds, policies, log. Returns how many keys were deleted. The log
        of the installation says so.
        """
        self._facts.forget()
        log_reset(self._client, self._keys, because="reset", at=self.now)
        deleted = forget(self._client, self._keys)
        TrackingSerials(self._client, self._keys).release(None)
        self.sealer.forget()
        return deleted

    def record_act(self, kind: str, subject: str, details: Mapping[str, Any]) -> EntryId:
        """Log an act of whoever acts now that changes nothing of the ledger, such as an export; see `Act`."""
        return record_act(self._client, self._keys, Act(kind=kind, subject=subject, details=details), at=self.now)

    def in_store(self) -> StoredState:
        """How much the store has of what comes and goes. Raises StoreUnavailable."""
        return stored_state(self._client, self._keys)

    @property
    def incidents(self) -> int:
        """How often durable-rules failed or differed from the reference since this was made."""
        return self._facts.incidents

    def _after_freeing(self) -> None:
        """What is done after units were freed."""
        self._stock_offers.after_freeing(self._decide_and_commit.run)

    def _verify_something_to_audit(self) -> None:
        if decision_log.is_empty(self._client, self._keys):
            self.network()

    def _logged(self, decisions: Sequence[str]) -> list[Answer]:
        entries = self._client.retry_if_revived(lambda: decision_log.find_all(self._client, self._keys, decisions))
        return [Answer.logged(entry) for entry in entries]

    def _answer(self, outcome: Outcome, order: Order) -> Answer:
        """The answer to a request that decides a whole order, which follows no other decision."""
        match outcome:
            case Decided(answer=answer):
                return answer
            case AnsweredBefore() | OrderTaken():
                return self.orders.answer_again(outcome, order)
            case _:
                raise AssertionError(outcome)
