"""What becomes of messages of the connectors that come with Pointsman, as docs/connector-results.md states it."""

import datetime
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from api.connectors.language.connector import Connector, Reads
from api.connectors.language.places import Push
from api.connectors.running.connector_parts import ConnectorParts
from api.connectors.running.opening import open_answering, open_reader
from api.connectors.running.quarantine import Keeping
from api.connectors.running.report import MessageReport
from api.connectors.running.runner import ConnectorRunner
from api.connectors.sources.message import Message
from api.connectors.testing.connector_test import ConnectorTest
from api.connectors.testing.runner import made_of
from engine.errors import NotFound
from engine.model.facts import Line
from engine.service import Pointsman
from tests.conftest import activate
from tests.support.decision_json import json_of
from tests.support.facts import inventory, node, order, product
from tests.support.parcels import LYON_ADDRESS, ZOE, parcel_terms
from tests.support.sample_parts import parts_of

UNITS = 1_000
"""Of each article at each place of a sample."""
_DATES = {
    re.compile(rb"\b20\d\d-\d\d-\d\d"): "%Y-%m-%d",
    re.compile(rb"\b20[12]\d[01]\d[0-3]\d(?=\d{4}\b|\b)"): "%Y%m%d",
    re.compile(rb"\b\d\d/\d\d/20\d\d"): "%d/%m/%Y",
}
_WORDS = {
    "applied": "taken over",
    "unchanged": "unchanged",
    "older": "older",
    "repeated": "repeated",
    "skipped": "left out",
    "bad": "bad",
}


@dataclass
class Given:
    """A source whose messages are given."""

    waiting: list[Message]

    def messages(self, place: Mapping[str, str]) -> list[Message]:  # noqa: ARG002  # as every source
        return self.waiting

    def put_away(self, message: Message, *, quarantined: bool) -> None:
        pass

    def close(self) -> None:
        pass


@dataclass
class World:
    """A connector in a network with what its sample is about."""

    pointsman: Pointsman
    root: Path
    connector: Connector
    test: ConnectorTest
    sample: bytes = b""
    rows: Sequence[Mapping[str, Any]] = ()
    _count: Iterator[int] = field(default_factory=lambda: iter(range(10**6)))

    def __post_init__(self) -> None:
        self.connector = replace(self.connector, reads=Reads(source=Push()))
        made = made_of(
            self.connector, self.test.content, name="a", received_at=self.test.received_at, headers=self.test.headers
        )
        self.rows = made.rows
        self._load()
        for name in {str(row["order"]) for row in self.rows if "order" in row}:
            self._place(name)
        self.sample = self._about_a_shipment_of_ours(self.test.content)

    def _load(self) -> None:
        places = [
            node(name, address=LYON_ADDRESS)
            for name in sorted({str(row["node"]) for row in self.rows if "node" in row}) or ["lyon"]
        ]
        articles = sorted({"A", *_articles(self.rows)})
        stock = {sku: {place.id: UNITS for place in places} for sku in articles}
        products = [product(sku) for sku in articles]
        self.pointsman.load(
            inventory(places, stock, products=products, rates={"USD": 90_000_000}, parcels=parcel_terms())
        )
        activate(self.pointsman)

    def take(self, content: bytes) -> MessageReport:
        """What became of one more message with this content."""
        name = f"{next(self._count)}-{self.test.message}"
        message = Message(
            id=name,
            name=name,
            received_at=self.test.received_at,
            open=lambda: io.BytesIO(content),
            headers=self.test.headers,
        )
        reader = open_reader(self.connector)
        parts = ConnectorParts(
            connector=self.connector,
            source=Given([message]),
            reader=reader,
            keeping=Keeping(self.connector, self.root),
            answering=open_answering(self.pointsman, self.connector, reader, self.root),
        )
        report = ConnectorRunner(self.pointsman, parts).take_turn()
        assert (report.error, report.busy) == ("", False)
        return report.messages[0]

    def state(self) -> Any:
        """All that messages of any kind change."""
        skus = self.pointsman.stock.skus()
        positions = [
            (item.node, item.sku, item.on_hand, item.held)
            for block in self.pointsman.stock.positions(skus)
            for item in block
        ]
        receipts = []
        for row in self.rows:
            try:
                receipts.append(self.pointsman.flows.inbound.find(str(row.get("id"))))
            except NotFound:
                continue
        return sorted(positions), receipts

    def _place(self, name: str) -> None:
        """The order of that id, with the lines that rows name."""
        lines = [line for row in self.rows if row.get("order") == name for line in row.get("lines", ())]
        placed = [Line(id=line["line"], sku="A", quantity=line["quantity"]) for line in lines]
        self.pointsman.decide(order(*(placed or [("A", 1)]), id=name, placed_at=self.pointsman.now))

    def _about_a_shipment_of_ours(self, content: bytes) -> bytes:
        """The sample, about a shipment that there is: its decision's name can't be foretold."""
        for name in {str(row["shipment"]) for row in self.rows if "shipment" in row}:
            lines = [line for row in self.rows if row.get("shipment") == name for line in _lines_of(row)]
            units: dict[str, int] = {}
            for line in lines:
                units[line["line"]] = units.get(line["line"], 0) + line["quantity"]
            placed = order(*units.items(), placed_at=self.pointsman.now)
            self.pointsman.fulfilment.parcels.put_addressee(placed.id, ZOE)
            made = json_of(self.pointsman.decide(placed))
            self.pointsman.holds.extend(made["id"], minutes=30 * 1_440)  # until the sample comes
            content = content.replace(name.encode(), f"{made['id']}/0".encode())
        return content


def _lines_of(row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Its own, or those of its parcels."""
    return [line for part in (row, *row.get("parcels", ())) for line in part.get("lines", ())]


def _articles(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for row in rows:
        if "sku" in row:
            yield str(row["sku"])
        for line in _lines_of(row):
            yield str(line.get("sku") or line.get("line"))


def said(report: MessageReport) -> str:
    """`2 taken over, 1 bad`."""
    counted = [f"{count} {_WORDS[ending]}" for ending, count in report.endings.items() if count]
    return ", ".join(counted) or "no row"


def reversed_rows(world: World) -> bytes:
    parts = parts_of(world.connector, world.sample)
    return parts.put_together(parts.rows[::-1])


def cut(world: World) -> bytes:
    """The good rows, up to the middle of the last one."""
    content, place = _good_rows(world)
    return content[:place]


def in_utf16(world: World) -> bytes:
    try:
        return world.sample.decode().encode("utf-16")
    except UnicodeDecodeError:
        return world.sample.decode("cp1252").encode("utf-16")


def with_broken_letters(world: World) -> bytes:
    """The good rows, in the last one bytes that are letters neither in UTF-8 nor in Windows-1252."""
    content, place = _good_rows(world)
    return content[:place] + b"\xe9\x81\xff" + content[place:]


def empty(_: World) -> bytes:
    return b""


def _good_rows(world: World) -> tuple[bytes, int]:
    """A file with all rows of the sample that are not bad, and the middle of the last."""
    parts = parts_of(world.connector, world.sample)
    good = [row for row in parts.rows if _is_good(world, parts.put_together([row]))]
    content = parts.put_together(good)
    without = parts.put_together(good[:-1]) if len(good) > 1 else b""
    first = next(
        (place for place, (one, other) in enumerate(zip(content, without, strict=False)) if one != other), len(without)
    )
    after = len(content) - first - (len(content) - len(without)) if len(good) > 1 else 0
    return content, (first + len(content) - after) // 2


def _is_good(world: World, content: bytes) -> bool:
    made = made_of(world.connector, content, name="a", received_at=world.test.received_at, headers=world.test.headers)
    return bool(made.rows) and not made.bad


def older(world: World) -> bytes:
    """The sample as it would have been written a day earlier."""
    content = world.sample
    for date, form in _DATES.items():
        content = date.sub(partial(_day_before, form=form), content)
    return content


def _day_before(found: re.Match[bytes], *, form: str) -> bytes:
    day = datetime.datetime.strptime(found[0].decode(), form).replace(tzinfo=datetime.UTC)
    return (day - datetime.timedelta(days=1)).strftime(form).encode()


CASES = {
    "in reverse": reversed_rows,
    "cut short": cut,
    "in UTF-16": in_utf16,
    "no letters": with_broken_letters,
    "empty": empty,
}
"""Files that come first, by what the page calls them."""
AFTERWARDS = {"again": lambda world: world.sample, "a day older": older}
"""Files that come after the sample."""
