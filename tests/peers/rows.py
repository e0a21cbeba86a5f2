"""Reads the tables of tests/peers: facts that other systems' tests state, restated as networks, orders and steps.

README.md says how a row is written. A key that no table has is an error.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, TypeAlias

import msgspec
import yaml

Units: TypeAlias = dict[str, int]
"""By SKU."""
Stock: TypeAlias = dict[str, Units]
"""Units by node, by SKU."""
Shipments: TypeAlias = dict[str, Units]
"""Units by SKU, by node."""

_HERE = Path(__file__).parent
VERBS = (
    *("decide", "confirm", "release", "reject", "cancel", "undo"),
    *("amend", "withdraw", "count", "arrive", "after", "offer"),
)
EXPECTATIONS = (
    *("ships", "shipped", "shipments", "unfilled", "refused"),
    *("on_hand", "held", "free", "free_in_all", "waiting"),
)


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class Suite(_Table, kw_only=True):
    """A file of a peer's tests, and how many it has."""

    file: str
    tests: int


class Source(_Table, kw_only=True):
    """The test that a row restates. `case` tells its parameters or the part of it, where it makes several rows."""

    suite: str
    test: str
    case: str = ""


class NodeFacts(_Table, kw_only=True):
    """`handling` is euros a shipment."""

    at: str = "lyon"
    type: str = "warehouse"
    handling: int = 0
    tags: tuple[str, ...] = ()
    services: tuple[str, ...] = ("parcel",)


class Step(_Table, kw_only=True):
    """One thing that is done, with what belongs to it, and what is expected afterwards."""

    decide: Units | list[Units] | None = None
    confirm: str | None = None
    release: str | None = None
    reject: str | None = None
    cancel: str | None = None
    undo: str | None = None
    amend: str | None = None
    withdraw: str | None = None
    count: Stock | None = None
    arrive: Stock | None = None
    after: str | None = None
    offer: Literal["backlog"] | None = None

    order: str = "W-1"
    channel: str = "web"
    tags: tuple[str, ...] = ()
    to: str = "paris"
    collect_at: str | None = None
    placed: str = "0 min"
    wait: bool = False
    nodes: tuple[str, ...] = msgspec.field(default=(), name="from")
    lines: Units = {}

    ships: dict[str, Any] | None = None
    shipped: Units | None = None
    shipments: int | None = None
    unfilled: Units | None = None
    refused: str | None = None
    on_hand: Stock | None = None
    held: Stock | None = None
    free: Stock | None = None
    free_in_all: Units | None = None
    waiting: Shipments | None = None

    @property
    def verb(self) -> str:
        """The name of the one thing that is done."""
        (verb,) = (name for name in VERBS if getattr(self, name) is not None)
        return verb

    @property
    def expects(self) -> bool:
        return any(getattr(self, name) is not None for name in EXPECTATIONS)


class Row(_Table, kw_only=True):
    """`rules` are names of the file's rules. `needs` are features that the row can't do without. `defect` says what
    Pointsman does wrong, if it does.
    """

    row: str
    source: Source
    stock: Stock
    nodes: dict[str, NodeFacts] = {}
    categories: dict[str, str] = {}
    services: tuple[str, ...] = ("parcel",)
    rules: tuple[str, ...] = ()
    steps: tuple[Step, ...]
    note: str = ""
    needs: tuple[str, ...] = ()
    defect: str = ""


class Exempt(_Table, kw_only=True):
    """Tests that are no rows, and why."""

    suite: str
    tests: tuple[str, ...]
    because: str


class Peer(_Table, kw_only=True):
    """One file. `differs`: tests whose answer is another one here on purpose; `cannot`: those that can't be said in a
    network, an order and steps.
    """

    peer: str
    repository: str
    commit: str
    licence: str
    suites: dict[str, Suite]
    rules: dict[str, dict[str, Any]] = {}
    rows: tuple[Row, ...]
    differs: tuple[Exempt, ...] = ()
    cannot: tuple[Exempt, ...] = ()

    def exempt_tests(self) -> Iterator[tuple[str, str]]:
        for exempt in (*self.differs, *self.cannot):
            for test in exempt.tests:
                yield exempt.suite, test


def read_peers() -> Sequence[Peer]:
    return [msgspec.convert(yaml.safe_load(path.read_text()), Peer) for path in sorted(_HERE.glob("*.yaml"))]
