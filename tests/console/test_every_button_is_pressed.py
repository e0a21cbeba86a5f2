"""Each button of the console is pressed in a browser: a test names those that none was. `make soak` presses them in
French, too.
"""

import os

import pytest

from api.console.pages.order_actions import ACTIONS as ORDER_ACTIONS
from api.console.pages.policies.version_actions import ACTIONS as VERSION_ACTIONS
from engine.access.settings import AccessSettings
from engine.events.webhooks import delivery_state
from engine.model.transfer_lanes import NodeNames, TransferLane
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.stock import Movement
from tests.conftest import Clock
from tests.console.test_operations_and_learn import CONNECTOR
from tests.store.events.conftest import EVENTS, Sending
from tests.support.callers import client_of
from tests.support.console import console_site, page_of
from tests.support.facts import EURO, LILLE, LYON, PARIS, inventory, node, product, service
from tests.support.free_port import free_port
from tests.support.order_json import order_json
from tests.support.parcels import LYON_ADDRESS, parcel_terms
from tests.support.pressed_buttons import Presser, every_press
from tests.support.webhook_receiver import receiving

ACTIONS = {
    "/decisions/orders/<order_id>/<action>": ORDER_ACTIONS,
    "/policies/versions/<version>/<action>": VERSION_ACTIONS,
}
NOT_HERE = {("/sign-in/once/<token>", ""), ("/sign-in", ""), ("/network", "")}
"""Pressed by who is not signed in, or sees two networks."""
RULES = """\
policy: shops
owner: Zoé
rules:
  - id: near
    because: {en: Near first, fr: Le plus près d’abord}
    when: {node.id: lyon}
    then: {prefer: 0.05}
  - id: risky
    because: {en: A risky order, fr: Une commande risquée}
    when: {order.segment: risky}
    then: {approve: true}
"""
ADDRESSEE = {"name": "Zoë", "lines": ["7 rue"], "postcode": "75011", "town": "Paris", "country": "FR"}


@pytest.fixture(scope="module")
def site(server_url, tmp_path_factory):
    """A shop with a connector, printers that are off, a lane of transfers, and a version that decides."""
    folder = tmp_path_factory.mktemp("pressed")
    (folder / "connectors").mkdir()
    (folder / "connectors" / "counter.yaml").write_text(CONNECTOR)
    off = {"label": f"socket://127.0.0.1:{free_port()}"}
    lane = TransferLane(
        origin=NodeNames(nodes=frozenset({"lyon"})),
        goal=NodeNames(nodes=frozenset({"paris", "lille"})),
        takes=24 * 60,
        per_unit=EURO // 10,
    )
    places = [
        node(name, place, address=LYON_ADDRESS, printers=off)
        for name, place in (("lyon", LYON), ("paris", PARIS), ("lille", LILLE))
    ]
    loaded = inventory(
        places,
        {"SHIRT": {"lyon": 500, "paris": 0, "lille": 2}, "RARE": {"lyon": 0}},
        services=[service(carrier="colis")],
        products=[product("SHIRT", margin=10 * EURO), product("RARE")],
        paces={"SHIRT": {"lyon": 100, "paris": 400, "lille": 200}},
        parcels=parcel_terms(),
        transfer_lanes=(lane,),
        channels=("web",),
    )
    access = AccessSettings(four_eyes=True)
    name = f"pressed-{os.getpid()}"
    settings = Settings(redis_url=server_url, network=name, data=folder, events=EVENTS, access=access)
    with Pointsman(settings, clock=Clock()) as pointsman, pytest.MonkeyPatch.context() as patch:
        patch.setenv("POINTSMAN_CONNECTORS", str(folder / "connectors"))
        patch.setenv("POINTSMAN_CONNECTOR_FILES", str(folder / "files"))
        pointsman.load(loaded)
        first = pointsman.publish({"shops.yaml": RULES.encode()}, who="Zoé", note="").version
        pointsman.versions.activate(first, who="Zoé", note="the first", override=True)
        with console_site(pointsman, folder / "pictures") as served:
            yield served
        pointsman.forget()


class Shop:
    """What is there before somebody presses buttons; names end in the language."""

    def __init__(self, site, language):
        self.site, self.pointsman, self.language = site, site.pointsman, language
        self.http = client_of(site.pointsman, site.app)

    def send(self, method, path, body=None):
        answer = self.http.open(path, method=method, json=body)
        assert answer.status_code < 300, (path, answer.text)
        return answer.get_json() if answer.data else None

    def order(self, name, *lines, **more):
        """Its number and its decision."""
        number = f"{name}-{self.language}"
        return number, self.send("POST", "/v1/decisions", order_json(*lines, id=number, **more))["id"]

    def addressed(self, name):
        number, decision = self.order(name)
        self.send("PUT", f"/v1/orders/{number}/addressee", ADDRESSEE)
        return number, decision

    def shipped(self, name):
        number, decision = self.addressed(name)
        self.send("POST", f"/v1/decisions/{decision}/confirm")
        return number


def press_of_orders(shop, presser):
    number, _ = shop.order("amended")
    presser.open(f"/decisions/orders/{number}/amend")
    presser.press("/amend", {"quantity-1": "2"})
    number, _ = shop.order("left")
    presser.open(f"/decisions/orders/{number}")
    for action in ("extend", "confirm", "undo", "release"):
        presser.press(f"/{action}")
    number, _ = shop.order("lacking", ("SHIRT", 1), ("RARE", 99))
    presser.open(f"/decisions/orders/{number}")
    for action in ("wait", "withdraw", "cancel"):
        presser.press(f"/{action}")
    number, _ = shop.order("damaged")
    presser.open(f"/decisions/orders/{number}")
    presser.press("/reject", {"reason": "other"})  # what is on hand there stays
    for rest in shop.send("GET", "/v1/resting")["nodes"]:  # the place would be given no order for a while
        shop.send("DELETE", f"/v1/resting/{rest['node']}")
    number, _ = shop.order("risky", segment="risky")
    presser.open(f"/decisions/orders/{number}")
    presser.press("/approve", {"note": "seen"})


def press_of_stock(shop, presser):
    presser.open("/stock?sku=SHIRT")
    presser.press("/stock/count", {"node": "lyon", "on_hand": "400"})
    presser.press("/stock/move", {"node": "lyon", "delta": "-1", "reason": "sold"})
    _, decision = shop.order("held")
    presser.open("/stock/holds?sku=SHIRT")
    presser.press(f"/{decision}/extend", {"minutes": "9000"})
    presser.press(f"/{decision}/release")
    presser.open("/stock/inbound")
    receipt = {"id": f"PO-{shop.language}", "sku": "RARE", "node": "paris", "quantity": "6"}
    presser.press("/stock/inbound", {**receipt, "expected_on": "2026-12-01"})
    presser.press("/receive", {"quantity": "6", "last": "1"})


def press_of_transfers(shop, presser):
    presser.open("/stock/transfers")
    presser.press("/propose", {"days": "14", "skus": "SHIRT"})
    presser.press("/create")
    for verb in ("approve", "ship", "receive"):
        presser.press(f"/{verb}")
    moved = {"from": "lyon", "to": "paris", "lines": [{"sku": "SHIRT", "quantity": 1}]}
    presser.open(f"/stock/transfers/{shop.send('POST', '/v1/transfers', moved)['id']}")
    presser.press("/cancel")


def press_of_returns(shop, presser):
    for name in ("back", "kept"):
        number = shop.shipped(name)
        presser.open("/stock/returns")
        presser.press("/stock/returns", {"order": number, "line": "SHIRT", "reason": "wrong_size"})
        if name == "back":
            presser.press("/label")
            presser.press("/label/give-back")
            presser.press("/receive", {"node": "paris", "complete": "1"})
            presser.press("/inspect", {"grade": "as_new"})
            presser.press("/dispose", button="button[formaction$=where]")
            presser.press("/dispose", button="button:not([formaction])")
        else:
            presser.press("/cancel")


def press_of_parcels(shop, presser):
    _, decision = shop.addressed("packed")
    presser.open(f"/parcels/shipments/{decision}/0")
    for action in ("pack", "cancel", "pack"):
        presser.press(f"/0/{action}")
    presser.press("/parcels/printing")
    presser.open("/parcels/printing")
    presser.press("/retry")
    presser.open("/parcels/printing")
    presser.press("/drop")
    presser.open("/parcels/printing")
    presser.press("/label/test")
    presser.open("/parcels/manifests")
    place = shop.send("GET", f"/v1/shipments/{decision}/0")["node"]
    presser.press("/manifests", {"node": place, "carrier": "colis"})


def press_of_drafts(shop, presser):
    name = f"Été {shop.language}"
    presser.open("/policies/begin")
    presser.press("/begin", {"name": name, "start": "version:active"})
    draft = presser.page.url.removeprefix(f"{shop.site.address}/console")
    presser.press("/add-file", {"file": "rows.csv", "text": "policy,rows\nhit_policy,collect\nid,prefer,because\n"})
    presser.open(f"{draft}/table?file=rows.csv")
    presser.press("/table", button="button:not([name])")
    presser.open(f"{draft}/text?file=shops.yaml")
    presser.press("/text", button="button:not([name])")
    for action, fields in (("copy", {"id": "nearer"}), ("switch", {}), ("remove", {})):
        presser.open(draft)
        presser.press(f"/rule/shops/near/{action}", fields)
    presser.open(f"{draft}/rule/shops/nearer")
    presser.press("", form="main form", button="button[value=save], button:not([name])")
    presser.open(f"{draft}/new-rule")
    presser.page.locator("[name=effect]").select_option("prefer")
    presser.page.locator("button[value=add-effect]").click()
    presser.page.locator("[name=e0-value]").fill("0.09")
    presser.press("/new-rule", {"because-en": "Far", "because-fr": "Loin"}, button="button[value=save]")
    presser.open(draft)
    presser.press("/remove-file", form="form[action$=remove-file]:has([value='rows.csv'])")
    for address in ("tries", "jobs"):
        presser.open(f"{draft}/try")
        presser.press("/try")
        if address == "jobs":
            presser.open("/operations/jobs")
        presser.press("/cancel")
    presser.open(f"{draft}/publish")
    presser.press("/publish", {"note": "summer"})
    presser.open(draft)
    presser.press("/delete")


def press_of_versions(shop, presser):
    text = RULES.replace("0.05", "0.06" if shop.language == "en" else "0.08")
    version = shop.pointsman.publish({"shops.yaml": text.encode()}, who="Zoé", note="x").version
    place = f"/policies/versions/{version}"
    for action, fields in (
        ("ask", {"activate_at": "2026-12-01T08:00"}),
        ("take-back", {}),
        ("decline", {"note": "not yet"}),
        ("approve", {"note": "seen"}),
        ("schedule", {"at": "2026-12-01T08:00"}),
        ("unschedule", {}),
        ("gate", {}),
        ("shadow", {"share": "50%"}),
        ("canary", {"share": "5%"}),
    ):
        if action in ("decline", "approve"):  # what somebody else asks
            shop.send("POST", f"/v1/policies/{version}/ask", {})
        presser.open(f"{place}/{action}")
        presser.press(f"/{action}", fields)
    presser.open("/policies/trials")
    presser.press("/canary/share", {"share": "10%"})
    for kind in ("canary", "shadow"):
        presser.open("/policies/trials")
        presser.press(f"/{kind}/end")
    for action in ("activate", "rollback"):
        presser.open(f"{place}/{action}")
        presser.press(f"/{action}", {"note": "try"})


def press_of_operations(shop, presser):
    for action in ("replay", "drop"):
        bad = [{"where": "none", "what": "RARE", "pieces": action, "number": 1}]
        shop.send("POST", "/v1/connectors/counter", bad)
        presser.open("/operations/connectors/counter")
        presser.page.locator("main a[href*='/connectors/counter/']").first.click()
        presser.page.wait_for_url("**/connectors/counter/*")
        presser.press(f"/{action}")
    presser.open("/operations/keys")
    presser.press("/keys", {"client": f"till {shop.language}", "role": "oms"})
    key = presser.page.locator("main pre").inner_text().split("_")[1]
    for action in ("rotate", "revoke"):
        presser.open("/operations/keys")
        presser.press(f"/{key}/{action}")


def press_of_webhooks(shop, presser, patch):
    """One that lags behind so far that something was given up, and that was then switched off."""
    with receiving() as receiver:
        presser.open("/operations/webhooks")
        presser.press("/webhooks", {"url": receiver.url, "note": "till"})
        name = shop.send("GET", "/v1/webhooks")["webhooks"][0]["id"]
        sending = Sending(shop=shop.pointsman, clock=shop.pointsman._clock, receiver=receiver)
        patch.setattr(delivery_state, "MOST_WAITING", 5)
        receiver.answer = lambda received: (500 if received.event["type"] == "stock.changed" else 204, {})
        for number in range(7):
            moved = Movement(op=f"{shop.language}{number}", node="lyon", sku="SHIRT", delta=1)
            shop.pointsman.stock.move([moved])
            sending.deliver(name)
        receiver.answer = lambda _: (410, {})
        shop.pointsman._clock.now += 600  # after which it is asked again
        shop.order("gone")
        sending.deliver(name)
        receiver.answer = lambda _: (204, {})
        for action in ("test", "enable", "replay", "rotate", "remove"):
            presser.open(f"/operations/webhooks/{name}")
            presser.press(f"/{action}")


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", pytest.param("fr", marks=pytest.mark.exhaustive)])
def test_each_button_is_pressed_and_none_is_refused(opened, site, language):
    shop = Shop(site, language)
    with page_of(opened, site, "/learn", language=language) as look, pytest.MonkeyPatch.context() as patch:
        presser = Presser(page=look.page, site=site)
        for press in (press_of_orders, press_of_stock, press_of_transfers, press_of_returns, press_of_parcels):
            press(shop, presser)
        press_of_drafts(shop, presser)
        press_of_versions(shop, presser)
        press_of_operations(shop, presser)
        press_of_webhooks(shop, presser, patch)
        presser.press("/language")
        presser.press("/language")
        assert look.page.locator("html").get_attribute("lang") == language
        presser.press("/sign-out")
        site._sessions.clear()
        assert look.complaints == []
    assert every_press(site, ACTIONS) - presser.pressed == NOT_HERE, "press it here"
    # the printer is off, and the file of the connector is as wrong as before
    refused = [path.split("/")[1:3] for path in presser.refused]
    assert refused == [["parcels", "printers"], ["operations", "connectors"]], presser.refused
