"""The ledger: how long its two scripts take beside bare commands, how much memory it uses, how long load and check
take.

A commit of three positions is timed beside a bare XADD of the entry that it logs, as the server is configured
(everysec) and with every write synced (always). A script that does nothing is timed with the same arguments: the
difference between its share and ours is the commit's own work. The snapshot of three SKUs at fifty nodes is timed
beside bare HGETALLs of the same hashes in one pipeline. All run in turns, and each is timed twice: as long as the
caller waits, and as long as the server says that it worked. Positions are loaded straight into the embedded server.
"""

import gc
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine.decide.decide import decide
from engine.decide.decision import Decision
from engine.decide.facts_record import FactsRecord, facts_to_json
from engine.decide.record import DecisionRecord, to_json
from engine.model.facts import GeoPoint, Inventory, Line, Network, Node, Order, Product, Service
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.audit.sealed_log import SealedState
from engine.store.entry_codec.codec import encode
from engine.store.ledger import Ledger
from engine.store.network.serialization import inventory_version
from engine.store.outcomes import Committed
from engine.version import VERSION
from tests.bench.example_network import directory

NODES, POSITIONS = 50, 1_000_000
ROUNDS, CALLS, HOLDS = 10, 300, 2_000
_NOW = 1_795_770_000
_MICROS = 1_000_000
_UNITS = 1_000_000

Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class SideBySide:
    """Microseconds a call, of ours and of the bare commands: as long as the caller `waits` and the server `works`."""

    waits: float
    bare_waits: float
    works: float
    bare_works: float

    @property
    def share(self) -> float:
        """Our speed as a share of that of the bare commands, as the caller sees it."""
        return self.bare_waits / self.waits

    @property
    def share_of_work(self) -> float:
        return self.bare_works / self.works


@dataclass(frozen=True, kw_only=True)
class LedgerFigures:
    """`load`, `check` and `check_again` in seconds, for so many positions, the last one from where the check before
    stopped; bytes of the server's memory a position, and a hold with its log entry. `sealed` is how many entries one
    process seals a second.
    """

    positions: int
    load: float
    check: float
    check_again: float
    sealed: float
    bytes_position: float
    bytes_hold: float
    commit: SideBySide
    synced: SideBySide
    """The commit with appendfsync always."""
    nothing: SideBySide
    snapshot: SideBySide


def measure(*, positions: int, calls: int, rounds: int, holds: int, say: Say) -> LedgerFigures:
    """Makes `positions` / NODES SKUs, each at every node, and at least three."""
    with directory() as data, Pointsman(Settings(data=data), clock=lambda: _NOW) as pointsman:
        client = pointsman._client.redis
        before = client.info("memory")["used_memory"]
        say(f"ledgering: loading {positions:,} positions")
        inventory = generated(max(3, positions // NODES))
        load = _seconds(lambda: pointsman.load(inventory))
        loaded = client.info("memory")["used_memory"]
        version = pointsman.publish(_POLICY, who="bench", note="").version
        pointsman.activate(version, who="bench", note="")
        repeated = _RepeatedCommit(pointsman)
        say("ledgering: commit and snapshot beside bare commands")
        commits = {
            name: _beside(client, call, repeated.bare_commit, ("evalsha", "xadd"), calls=calls, rounds=rounds)
            for name, call in (("commit", repeated.commit), ("nothing", repeated.commit_without_effect))
        }
        snapshot = _beside(
            client, repeated.read, repeated.bare_read, ("evalsha", "hgetall"), calls=calls, rounds=rounds
        )
        client.config_set("appendfsync", "always")
        synced = _beside(client, repeated.commit, repeated.bare_commit, ("evalsha", "xadd"), calls=calls, rounds=rounds)
        client.config_set("appendfsync", "everysec")
        client.delete(repeated.bare)
        held = client.info("memory")["used_memory"]
        for _ in range(holds):
            repeated.commit()
        weight = (client.info("memory")["used_memory"] - held) / holds
        say("ledgering: sealing the log")
        states: list[SealedState] = []
        sealing = _seconds(lambda: states.append(pointsman.sealer.seal()))
        say(f"ledgering: checking {positions:,} positions")
        audits = []
        check = _seconds(lambda: audits.append(pointsman.check()))
        if not audits[0].clean:
            raise AssertionError([str(drift) for drift in audits[0].drifts][:5])
        check_again = _seconds(pointsman.check)
        return LedgerFigures(
            positions=audits[0].positions,
            load=load,
            check=check,
            check_again=check_again,
            sealed=states[0].size / sealing,
            bytes_position=(loaded - before) / audits[0].positions,
            bytes_hold=weight,
            **commits,
            synced=synced,
            snapshot=snapshot,
        )


_POLICY: Mapping[str, bytes] = {
    "test.yaml": b"policy: test\nrules:\n  - {id: r1, because: a reason, then: {keep: 3}}\n"
}


class _RepeatedCommit:
    """One decision of three positions, committed again and again under new ids, its order's too; and the bare commands
    beside it.
    """

    bare = "{main}:bare"

    def __init__(self, pointsman: Pointsman) -> None:
        self._ledger, self._client = pointsman._ledger, pointsman._client.redis
        self._without_effect = Ledger(pointsman._client, pointsman._keys)
        self._without_effect._commit = self._client.register_script("return {'done'}")
        lines = tuple(Line(id=str(n), sku=_sku(n), quantity=1) for n in range(3))
        order = _order(lines)
        snapshot, matcher = pointsman._facts.read(order.skus, _NOW)
        self._decision: Decision = decide(order, snapshot, matcher, _NOW)
        self._skus = order.skus
        self._facts = facts_to_json(FactsRecord.of(self._decision))
        self._body = to_json(DecisionRecord.of(self._decision, f"{0:032x}", VERSION, self._facts))
        self._packed = encode(self._body, self._facts)
        self._number = 0

    def commit(self) -> None:
        self._commit(self._ledger)

    def commit_without_effect(self) -> None:
        self._commit(self._without_effect)

    def _commit(self, ledger: Ledger) -> None:
        self._number += 1
        decision_id, name = f"{self._number:032x}", f"W-{self._number:09}"
        decision = replace(self._decision, order=replace(self._decision.order, id=name))
        body = self._body.replace(self._decision.order.id.encode(), name.encode())
        body = body.replace(f"{0:032x}".encode(), decision_id.encode())
        outcome = ledger.commit(decision, decision_id, body, facts=self._facts)
        if outcome != Committed():
            raise AssertionError(outcome)

    def bare_commit(self) -> None:
        """Adds the entry that commit.lua logs; it is packed again each time, as there."""
        self._number += 1
        fields = {"kind": "decided", "id": f"{self._number:032x}", "at": _NOW, "caller": "", "day": "2026-11-27"}
        self._client.xadd(
            self.bare,
            fields | {"stood": "1000000 0 3,1000000 0 3,1000000 0 3", "body": encode(self._body, self._facts)},
        )

    def read(self) -> None:
        self._ledger.read(self._skus, loads=["2026-11-27"], now=_NOW)

    def bare_read(self) -> None:
        with self._client.pipeline(transaction=False) as read:
            for sku in self._skus:
                read.hgetall(f"{{main}}:on_hand:{sku}")
                read.hgetall(f"{{main}}:held:{sku}")
            read.execute()


def _beside(
    client: Any,
    ours: Callable[[], None],
    bare: Callable[[], None],
    commands: Sequence[str],
    *,
    calls: int,
    rounds: int,
) -> SideBySide:
    """The medians over all rounds; ours and the bare commands run in turns."""
    waits: dict[Callable[[], None], list[float]] = {ours: [], bare: []}
    works: dict[Callable[[], None], list[float]] = {ours: [], bare: []}
    gc.collect()
    for number in range(rounds):
        for call in (ours, bare) if number % 2 else (bare, ours):
            client.config_resetstat()
            taken = _seconds(lambda call=call: [call() for _ in range(calls)])  # type: ignore[misc]  # the default
            command_stats = client.info("commandstats")
            waits[call].append(taken / calls * _MICROS)
            works[call].append(command_stats[f"cmdstat_{commands[call is bare]}"]["usec"] / calls)
    medians = {
        name: statistics.median(figures[call])
        for name, figures, call in (
            ("waits", waits, ours),
            ("bare_waits", waits, bare),
            ("works", works, ours),
            ("bare_works", works, bare),
        )
    }
    return SideBySide(**medians)


def generated(skus: int) -> Inventory:
    """An inventory with every SKU at every node."""
    nodes = {name: _node(name, number) for number in range(NODES) for name in [f"n{number:02}"]}
    transit = ((5_000_000, 2_880),)
    services = {"parcel": Service(id="parcel", mode="truck", base=5_000_000, emission=0, transit=transit)}
    network = Network(version="", currency="EUR", time_zone="Europe/Paris", nodes=nodes, services=services)
    names = [_sku(number) for number in range(skus)]
    products = {sku: Product(sku=sku, category="home", lifecycle="core", weight=1_000) for sku in names}
    stock = dict.fromkeys(nodes, _UNITS)
    inventory = Inventory(network=network, products=products, stock={sku: dict(stock) for sku in names}, paces={})
    return replace(inventory, network=replace(network, version=inventory_version(inventory)))


def _node(name: str, number: int) -> Node:
    place = GeoPoint(latitude=44_000_000 + 60_000 * number, longitude=1_000_000 + 90_000 * number)
    return Node(id=name, type="warehouse", place=place, country="FR", services=("parcel",))


def _order(lines: tuple[Line, ...]) -> Order:
    place = GeoPoint(latitude=48_853_410, longitude=2_348_800)
    return Order(
        id=f"W-{0:09}", channel="web", delivery="standard", placed_at=_NOW, country="FR", place=place, lines=lines
    )


def _sku(number: int) -> str:
    return f"SKU-{number:07}"


def _seconds(call: Callable[[], Any]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started
