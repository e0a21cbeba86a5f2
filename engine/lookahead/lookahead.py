"""Look-ahead prices on one network: learns and publishes them, shows them, and learns them again in time."""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from engine.actor import actor
from engine.decide.matching.matcher import Matcher
from engine.errors import ArchiveUnavailable, NotFound, NotLearnt, StoreUnavailable
from engine.facts_reader import FactsReader
from engine.inventory.availability_feed import parts_of
from engine.lookahead.learning import HORIZON_DAYS, Advanced, LearningTerms, LearntPrices, PriceLearning
from engine.lookahead.order_history import NoOrders, last_new_order
from engine.lookahead.price_turns import PriceTurns
from engine.lookahead.protection_costs import UNITS_MORE, ProtectionCost, ProtectionCosts
from engine.lookahead.settings import LookaheadSettings
from engine.lookahead.solving import SolvedElsewhere
from engine.model.load_periods import date_of
from engine.model.lookahead import LookaheadPrice, LookaheadTable, TableHead
from engine.store.connection.client import Client
from engine.store.keys import Keys
from engine.store.lookahead import LookaheadTables, StoredHead
from engine.store.network.former.unneeded import forget_unneeded_tables
from engine.store.stock import Stock
from engine.turn_thread import TurnThread
from rules.policy import PolicySet

TURN_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnt:
    """What was learnt; the `digest` of the table that was published, None of a dry run."""

    prices: LearntPrices
    digest: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownTable:
    """A table as it stands at the instant `now`. `prices` are of the SKUs asked for, `tables` all that are kept."""

    digest: str
    head: TableHead
    now: int
    in_force: bool
    tables: Sequence[StoredHead]
    prices: Mapping[str, Mapping[str, LookaheadPrice]]

    @property
    def too_old(self) -> bool:
        return self.now > self.head.use_until


@dataclass(frozen=True, slots=True, kw_only=True)
class CostsOfProtecting:
    """What protecting so many `units` more costs by the prices of a table, which may be too old to count."""

    digest: str
    head: TableHead
    units: int
    rules: Sequence[ProtectionCost]
    too_old: bool


class LookaheadPrices:
    """Those of one network. `clock` answers UTC seconds. Methods raise StoreUnavailable."""

    def __init__(
        self,
        client: Client,
        keys: Keys,
        settings: LookaheadSettings,
        *,
        facts: FactsReader,
        tables: LookaheadTables,
        clock: Callable[[], int],
    ) -> None:
        self._client = client
        self._keys = keys
        self._settings = settings
        self._facts = facts
        self._tables = tables
        self._clock = clock
        self.learning = PriceLearning(client, keys, facts=facts)
        self._turns = PriceTurns(
            client,
            keys,
            settings,
            learning=self.learning,
            facts=facts,
            tables=tables,
            publish=self._publish,
            stock=Stock(client, keys),
            clock=clock,
        )
        self._thread: TurnThread | None = None

    def learn(
        self,
        *,
        dry_run: bool = False,
        until: int | None = None,
        horizon: int = HORIZON_DAYS,
        use_for: int | None = None,
        elsewhere: SolvedElsewhere | None = None,
        advanced: Advanced = lambda *_: None,
    ) -> Learnt:
        """Learn prices from the orders before `until`, by default now, and publish them unless it is a `dry_run`.
        `horizon` is days, `use_for` seconds, by default as the settings say. Prices are solved `elsewhere`, or in this
        process. Raises NotLearnt, Contended, NotReady.
        """
        terms = LearningTerms(
            now=self._clock(),
            until=until,
            learnt_by=actor(),
            horizon=horizon,
            use_for=self._settings.use_for if use_for is None else use_for,
        )
        try:
            learnt = self.learning.learn(terms, elsewhere=elsewhere, advanced=advanced)
        except NoOrders as nothing:
            raise self._with_last_order(nothing) from None
        digest = None if dry_run else self._publish(learnt.table)
        return Learnt(prices=learnt, digest=digest)

    def show(self, skus: Sequence[str] = (), *, table: str | None = None) -> ShownTable:
        """A table, by the beginning of its digest, by default the one in force, and its prices of these SKUs. Raises
        NotFound if there is none, or no such SKU.
        """
        heads, current = self._tables.heads(), self._tables.current()
        digest = current if table is None else self._found(table, heads)
        if digest is None:
            raise NotFound("no look-ahead prices were learnt yet; learn some (pointsman lookahead learn)")
        head = self._tables.head(digest)
        prices = self._tables.prices(digest, head, skus)
        self._verify_known([sku for sku in skus if not prices[sku]])
        return ShownTable(
            digest=digest,
            head=head,
            now=self._clock(),
            in_force=digest == current,
            tables=heads,
            prices=prices,
        )

    def table(self, digest: str | None = None) -> LookaheadTable:
        """All of a table; raises as `show`."""
        return self._tables.read(self.show(table=digest).digest)

    def protection_costs(self, policies: PolicySet, *, units: int = UNITS_MORE) -> CostsOfProtecting:
        """What protecting so many units more costs a month, by the rules of these policies and the table in force.
        Raises NotFound if there is none, NotReady.
        """
        (costs,) = self.protection_costs_of([policies], units=units)
        return costs

    def protection_costs_of(self, each: Sequence[PolicySet], *, units: int = UNITS_MORE) -> Sequence[CostsOfProtecting]:
        """The same of several policy sets, each by itself, on the same stock."""
        shown, now = self.show(), self._clock()
        prices = self._tables.read(shown.digest).prices
        network = self._facts.network()
        with contextlib.ExitStack() as opened:
            sums = [
                ProtectionCosts(
                    matcher=opened.enter_context(contextlib.closing(Matcher(policies))),
                    channel="",
                    units=units,
                    demand_until=shown.head.demand_until,
                )
                for policies in each
            ]
            for block in parts_of(sorted(prices), network):
                facts = self._facts.read_stock(block, now, cached=False).facts
                for its in sums:
                    its.add(facts, prices, now)
            return [
                CostsOfProtecting(
                    digest=shown.digest,
                    head=shown.head,
                    units=units,
                    rules=its.of_rules(prices),
                    too_old=shown.too_old,
                )
                for its in sums
            ]

    def start(self, elsewhere: SolvedElsewhere | None = None) -> None:
        """From here on, and until it is closed, learn as often as the settings say. A process that goes on for long
        does this. Prices are solved `elsewhere`, or in the thread that this starts.
        """
        if self._settings.every is not None:
            self._turns.elsewhere = elsewhere
            self._thread = TurnThread(
                self._turns.take, name="look-ahead", seconds=TURN_SECONDS, later="look-ahead prices are learnt"
            )
            self._thread.start()

    def close(self) -> None:
        if self._thread is not None:
            self._thread.stop()
            self.end_turns()

    def end_turns(self) -> None:
        """Let another process learn by itself; if the server can't be told, it does so in half an hour."""
        with contextlib.suppress(StoreUnavailable):
            self._turns.end()

    def take_turn(self) -> str | None:
        """Learn what is due, if it is this process's turn; the digest of what was published, None: nothing was."""
        return self._turns.take()

    def _with_last_order(self, nothing: NoOrders) -> NotLearnt:
        """The same, with the day up to which there are orders to learn from."""
        last = last_new_order(self._client, self._keys)
        if last is None:
            return nothing
        day = date_of(self._facts.network().clock, last.at)
        return NotLearnt(
            f"no order was decided in the days that demand is learnt from; the last one was on {day}: learn of the days"
            f" up to then (pointsman lookahead learn --to {day})"
        )

    def _verify_known(self, skus: Sequence[str]) -> None:
        """Raise NotFound for a SKU that the network has no product of."""
        products = self._facts.products(skus) if skus else {}
        for sku in skus:
            if sku not in products:
                raise NotFound(f"no product goes by the SKU '{sku}'")

    def _publish(self, table: LookaheadTable) -> str:
        """Put a table in force, and forget those before it that no decision needs any more; returns its digest."""
        digest = self._tables.publish(table, now=self._clock())
        with contextlib.suppress(ArchiveUnavailable):  # then it can't be told what is needed, and all are kept
            forget_unneeded_tables(self._client, self._keys)
        return digest

    @staticmethod
    def _found(beginning: str, heads: Sequence[StoredHead]) -> str:
        found = {item.digest for item in heads if item.digest.startswith(beginning)}
        if len(found) > 1:
            raise NotFound(f"several look-ahead tables begin with '{beginning}'; pointsman lookahead show lists them")
        if not found:
            raise NotFound(
                f"no look-ahead table that is kept begins with '{beginning}'; pointsman lookahead show lists them"
            )
        return found.pop()
