"""The transfers of one network: made, approved, shipped, received, cancelled and listed."""

import functools
import hashlib
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import msgspec

from engine.errors import Contended, InputInvalid, Mistake, NotFound, PointsmanError, StockConflict
from engine.facts_reader import FactsReader
from engine.idempotency import answered_before, name_reused, operation
from engine.inventory.position_checks import position_mistake
from engine.inventory.stated_instants import MICROSECONDS, verify_instant
from engine.model.facts import Network
from engine.model.transfers import OPEN_TRANSFERS, Transfer, TransferLine, TransferStatus
from engine.store.connection.client import Client
from engine.store.connection.sorted_sets import Place
from engine.store.flows.transfers import (
    Leaving,
    OthersMade,
    ReceiptDiffers,
    StoredTransfers,
    TooFewFree,
    TransferChange,
    TransferChanged,
    TransferOutcome,
    about_transfer,
    parse,
)
from engine.store.holds import Holds
from engine.store.keys import Keys
from engine.store.outcomes import OperationReused
from engine.store.pages import page_of
from engine.transfers import life
from engine.transfers.kept_units import free_to_move
from engine.transfers.lanes import lane_between

_MOST_TRIES = 50
_Plan: TypeAlias = Callable[[], TransferChange]
_NOT_MOVED = frozenset({"transfer_proposed", "transfer_approved"})


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTransfer:
    """A transfer that is to be made. Without an `id`, it gets one; each SKU stands in one of its lines. `made`: only if
    so many transfers were made before, whatever became of them.
    """

    origin: str
    goal: str
    lines: Sequence[TransferLine]
    id: str | None = None
    note: str = ""
    made: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferFilter:
    """Which transfers are listed: those of a status, from and to a node, and with a SKU, if these are given. Without a
    status, those that are not over.
    """

    status: TransferStatus | None = None
    origin: str | None = None
    goal: str | None = None
    sku: str | None = None

    @property
    def ended(self) -> bool:
        """Whether transfers are listed that are over."""
        return self.status is not None and self.status not in OPEN_TRANSFERS

    def passes(self, transfer: Transfer) -> bool:
        if transfer.status != self.status and (self.status is not None or not transfer.is_open):
            return False
        if self.origin not in (None, transfer.origin) or self.goal not in (None, transfer.goal):
            return False
        return self.sku is None or any(line.sku == self.sku for line in transfer.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class TransfersPage:
    """Transfers, the newest first. The next page begins after the place `after`, the instant at which one was made and
    its id; None: this is the last. A page may have fewer transfers than were asked for, or none, and not be the last.
    """

    transfers: tuple[Transfer, ...]
    after: Place | None


class Transfers:
    """`after_freeing` offers what came to orders that wait; `clock` answers UTC seconds, `micros` microseconds.

    What changes a transfer takes an operation id `op`: sent again, it is answered and nothing is done twice. It raises
    NotFound, StockConflict if the transfer is not in a state for it or units can't be moved, InputInvalid, KeyReused,
    NotReady, Contended, StoreUnavailable, and then nothing is changed.
    """

    def __init__(
        self,
        client: Client,
        keys: Keys,
        *,
        facts: FactsReader,
        after_freeing: Callable[[], None],
        clock: Callable[[], int],
        micros: Callable[[], int],
    ) -> None:
        self._client = client
        self._facts = facts
        self._stored = StoredTransfers(client, keys)
        self._holds = Holds(client, keys)
        self._after_freeing = after_freeing
        self._clock = clock
        self._micros = micros

    def create(self, new: NewTransfer, *, op: str | None = None) -> TransferChanged:
        """Make a transfer, which is proposed then. A lane must lead there, and units that are held or that rules keep
        at the origin can't be moved; but they are not held for it before it is shipped.
        """
        # of an operation that is sent again, the same
        name = new.id or f"t-{hashlib.sha256(op.encode()).hexdigest()[:12] if op else uuid.uuid4().hex[:12]}"

        def plan() -> TransferChange:
            network = self._verified(new)
            if self._stored.find(name) is not None:
                raise StockConflict(f"there is a transfer '{name}' already; give this one another id")
            lane = lane_between(network, new.origin, new.goal)
            if lane is None:
                message = (
                    f"no lane leads from '{new.origin}' to '{new.goal}'; write one under transfers in network.yaml"
                )
                raise InputInvalid([Mistake(field="to", message=message)])
            after = Transfer(
                id=name,
                origin=new.origin,
                goal=new.goal,
                status="proposed",
                lines=tuple(new.lines),
                takes=lane.takes,
                made_at=self._clock(),
                note=new.note,
            )
            self._verify_free(after)
            return TransferChange(kind="transfer_proposed", before=None, after=after, made=new.made)

        request = msgspec.json.encode([new.origin, new.goal, new.lines, new.note]).decode()
        return self._run(name, f"create {request}", plan, op)

    def approve(self, name: str, *, op: str | None = None) -> Transfer:
        """Let it be shipped."""

        def plan() -> TransferChange:
            before = self.find(name)
            after = life.approved(before)
            self._verify_free(after)
            return TransferChange(kind="transfer_approved", before=before, after=after)

        return self._run(name, "approve", plan, op).transfer

    def ship(
        self, name: str, units: Mapping[str, int] | None = None, *, at: int | None = None, op: str | None = None
    ) -> Transfer:
        """So many units have left its origin, by SKU; None: all that were planned. They are not on hand there any more
        and are to come at its goal. `at` is when they left, in UTC microseconds; None: now. Units that are held or kept
        can't leave, unless they had left before the count that stands.
        """
        self._check_instant(at)

        def plan() -> TransferChange:
            before, now = self.find(name), self._clock()
            left_at = now if at is None else at // MICROSECONDS
            after = life.shipped(before, units, at=left_at, text=self._facts.network().quantity_text)
            if after.expected_at is not None and after.expected_at <= now:
                after = life.expected(after, at=now + life.SECONDS_A_MINUTE)
            policies, out = self._leaving(after)
            return TransferChange(
                kind="transfer_shipped", before=before, after=after, out=out, policies=policies, at=at
            )

        return self._run(name, f"ship {_text(units)} {at}", plan, op).transfer

    def receive(
        self,
        name: str,
        units: Mapping[str, int] | None = None,
        *,
        closes: bool = False,
        over: bool = False,
        at: int | None = None,
        op: str | None = None,
    ) -> Transfer:
        """So many units have arrived at its goal, by SKU; None: all that are to come. Those that orders were promised
        are held for them there. With `closes`, no more is to come, and what is lacking is lost; `over`: more may have
        arrived than were shipped. `at` as in `ship`.
        """
        self._check_instant(at)

        def plan() -> TransferChange:
            before = self.find(name)
            text = self._facts.network().quantity_text
            after, arrived = life.received(before, units, closes=closes, over=over, now=self._clock(), text=text)
            return TransferChange(
                kind="transfer_received", before=before, after=after, arrived=arrived, closes=closes, at=at
            )

        return self._run(name, f"receive {_text(units)} {closes} {over} {at}", plan, op).transfer

    def cancel(self, name: str, *, op: str | None = None) -> Transfer:
        """Nothing more becomes of it. What was shipped and has not arrived is on hand at its origin again: it did not
        leave, or is back.
        """

        def plan() -> TransferChange:
            before = self.find(name)
            after = life.cancelled(before, now=self._clock())
            return TransferChange(kind="transfer_cancelled", before=before, after=after, back=life.coming_back(before))

        return self._run(name, "cancel", plan, op).transfer

    def find(self, name: str) -> Transfer:
        """Raises NotFound."""
        transfer = self._stored.find(name)
        if transfer is None:
            raise NotFound(f"no transfer goes by the id '{name}'")
        return transfer

    def page(self, filtered: TransferFilter, *, limit: int, after: Place | None = None) -> TransfersPage:
        """At most `limit` of those that pass the filter, the newest first, from behind the place `after` on."""
        # in the lists, the instant is below 0, so that the newest come first
        last = None if after is None else (-after[0], after[1])
        listed = self._stored.ended(after=last) if filtered.ended else self._open_listed(last)
        page = page_of(listed, filtered.passes, limit=limit)
        return TransfersPage(
            transfers=page.items, after=None if page.after is None else (-page.after[0], page.after[1])
        )

    def _open_listed(self, after: Place | None) -> Iterator[tuple[Place, Transfer]]:
        """Those that are not over, as `StoredTransfers.ended` lists the others; there are few."""
        by_place = {(-item.made_at, item.id): item for item in self._stored.open()}
        return ((place, by_place[place]) for place in sorted(by_place) if after is None or place > after)

    def made(self) -> int:
        """How many were made, whatever became of them."""
        return self._stored.made()

    def open_transfers(self) -> list[Transfer]:
        """Those that are neither received nor cancelled, by id."""
        return self._stored.open()

    def _run(self, name: str, request: str, plan: _Plan, op: str | None) -> TransferChanged:
        """Work out what becomes of a transfer and store it; anew if others change meanwhile what it depends on."""
        named = operation(request, op)
        for _ in range(_MOST_TRIES):
            answer = answered_before(self._holds, about_transfer(name), named, op)
            if answer is not None:
                return TransferChanged(transfer=parse(answer), again=True)
            version = self._facts.network_and_products([], fresh=True)[0].version
            try:
                change = plan()
            except PointsmanError:  # as it is, perhaps, since the same request was carried out meanwhile
                answer = answered_before(self._holds, about_transfer(name), named, op)
                if answer is None:
                    raise
                return TransferChanged(transfer=parse(answer), again=True)
            store = functools.partial(
                self._stored.change,
                change,
                version=version,
                now=self._clock(),
                micros=self._micros(),
                operation=named,
            )
            outcome = self._client.retry_if_revived(store)
            if isinstance(outcome, TransferChanged):
                if change.kind not in _NOT_MOVED:
                    self._after_freeing()
                return outcome
            self._verify_not_refused(outcome, change.after, op)
        raise Contended("others change what is to be moved over and over; try again")

    def _verify_not_refused(self, outcome: TransferOutcome, transfer: Transfer, op: str | None) -> None:
        """Raise what was wrong, unless the change only has to be worked out anew."""
        match outcome:
            case TooFewFree(sku=sku, free=free):
                raise self._too_few(transfer, {sku: free})
            case ReceiptDiffers(sku=sku):
                raise StockConflict(
                    f"transfer '{transfer.id}': the receipt of '{sku}' at '{transfer.goal}' is not as the transfer has"
                    " it; pointsman ledger check says more"
                )
            case OthersMade():
                raise StockConflict("other transfers were made since these were proposed; propose again")
            case OperationReused():
                raise name_reused(op)

    def _verified(self, new: NewTransfer) -> Network:
        """The network as it is now, in which both nodes can have stock of each SKU."""
        skus = [line.sku for line in new.lines]
        network, products = self._facts.network_and_products(skus, fresh=True)
        mistakes: list[Mistake] = []
        for field, node in (("from", new.origin), ("to", new.goal)):
            if node not in network.nodes:
                mistakes.append(Mistake(field=field, message=f"no node goes by the id '{node}'"))
        if new.origin == new.goal:
            mistakes.append(Mistake(field="to", message="a transfer leads from one node to another"))
        for number, sku in enumerate(skus):
            mistake = position_mistake(next(iter(network.nodes)), sku, network, products)
            if mistake is not None:
                mistakes.append(Mistake(field=f"lines.{number}.{mistake.field}", message=mistake.message))
            elif sku in skus[:number]:
                message = f"'{sku}' stands here a second time; write one line for all of its units"
                mistakes.append(Mistake(field=f"lines.{number}.sku", message=message))
        if mistakes:
            raise InputInvalid(mistakes)
        return network

    def _verify_free(self, transfer: Transfer) -> None:
        """Raise StockConflict if more units are planned than are free to be moved now."""
        free, _ = self._free(transfer)
        lacking = {line.sku: free.get(line.sku, 0) for line in transfer.lines if line.units > free.get(line.sku, 0)}
        if lacking:
            raise self._too_few(transfer, lacking)

    def _leaving(self, transfer: Transfer) -> tuple[str, dict[str, Leaving]]:
        """The policies that say how many units of each SKU may leave, and how many these are."""
        skus = [line.sku for line in transfer.lines if line.shipped]
        stored = self._stored.units(transfer.origin, skus)  # before the rules are asked: it has to be so afterwards
        free, policies = self._free(transfer)
        return policies, {sku: Leaving(as_stored=stored[sku], free=free.get(sku, 0)) for sku in skus}

    def _free(self, transfer: Transfer) -> tuple[dict[str, int], str]:
        """By SKU, the units free to be moved, and the policies that say so."""
        now = self._clock()
        read = self._facts.read_stock([line.sku for line in transfer.lines], now)
        if transfer.origin not in read.state.network.nodes:
            raise StockConflict(f"transfer '{transfer.id}': there is no node '{transfer.origin}' any more; cancel it")
        matcher = read.state.matcher
        return free_to_move(read.facts, matcher, transfer.origin, now), matcher.policies.version

    def _too_few(self, transfer: Transfer, free: Mapping[str, int]) -> PointsmanError:
        network = self._facts.network()
        lines = {line.sku: line.shipped or line.units for line in transfer.lines}
        named = "; ".join(
            f"{network.quantity_text(sku, lines[sku])} of '{sku}', and {network.quantity_text(sku, units)} can be moved"
            for sku, units in sorted(free.items())
        )
        return StockConflict(
            f"transfer '{transfer.id}' from '{transfer.origin}': {named};"
            " the others are not there, are held, or rules keep them"
        )

    def _check_instant(self, instant: int | None) -> None:
        verify_instant(instant, self._clock(), field="at", what_to_do="write when the units were moved")


def _text(units: Mapping[str, int] | None) -> str:
    return "all" if units is None else msgspec.json.encode(dict(units), order="sorted").decode()
