"""One order all the way: it comes from Shopify, is decided, goes to the warehouse, is packed, labelled and printed, is
told to Shopify, delivered, returned and restocked. Whoever dies between two steps, nothing of the outcome changes.

Real are the service, its server, CUPS, the folders and the HTTP calls; the shop is a fake server that refuses what
Shopify refuses, and the warehouse and the carrier are written here: they do what they read.
"""

import base64
import contextlib
import hashlib
import hmac
import json
import os
import re
import signal
import subprocess
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis

from engine.store.connection.embedded import socket_of
from tests.cli.served import POINTSMAN, keys_in
from tests.support.clean_environment import clean_environment
from tests.support.fake_shops.fake_shop import running
from tests.support.fake_shops.shopify import LYON, TOKEN, FakeShopify, FulfillmentOrder, ShopifyOrder
from tests.support.forked_cli import SMALL
from tests.support.free_port import free_port
from tests.support.print_servers import running_cups
from tests.support.wait_until import wait_until

SECONDS = 600.0
"""For which each step is waited: what a process that died did is left to it for a minute, and a connector that it was
sending with for WAITING_MILLISECONDS, five and a half; and machines are busy.
"""

ORDER = "820982911946154508"
LINES = {"866550311766439020": ("SHIRT", 2), "141249953214522974": ("LAMP", 1)}
SECRET = "hush"
SHIPPED = Path("connectors")
EVERY = 'owner: test\nbecause: {en: "as a test needs it"}\n'
ADDRESS = '{company: "Maison Exemple", lines: ["12 rue de la République"], postcode: "69002", town: Lyon}'
PACKED = f"""\
connector: wms-packed
{EVERY}kind: packings
reads: {{folder: wms-945, files: "*.edi", settled: 0s, every: 1s}}
format:
  x12: {{messages: "945"}}
once: [/ISA.*.12, ST.*.1]
answers: "997"
answer_to: wms-out
fields:
  shipment: N9.SI.1
  parcels:
    each: LX
    fields:
      lines:
        each: W12
        fields: {{line: W12.SK.+1, quantity: W12.*.2}}
  left_at: {{join: [G62.11.1, G62.11.3], date: "%Y%m%d%H%M", zone: UTC}}
"""


def changed(name, **changes):
    """The text of a connector that comes with Pointsman, with some of it put otherwise."""
    text = (SHIPPED / f"{name}.yaml").read_text(encoding="utf-8")
    for old, new in changes.items():
        pattern = rf"(?m)^(\s*){old}: .*$"
        assert re.search(pattern, text), f"{name} has no {old}"
        text = re.sub(pattern, lambda found, new=new, old=old: f"{found[1]}{old}: {new}", text, count=1)
    return text


@dataclass
class World:
    """An installation, what is around it, and what the steps learn."""

    folder: Path
    cups: object
    shop: FakeShopify
    dies_after: tuple
    """Steps after which all processes are killed."""
    port: int = field(default_factory=free_port)
    service: subprocess.Popen | None = None
    shipment: str = ""
    numbers: list[str] = field(default_factory=list)
    killed: int = 0

    @property
    def data(self):
        return self.folder / "data"

    @property
    def files(self):
        return self.folder / "files"

    @property
    def environment(self):
        return clean_environment(
            POINTSMAN_DATA=self.data,
            POINTSMAN_CONNECTORS=self.folder / "connectors",
            POINTSMAN_CONNECTOR_FILES=self.files,
            POINTSMAN_CONNECTOR_SHOPIFY_ORDERS_SECRET=SECRET,
            POINTSMAN_CONNECTOR_SHOPIFY_FULFILMENTS_TOKEN=TOKEN,
        )

    def start(self):
        words = [*POINTSMAN, "serve", "--port", str(self.port), "--workers", "1"]
        quiet = subprocess.DEVNULL
        self.service = subprocess.Popen(words, env=self.environment, stdout=quiet, stderr=quiet, start_new_session=True)
        wait_until(self._is_ready, "the service answers")

    def kill(self):
        """The service with its workers, and then the server."""
        os.killpg(self.service.pid, signal.SIGKILL)
        self.service.wait(30)
        server = redis.Redis(unix_socket_path=str(socket_of(self.data.resolve())))
        with contextlib.suppress(redis.RedisError, ProcessLookupError), server as client:
            os.kill(client.info("server")["process_id"], signal.SIGKILL)
        self.killed += 1

    def between(self, step):
        """What happens after a step."""
        if step in self.dies_after:
            self.kill()
            self.start()

    def _is_ready(self):
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{self.url}/readyz") as answer:
            return answer.status == 200
        return False

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def call(self, method, path, body=None, *, headers=None):
        """The answer as JSON. A caller whose answer was lost sends the same again."""
        given = headers or {"Authorization": f"Bearer {keys_in(self.data)['OMS_KEY']}"}
        content = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}{path}", content, method=method)
        for name, value in {"Content-Type": "application/json", **given}.items():
            request.add_header(name, value)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.code} {error.read().decode()}") from error

    def run(self, *words):
        done = subprocess.run(
            [*POINTSMAN, *words], env=self.environment, capture_output=True, text=True, check=False, timeout=120
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def order(self):
        return self.call("GET", f"/v1/orders/{ORDER}")


@pytest.fixture
def world(tmp_path, tmp_path_factory, request):
    shop = FakeShopify()
    remaining = {line: units for line, (_, units) in LINES.items()}
    shop.orders[ORDER] = ShopifyOrder([FulfillmentOrder(7, LYON, remaining)])
    with running(shop), running_cups(tmp_path_factory.mktemp("cups")) as cups:
        cups.add("dock")
        here = World(tmp_path, cups, shop, dies_after=request.param)
        _lay_out(here)
        here.run("load", tmp_path / "network")
        here.run("policy", "publish", tmp_path / "policies", "--activate")
        here.run("connector", "run")  # what is sent begins with what happens after the first run
        try:
            here.start()
            yield here
        finally:
            here.kill()


def _lay_out(world):
    network = (SMALL / "network.yaml").read_text("utf-8")
    printers = f'{{label: "{world.cups.uri("dock")}", note: "{world.cups.uri("dock")}"}}'
    network = network.replace("  - id: parcel\n", "  - id: parcel\n    carrier: dpd\n", 1)
    network = network.replace("  - id: lyon\n", f"  - id: lyon\n    address: {ADDRESS}\n    printers: {printers}\n", 1)
    head = 'parcels: {gs1_prefix: "9521234"}\n'
    head += 'carriers: [{id: dpd, door: numbers, ranges: [{kind: dpd, account: "0998", from: 20000, to: 29999}]}]\n'
    (world.folder / "network").mkdir()
    for name in ("products.csv", "stock.csv"):
        (world.folder / "network" / name).write_bytes((SMALL / name).read_bytes())
    (world.folder / "network" / "network.yaml").write_text(head + network, "utf-8")
    (world.folder / "policies").mkdir()
    rule = "  - {id: lyon, because: it packs, when: {node.id: {not: lyon}}, then: {exclude: true}}\n"
    (world.folder / "policies" / "test.yaml").write_text(f"policy: test\nrules:\n{rule}", "utf-8")
    connectors = world.folder / "connectors"
    connectors.mkdir()
    texts = {
        "shopify-orders": changed("shopify-orders"),
        "shopify-fulfilments": changed(
            "shopify-fulfilments", http=f"{world.shop.url}/admin/api/2026-10/graphql.json\n  every: 1s"
        ),
        "wms-940": changed("wms-940", nodes="lyon\n  every: 1s"),
        "wms-packed": PACKED,
    }
    for name, text in texts.items():
        (connectors / f"{name}.yaml").write_text(text, "utf-8")
    for name in ("wms-945", "wms-out"):
        (world.files / name).mkdir(parents=True)


def webhook(world):
    """Shopify tells the order, and once more, as it does when it got no answer."""
    document = json.loads((SHIPPED / "shopify-orders" / "documented.json").read_text("utf-8"))
    document |= {"test": False, "tags": "", "created_at": datetime.now(UTC).isoformat(), "currency": "EUR"}
    template = document["line_items"][0]
    document["line_items"] = [
        template | {"id": int(line), "sku": sku, "quantity": units, "price": "19.90"}
        for line, (sku, units) in LINES.items()
    ]
    document["shipping_address"] |= {
        "name": "Zoë L'Hermite", "company": None, "address1": "7 bis, passage Secret", "address2": None,
        "city": "Paris",
        "zip": "75011", "province_code": None, "country_code": "FR",
    }  # fmt: skip
    body = json.dumps(document).encode()
    signature = base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest()).decode()
    for _ in range(2):
        world.call("POST", "/v1/connectors/shopify-orders", body, headers={"X-Shopify-Hmac-Sha256": signature})


def warehouse_is_told(world):
    """The 940 that lies in the folder names the shipment."""
    written = wait_until(
        lambda: sorted((world.files / "wms-out").glob("940-*.edi")), "the 940 is written", seconds=SECONDS
    )
    text = written[0].read_text("utf-8")
    (world.shipment,) = re.findall(r"N9\*SI\*([0-9a-f]{32}/0)", text)
    assert re.findall(r"W01\*(\d+)\*EA\*\*SK\*([A-Z]+)", text) == [("2", "SHIRT"), ("1", "LAMP")]
    assert "N1*ST*Zoë L'Hermite" in text


def warehouse_answers(world):
    """The 945: two boxes, and they left."""
    left = (datetime.now(UTC) + timedelta(minutes=1)).strftime("G62*11*%Y%m%d*8*%H%M")  # seconds can't be said
    body = [
        "ST*945*0001", f"W06*F*{ORDER}*20261127*SHP-1", f"N9*SI*{world.shipment}", left,
        "LX*1", "W12*CC*2*2**EA**SK*SHIRT", "LX*2", "W12*CC*1*1**EA**SK*LAMP",
    ]  # fmt: skip
    head = "ISA*00*          *00*          *ZZ*LYONWMS        *ZZ*HEXAGONE       *261127*0830*^*00501*000000905*0*P*>"
    group = "GS*SW*LYONWMS*HEXAGONE*20261127*0830*905*X*005010"
    segments = [head, group, *body, f"SE*{len(body) + 1}*0001", "GE*1*905", "IEA*1*000000905"]
    path = world.files / "wms-945" / "945.tmp"
    path.write_text("".join(f"{segment}~\n" for segment in segments), "ascii")
    path.rename(path.with_suffix(".edi"))
    parcels = wait_until(lambda: _parcels(world), "the shipment is packed", seconds=SECONDS)
    assert [parcel["lines"] for parcel in parcels] == [
        [{"line": line, "sku": sku, "quantity": units}] for line, (sku, units) in LINES.items()
    ]
    world.numbers = [parcel["tracking_number"] for parcel in parcels]
    wait_until(lambda: list((world.files / "wms-out").glob("*997*")), "the 945 is acknowledged", seconds=SECONDS)


def _parcels(world):
    try:
        shipment = world.call("GET", f"/v1/shipments/{world.shipment}")
    except AssertionError:
        return None
    return [parcel for packing in shipment["packings"] for parcel in packing["parcels"]]


def printed(world):
    """A label and a note for each parcel."""
    wait_until(lambda: not world.call("GET", "/v1/print-jobs")["jobs"], "all is printed", seconds=SECONDS)
    assert world.call("GET", "/v1/print-jobs?state=dead")["jobs"] == []


def shop_is_told(world):
    wait_until(lambda: world.shop.orders[ORDER].fulfillments, "Shopify knows the tracking numbers", seconds=SECONDS)


def delivered(world):
    for state in ("in_transit", "out_for_delivery", "delivered"):
        events = [
            {"number": number, "state": state, "at": datetime.now(UTC).isoformat(), "id": f"{state}-{number}"}
            for number in world.numbers
        ]
        for _ in range(2):
            world.call("POST", "/v1/tracking/events", {"events": events})
    assert [world.call("GET", f"/v1/tracking/{number}")["state"] for number in world.numbers] == ["delivered"] * 2


def returned(world):
    line = next(iter(LINES))
    for _ in range(2):
        world.call(
            "POST",
            "/v1/returns",
            {"order": ORDER, "lines": [{"line": line, "quantity": 1}], "reason": "wrong_size", "id": "R-1"},
        )


def received(world):
    line = next(iter(LINES))
    for _ in range(2):
        world.call("POST", "/v1/returns/R-1/receive", {"node": "lyon", "lines": {line: 1}, "op": "r1"})


def inspected(world):
    for _ in range(2):
        world.call("POST", "/v1/returns/R-1/inspect", {"groups": [{"grade": "as_new"}], "op": "i1"})


def restocked(world):
    for _ in range(2):
        body = {"groups": [{"disposition": "restock"}], "op": "d1"}
        world.call("POST", "/v1/returns/R-1/dispose", body)


STEPS = (
    webhook, warehouse_is_told, warehouse_answers, printed, shop_is_told, delivered, returned, received, inspected,
    restocked,
)  # fmt: skip


def outcome(world):
    """What became of it, without what differs from run to run: instants, ids and numbers."""
    order = world.order()
    stock = {sku: world.call("GET", f"/v1/stock/{sku}") for sku, _ in LINES.values()}
    papers = [document[:5] for document in world.cups.documents()]
    (fulfillment,) = world.shop.orders[ORDER].fulfillments
    events = _events(world)
    return {
        "lines": order["lines"],
        "on_hand": {
            sku: next(n for n in item["nodes"] if n["node"] == "lyon")["on_hand"] for sku, item in stock.items()
        },
        "papers": papers,
        "told": (len(fulfillment["numbers"]), fulfillment["numbers"] == world.numbers),
        "left_to_ship": world.shop.orders[ORDER].orders[0].remaining,
        "events": events,
        "ledger": world.run("ledger", "check").splitlines()[-1],
        "bad": sorted(path.name for path in world.files.rglob("bad/*")),
    }


def _at_lyon(stock):
    return next(position for position in stock["nodes"] if position["node"] == "lyon")


def _events(world):
    """The types of those about the order, in their order."""
    request = urllib.request.Request(f"{world.url}/v1/events?since=0-0&limit=1000")
    request.add_header("Authorization", f"Bearer {keys_in(world.data)['OMS_KEY']}")
    with urllib.request.urlopen(request) as answer:
        events = [json.loads(line) for line in answer.read().splitlines() if line]
    return [event["type"] for event in events if event.get("subject") == ORDER]


@pytest.mark.slow
@pytest.mark.parametrize(
    "world",
    [
        pytest.param((webhook, warehouse_answers), id="all-die-twice"),
        pytest.param((), marks=pytest.mark.exhaustive, id="nobody-dies"),
        pytest.param(STEPS, marks=pytest.mark.exhaustive, id="all-die-between-steps"),
    ],
    indirect=True,
)
def test_an_order_goes_from_the_shop_to_the_door_and_back(world):
    for step in STEPS:
        step(world)
        world.between(step)
    assert world.killed == len(world.dies_after)
    shirt, lamp = LINES
    nothing = {"cancelled": 0, "held": 0, "unfilled": 0, "waiting": 0}
    assert outcome(world) == {
        "lines": [
            {"line": shirt, "sku": "SHIRT", "ordered": 2, "shipped": 1, "returned": 1, **nothing},
            {"line": lamp, "sku": "LAMP", "ordered": 1, "shipped": 1, "returned": 0, **nothing},
        ],
        "on_hand": {"SHIRT": 9, "LAMP": 5},
        "papers": [b"%PDF-"] * 4,
        "told": (2, True),
        "left_to_ship": {shirt: 0, lamp: 0},
        "events": [
            *("order.decided", "shipment.progressed", "shipment.packed", "shipment.confirmed"),
            *("shipment.tracked", "shipment.tracked", "shipment.tracked", "shipment.delivered"),
            *("return.opened", "return.received", "return.inspected", "return.disposed"),
        ],
        "ledger": "clean",
        "bad": [],
    }
