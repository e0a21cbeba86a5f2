"""A what-if in one step beside the decisions that it makes again, both in processor time of one process.

Orders of the example day are decided as `pointsman route` decides them, a slice at a time; what was decided is then
tried at once, so that both are timed on the same machine under the same load. Each of what is tried has a service of
its own, as the processes of a what-if have: none finds ready what another has learnt of the rules. Reading the log is
counted, and so is the adding up; the server's own time is not counted on either side.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from typing import NamedTuple

from rich.table import Table

from api.cli.route_day import CALLER
from api.files.policies import policy_files
from engine.model.facts import Inventory, Order
from engine.parallel.long_lived import long_lived_objects
from engine.service import Pointsman
from engine.simulation.comparison import Comparison
from engine.simulation.draft import Draft
from engine.simulation.one_step import OneStep, OneStepWork
from engine.simulation.tried_decision import UntriedDecision
from engine.store.ledger import RequestKey
from engine.store.log import decision_log
from rules.loader import load_policies
from tests.bench.example_network import directory, installed
from tests.bench.option_sets import POLICIES

ORDERS, SLICE = 2_500, 250
WARM = 2
"""Slices at the beginning that are not counted."""
_RULE = b"carbon_price: 0.25"
PRICES = (b"0.30", b"0.35", b"0.40", b"0.45", b"0.50", b"0.75", b"1.50", b"2.00")
_BONUS = b"prefer: 1.50"
Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class TryingFigures:
    """`shares` are of the time in which the orders were decided, by what was tried; `variants` is what that many drafts
    took beside one of them.
    """

    orders: int
    shares: Mapping[str, float]
    variants: int
    variants_beside_one: float

    def table(self) -> Table:
        table = Table(title=f"A what-if of {self.orders:,} orders, in one step and one process")
        table.add_column("tried")
        table.add_column("share of the time that deciding took", justify="right")
        for name, share in self.shares.items():
            table.add_row(name, f"{share:.2f}")
        table.add_row(f"{self.variants} prices of CO2e, of the time of one", f"{self.variants_beside_one:.1f} times")
        return table


class Tried(NamedTuple):
    service: Pointsman
    one_step: OneStep
    drafts: int


def measure(inventory: Inventory, orders: Sequence[Order], *, size: int, warm: int, say: Say) -> TryingFigures:
    with directory() as data, installed(data, "whatif", inventory) as pointsman, ExitStack() as stack:
        say(f"trying: {len(orders)} orders")
        seconds: Counter[str] = Counter()
        tried = {name: stack.enter_context(_begun(pointsman, drafts)) for name, drafts in _drafts().items()}
        for number, start in enumerate(range(0, len(orders), size)):
            if number == warm:
                seconds.clear()
            _one_slice(pointsman, orders[start : start + size], tried, seconds)
    shares = {name: seconds[name] / seconds["decided"] for name in tried if name != _ALL}
    return TryingFigures(
        orders=len(orders),
        shares=shares,
        variants=len(PRICES),
        variants_beside_one=seconds[_ALL] / seconds[_PRICE],
    )


_SAME, _PRICE, _PREFERENCE, _ALL = (
    "the active policies",
    "another price of CO2e",
    "another preference",
    "8 prices of CO2e",
)


def _drafts() -> dict[str, list[Draft]]:
    files = policy_files(POLICIES)
    prices = [draft_with_price(files, price) for price in PRICES]
    return {
        _SAME: [_draft(files, b"", b"")],
        _PRICE: prices[:1],
        _PREFERENCE: [_draft(files, _BONUS, b"prefer: 2.50")],
        _ALL: prices,
    }


@contextmanager
def _begun(pointsman: Pointsman, drafts: Sequence[Draft]) -> Iterator[Tried]:
    with Pointsman(pointsman.settings) as service:
        work = OneStepWork(against=service.versions.find("active"), drafts=tuple(drafts))
        with closing(work.begin(service)) as one_step:
            yield Tried(service, one_step, len(drafts))


def draft_with_price(files: Mapping[str, bytes], price: bytes) -> Draft:
    """The policies of the example with another price of CO2e."""
    return _draft(files, _RULE, b"carbon_price: " + price)


def _draft(files: Mapping[str, bytes], what: bytes, instead: bytes) -> Draft:
    changed = {name: text.replace(what, instead, 1) if name == "green.yaml" else text for name, text in files.items()}
    return Draft.of(instead.decode(), load_policies(changed))


def _one_slice(
    pointsman: Pointsman, orders: Sequence[Order], tried: Mapping[str, Tried], seconds: Counter[str]
) -> None:
    (last,) = pointsman._client.redis.xrevrange(pointsman._keys.log, count=1)
    with _added(seconds, "decided"):
        for order in orders:
            pointsman.decide(order, now=order.placed_at, key=RequestKey(caller=CALLER, name=order.id))
    for name, drafts in tried.items():
        with long_lived_objects(), _added(seconds, name):  # as in the processes of a what-if
            _try(drafts, behind=last[0].decode())


def _try(tried: Tried, *, behind: str) -> None:
    comparisons = [Comparison(shown=0, weighed=0) for _ in range(tried.drafts)]
    for batch in decision_log.raw_decisions(tried.service._client, tried.service._keys, start=f"({behind}"):
        for item in tried.one_step.try_decisions(batch):
            if isinstance(item, UntriedDecision):
                raise TypeError(item.why)
            for comparison, draft in zip(comparisons, item.drafts, strict=True):
                comparison.add(item, draft)


@contextmanager
def _added(seconds: Counter[str], part: str) -> Iterator[None]:
    started = time.process_time()
    yield
    seconds[part] += time.process_time() - started
