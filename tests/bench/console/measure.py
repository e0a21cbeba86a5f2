"""What each page of the console takes, warm: processor time of the process that answers, and of the server that it
asks. Every page of the console is asked for as an administrator sees it, by the addresses that the console has.
"""

import contextlib
import itertools
import os
import statistics
import unittest.mock
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from urllib.parse import quote, urlencode

from flask import Flask
from flask.testing import FlaskClient
from rich.table import Table
from werkzeug.routing import Rule

from api.console.cookies import SESSION
from api.files.policies import policy_files
from api.http.app import create_app
from engine.access.console_sessions import Person
from engine.audit.settings import AuditSettings
from engine.model.facts import Inventory, Order
from engine.model.scopes import ALL_NETWORKS, ROLE_SCOPES
from engine.service import Pointsman
from engine.settings import Settings
from tests.bench.console.contents import CONNECTOR, Contents, fill
from tests.bench.console.networks import large_inventory, large_orders
from tests.bench.example_network import directory
from tests.bench.option_sets import POLICIES
from tests.bench.scale.processor_time import ProcessorTime
from tests.support.callers import client_of
from tests.support.recorded_decisions import OrderClock

ORDERS, LARGE_ORDERS = 5_000, 500
PACKED = 60
"""Shipments of one manifest."""
ROUNDS = 7
MOST_MILLISECONDS = 100
"""That a page may take on the demo network."""
_NOT_LOOKED_AT = ("/sign-in", "/assets", "/static")
"""Where nobody is signed in yet, and files that a browser keeps."""
Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class PageFigures:
    """Milliseconds of processor, the median of all rounds: of the process that answers, and of the server. `kilobytes`
    is how much is sent.
    """

    page: str
    process: float
    server: float
    kilobytes: float

    @property
    def milliseconds(self) -> float:
        return self.process + self.server


@dataclass(frozen=True, kw_only=True)
class NetworkFigures:
    """Of one network; `pages` are those that take longest first."""

    nodes: int
    skus: int
    orders: int
    pages: Sequence[PageFigures]

    @property
    def too_long(self) -> list[str]:
        """Pages that take longer than one may on the demo network."""
        return [page.page for page in self.pages if page.milliseconds > MOST_MILLISECONDS]


@dataclass(frozen=True, kw_only=True)
class ConsoleFigures:
    networks: Sequence[NetworkFigures]

    def table(self) -> Table:
        table = Table(
            title="Pages of the console: ms of processor, of these the server's in brackets; and what is sent"
        )
        table.add_column("page")
        for network in self.networks:
            title = f"{network.nodes:,} nodes, {network.skus:,} SKUs, {network.orders:,} orders"
            table.add_column(title, justify="right")
        figures = [{its.page: its for its in network.pages} for network in self.networks]
        for page in figures[0]:
            table.add_row(page, *(_cell(its[page]) if page in its else "-" for its in figures))
        return table


def _cell(page: PageFigures) -> str:
    return f"{page.milliseconds:.0f} ({page.server:.0f}), {page.kilobytes:.0f} kB"


def measure(
    inventory: Inventory,
    orders: Sequence[Order],
    *,
    nodes: int,
    skus: int,
    large: int,
    packed: int,
    rounds: int,
    say: Say,
) -> ConsoleFigures:
    """On the example network, on which all of the orders were decided, and on a large one, with `large` of them; if
    that is none, on the first alone.
    """
    measured = [_measured(inventory, orders, packed=packed, rounds=rounds, say=say)]
    if large:
        made = large_inventory(inventory, nodes=nodes, skus=skus)
        measured.append(_measured(made, large_orders(orders[:large], made), packed=packed, rounds=rounds, say=say))
    return ConsoleFigures(networks=measured)


def _measured(inventory: Inventory, orders: Sequence[Order], *, packed: int, rounds: int, say: Say) -> NetworkFigures:
    with site(inventory, orders, packed=packed, say=say) as (pointsman, app, contents):
        pages = list(visited(pointsman, app, contents, rounds=rounds))
    return NetworkFigures(
        nodes=len(inventory.network.nodes),
        skus=len(inventory.products),
        orders=len(orders),
        pages=sorted(pages, key=lambda page: -page.milliseconds),
    )


@contextlib.contextmanager
def site(
    inventory: Inventory, orders: Sequence[Order], *, packed: int, say: Say
) -> Iterator[tuple[Pointsman, Flask, Contents]]:
    """A console of a network on which the orders were decided, each when it was placed, with one of each thing."""
    clock = OrderClock()
    clock.now = orders[0].placed_at
    with directory() as data, Pointsman(_settings(data), clock=clock) as pointsman:
        pointsman.load(inventory)
        version = pointsman.publish(policy_files(POLICIES), who="bench", note="").version
        pointsman.activate(version, who="bench", note="")
        decided = []
        for order in orders:
            clock.now = order.placed_at
            decided.append(pointsman.decide(order, now=order.placed_at).id or "")
        say(f"{len(orders):,} orders are decided on {len(inventory.network.nodes):,} nodes")
        with _connectors(data):
            app = create_app(pointsman)
            contents = fill(pointsman, client_of(pointsman, app), decided, packed=packed)
            pointsman.sealer.seal()
            pointsman.search_index.catch_up()
            yield pointsman, app, contents


@contextlib.contextmanager
def _connectors(data: Path) -> Iterator[None]:
    """With one that messages are pushed to."""
    folder = data / "connectors"
    folder.mkdir()
    (folder / "counter.yaml").write_text(CONNECTOR)
    settings = {"POINTSMAN_CONNECTORS": str(folder), "POINTSMAN_CONNECTOR_FILES": str(folder / "files")}
    with unittest.mock.patch.dict(os.environ, settings):
        yield


def _settings(data: Path) -> Settings:
    return Settings(data=data, network="console", audit=AuditSettings(audit_key=data / "audit.pem"))


def visited(pointsman: Pointsman, app: Flask, contents: Contents, *, rounds: int) -> Iterator[PageFigures]:
    client = signed_in(pointsman, app)
    client.get("/console/today")
    for rule, query in itertools.chain.from_iterable(
        [(rule, query) for query in contents.queries.get(rule.rule, ({},))] for rule in pages_of(app)
    ):
        address = address_of(rule, contents, query)
        spent = [_spent(pointsman, client, address) for _ in range(rounds + 1)][1:]  # the first compiles its template
        yield PageFigures(
            page=" ".join((rule.rule, *(f"{name}=" for name in query))),
            process=1_000 * statistics.median(process for process, _, _ in spent),
            server=1_000 * statistics.fmean(server for _, server, _ in spent),
            kilobytes=spent[-1][2] / 1_000,
        )


def _spent(pointsman: Pointsman, client: FlaskClient, address: str) -> tuple[float, float, int]:
    """Seconds of the process and of the server, and the bytes of the page. Raises AssertionError if it is none."""
    times = ProcessorTime(pointsman._client.redis)
    with times.spent_on(address):
        answer = client.get(f"/console{address}")
    if answer.status_code not in (HTTPStatus.OK, HTTPStatus.SEE_OTHER):
        raise AssertionError(f"the page at {address} answers {answer.status}")
    return times.client[address], times.server[address], len(answer.data)


def pages_of(app: Flask) -> list[Rule]:
    """Of everybody who is signed in, sorted by address."""
    console = app.wsgi_app._console
    return sorted(
        (
            rule
            for rule in console.url_map.iter_rules()
            if "GET" in rule.methods and not rule.rule.startswith(_NOT_LOOKED_AT)
        ),
        key=lambda rule: rule.rule,
    )


def address_of(rule: Rule, contents: Contents, query: Mapping[str, str]) -> str:
    """Raises KeyError if there is no such thing yet: then `fill` has to make one."""
    parts = (
        quote(contents.names[part[1:-1]], safe="") if part.startswith("<") else part for part in rule.rule.split("/")
    )
    return "/".join(parts) + (f"?{urlencode(query)}" if query else "")


def signed_in(pointsman: Pointsman, app: Flask) -> FlaskClient:
    """As an administrator."""
    key = pointsman.api_keys.create(role="admin", client="bench", networks=(ALL_NETWORKS,)).stored
    person = Person(
        name=key.client,
        role="admin",
        scopes=tuple(ROLE_SCOPES["admin"]),
        networks=(ALL_NETWORKS,),
        key_id=key.id,
        open_here=False,
        ends_at=None,
    )
    client = app.test_client()
    client.set_cookie(SESSION, pointsman.console_sessions.begin(person), path="/console")
    return client
