"""Every command that changes something leaves an entry of the log that names its author; every command that reads
personal data is in the access log.
"""

import json
import shutil
import socket
from pathlib import Path
from typing import Any

import click
import msgspec
import pytest

from api.cli.login import login_name
from api.cli.main import pointsman
from api.records.ledger import LogEntryRecord
from engine.service import Pointsman
from engine.settings import Settings
from tests.conftest import PARKS_RISKY_ORDERS
from tests.support.facts import policy_file
from tests.support.forked_cli import Command, Run, installed
from tests.support.order_json import order_json

CHANGES_NOTHING = {
    *("availability", "init", "promise show", "serve", "server check", "stock feed", "stock show", "resting list"),
    *(
        "policy check",
        "policy diff",
        "policy explain",
        "policy history",
        "policy idle",
        "policy list",
        "policy schema",
        "policy show",
    ),
    *("policy table export", "policy table import", "policy test", "key list", "ledger check"),
    *("webhook list", "webhook test", "webhook deliver"),
    *("channel show", "demand show", "lookahead show", "return place"),
    *("inbound list", "inbound late", "inbound show"),
    *("transfer list", "transfer show"),
    *("carrier list", "carrier check", "carrier number"),
    *("connector list", "connector check", "connector test", "connector schema"),
    *("print list", "print show", "print printers", "print test"),
    "transfer propose",
    "quote",  # it is forgotten after its time, and holds nothing
    *("audit checkpoint", "audit keys", "audit proof", "audit verify"),
    "audit seal",  # a checkpoint says itself what was sealed
}
"""Commands that change nothing that stays and read nobody's data; `ledger check --repair` is tried elsewhere."""
READS = {
    "show": ["{id}"],
    "chain": ["{id}"],
    "hold show": ["{id}"],
    "hold list": [],
    "order show": ["R-1"],
    "order list": [],
    "backlog list": [],
    "promise watch": ["--within=60d"],
    "return show": ["R-2-R1"],
    "return list": [],
    "ledger log": [],
    "decisions": [],
    "replay": ["{id}"],
    "explain": ["{id}"],
    "calculation": ["{id}"],
    "audit accesses": [],
    "audit report": ["--from=2020-01-01"],
}
"""By command that reads personal data, its words."""
CHANGES = {
    "decide", "batch", "route", "hold confirm", "hold undo", "hold release", "hold extend", "reject", "resting end",
    "promise progress",
    "return open", "return receive", "return inspect", "return dispose", "return cancel",
    "order amend", "order approve", "order cancel", "order wait", "backlog run", "backlog withdraw", "stock import",
    "inbound import", "inbound receive",
    "stock move", "products import", "load", "policy publish", "policy activate", "policy approve", "policy rollback",
    "policy unschedule", "policy gate", "policy shadow", "policy canary",
    "console", "key create", "key rotate", "key revoke", "webhook add", "webhook enable", "webhook replay",
    "transfer create", "transfer approve", "transfer ship", "transfer receive", "transfer cancel",
    "webhook rotate", "webhook remove", "audit erase", "audit rotate", "backup", "audit export", "restore", "reset",
}  # fmt: skip
"""Commands that change something: the test of changes goes through all of them."""
TRIED_ELSEWHERE = {
    *("audit archive", "channel recompute", "demand learn", "lookahead learn", "lookahead compare"),
    *("shipment pack", "shipment show", "shipment label", "shipment note", "shipment cancel", "shipment list"),
    *("manifest close", "manifest show", "manifest print", "order addressee", "return label"),
    *("connector run", "connector replay", "track"),
    *("print again", "print retry", "print drop", "print run"),
    *("policy ask", "policy decline"),
    "whatif",
}
"""Commands that need entries of days ago, rules of channels, a network that packs, printers, versions that need
approval, or drafts; see the tests of the archive, of demand, of look-ahead, of channels, of parcels, of printing, of
policy versions and of what-if.
"""


def leaves(command: click.Command, name: str = "") -> set[str]:
    if not isinstance(command, click.Group):
        return {name}
    context = click.Context(command)
    inner = {word: command.get_command(context, word) for word in command.list_commands(context)}
    return {leaf for word, part in inner.items() if part for leaf in leaves(part, f"{name} {word}".strip())}


def test_every_command_is_known_to_change_to_read_or_to_do_neither() -> None:
    assert leaves(pointsman) == CHANGES | READS.keys() | CHANGES_NOTHING | TRIED_ELSEWHERE
    assert not CHANGES & READS.keys()


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, command: Command) -> Any:
    policy = policy_file(PARKS_RISKY_ORDERS, "then: {hold: 1 h, rest_after_rejection: 1 h}")["test.yaml"].decode()
    with installed(command, tmp_path_factory.mktemp("installation"), policy, POINTSMAN_USER="Ada") as run:
        yield run


class Shop:
    """Runs commands one after the other, and sees which entries each of them leaves."""

    def __init__(self, run: Run, folder: Path, service: Pointsman) -> None:
        self._run, self._folder, self._service, self._seen, self.done = run, folder, service, 0, set[str]()
        self._entries()

    def do(self, command: str, *words: str, kind: str, op: str = "") -> str:
        """The command's stdout. It must leave an entry of this kind, and all that it leaves must name their author."""
        ran = self._run(*command.split(), *words, POINTSMAN_BACKLOG="manual")
        assert ran.returncode == 0, (command, ran.stderr)
        made = self._entries()
        assert kind in {entry["kind"] for entry in made}, (command, made)
        for entry in made:
            author = {name: entry.get(name) for name in ("by", "through", "from")}
            assert author == {"by": "Ada", "through": "cli", "from": f"{login_name()}@{socket.gethostname()}"}, entry
            assert entry["recorded_at"]
            assert entry.get("op", "") == op, entry
        self.done.add(command)
        return ran.stdout

    def made(self, *lines: tuple[str, int], wait: bool = False, **more: Any) -> Any:
        words = [self.file("order.json", json.dumps(order_json(*lines, **more))), "--json"]
        return json.loads(self.do("decide", *words, *(["--wait"] if wait else []), kind="decided"))

    def file(self, name: str, text: str) -> str:
        path = self._folder / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    def forget_what_was_seen(self) -> None:
        """After another log took its place."""
        self._entries()

    def _entries(self) -> list[dict[str, Any]]:
        logged = self._service.entries(on_damaged=pytest.fail)
        entries = [msgspec.to_builtins(LogEntryRecord.of(entry)) for entry in logged]
        new, self._seen = entries[self._seen :], len(entries)
        return new


@pytest.mark.slow
def test_every_change_is_an_entry_with_its_author(run: Any, tmp_path: Path) -> None:
    with Pointsman(Settings(data=run.keywords["POINTSMAN_DATA"])) as service:
        _every_change(Shop(run, tmp_path, service), run, tmp_path)


def _every_change(shop: Shop, run: Run, tmp_path: Path) -> None:
    _orders(shop)
    _stock(shop)
    _transfers(shop)
    _policies(shop)
    _keys_and_webhooks(shop)
    copy = str(tmp_path / "main.backup")
    shop.do("backup", copy, kind="backed_up")
    restored = run("restore", copy, "--replace")
    assert restored.returncode == 0, restored.stderr
    *_, reset, entry = (json.loads(line) for line in run("ledger", "log", "--json").stdout.splitlines())
    assert [(item["kind"], item["by"]) for item in (reset, entry)] == [("reset", "Ada"), ("restored", "Ada")]
    assert (reset["body"]["because"], entry["body"]["network"]) == ("restored", "main")
    assert run("ledger", "check").returncode == 0
    shop.forget_what_was_seen()
    shop.do("audit export", str(tmp_path / "main.audit.gz"), kind="exported")
    shop.do("audit rotate", kind="audit_key_rotated")
    assert run("reset", "main", "--yes").returncode == 0
    kept = [json.loads(line) for line in run("ledger", "log", "--json").stdout.splitlines()]
    assert {item["kind"] for item in kept} == {"reset", "key_created", "key_rotated", "key_revoked"}
    assert (kept[-1]["by"], kept[-1]["body"]["because"]) == ("Ada", "reset")
    assert kept[-1]["body"]["entries"] > 40
    assert shop.done | {"restore", "reset"} == CHANGES


def _orders(shop: Shop) -> None:
    first, second = shop.made(("SHIRT", 2))["id"], shop.made(("SHIRT", 1))["id"]
    shop.do("hold confirm", first, "--op", "parcel-1", kind="confirmed", op="parcel-1")
    shop.do("hold undo", first, kind="undone")
    shop.do("hold extend", first, "--minutes", "4000", kind="extended")
    shop.do("promise progress", first, "0", "picked", kind="progressed")
    left = shop.made(("SHIRT", 1), id="A-0")["id"]
    shop.do("hold confirm", left, kind="confirmed")
    shop.do("return open", "A-0", "--line", "1=1", "--reason", "late", "--op", "r1", kind="return_opened", op="r1")
    shop.do("return cancel", "A-0-R1", kind="return_cancelled")
    shop.do("return open", "A-0", "--line", "1=1", "--reason", "late", kind="return_opened")
    shop.do("return receive", "A-0-R2", "--node", "lyon", "--line", "1=1", kind="return_received")
    shop.do("return inspect", "A-0-R2", "--grade", "as_new", kind="return_inspected")
    shop.do("return dispose", "A-0-R2", "--disposition", "restock", kind="return_disposed")
    shop.do("hold release", second, "--op", "no", kind="released", op="no")
    batch = shop.file("orders.ndjson", json.dumps(order_json(("SHIRT", 1))) + "\n")
    shop.do("batch", batch, "--key", "monday", kind="decided", op="monday")
    day = shop.file("day.ndjson", json.dumps(order_json(("SHIRT", 1))) + "\n")
    shop.do("route", day, kind="decided")
    rejected = shop.made(("RARE", 1))
    node = rejected["shipments"][0]["node"]
    shop.do("reject", rejected["id"], "--node", node, "--reason", "no_capacity", kind="rejected")
    shop.do("resting end", node, kind="woken")
    shop.made(("SHIRT", 3), id="A-1")
    amended = shop.file("order.json", json.dumps(order_json(("SHIRT", 1), id="A-1")))
    shop.do("order amend", amended, "--op", "a1", kind="amended", op="a1")
    shop.do("order cancel", "A-1", kind="cancelled")
    shop.do("audit erase", "A-1", "--note", "asked for", "--yes", kind="erased")
    shop.made(("SHIRT", 1), id="A-2", segment="risky")
    shop.do("order approve", "A-2", "--note", "called", kind="approved")
    shop.made(("RARE", 99), id="A-3")
    shop.do("order wait", "A-3", kind="queued")
    waits = shop.made(("RARE", 98), wait=True)
    shop.do("backlog withdraw", waits["id"], kind="withdrawn")


def _stock(shop: Shop) -> None:
    shop.do("stock move", "lyon", "RARE", "300", "--op", "m1", kind="moved", op="m1")
    shop.do("backlog run", kind="decided")
    counts = shop.file("stock.csv", "node,sku,on_hand\nlyon,SHIRT,55\n")
    shop.do("stock import", counts, kind="counted")
    receipt = "PO-1,asn,lyon,SHIRT,5,2030-01-01T00:00:00Z,planned,1"
    coming = shop.file("inbound.csv", f"id,source,node,sku,quantity,expected_at,status,sequence\n{receipt}\n")
    shop.do("inbound import", coming, kind="expected")
    shop.do("inbound receive", "PO-1", "5", "--op", "r1", kind="received", op="r1")
    header = Path("tests/data/small/products.csv").read_text().splitlines()
    row = header[1].split(",")
    new = shop.file("products.csv", f"{header[0]}\n{','.join(['MUG', *row[1:]])}\n")
    shop.do("products import", new, kind="network_changed")
    shop.do("load", "tests/data/small", kind="loaded")


def _transfers(shop: Shop) -> None:
    folder = shop._folder / "lanes"
    shutil.copytree("tests/data/small", folder)
    ends = "{nodes: [lyon, paris]}"
    file = folder / "network.yaml"
    lanes = f"transfers:\n  lanes:\n    - {{from: {ends}, to: {ends}, mode: truck, takes: 1 h}}\n"
    file.write_text(lanes + file.read_text("utf-8"), "utf-8")
    shop.do("load", str(folder), kind="loaded")
    shop.do("transfer create", "lyon", "paris", "--line", "SHIRT=2", "--id", "T-1", kind="transfer_proposed")
    shop.do("transfer approve", "T-1", kind="transfer_approved")
    shop.do("transfer ship", "T-1", "--op", "truck", kind="transfer_shipped", op="truck")
    shop.do("transfer receive", "T-1", "--line", "SHIRT=1", kind="transfer_received")
    shop.do("transfer cancel", "T-1", kind="transfer_cancelled")


def _policies(shop: Shop) -> None:
    folder = shop._folder / "policies"
    folder.mkdir()
    (folder / "test.yaml").write_bytes(policy_file("then: {hold: 2 h}")["test.yaml"])
    published = shop.do("policy publish", str(folder), "--note", "longer", kind="published")
    version = json.loads(shop._run("policy", "list", "--json").stdout)[-1]["version"]
    assert version[:8] in published
    assert shop._run("policy", "approve", version, POINTSMAN_USER="Zoe").returncode == 0
    (approved,) = shop._entries()
    assert (approved["kind"], approved["by"]) == ("policy_approved", "Zoe")
    shop.done.add("policy approve")
    shop.do("policy activate", version, "--at", "2040-01-01 06:00", "--note", "later", kind="scheduled")
    shop.do("policy unschedule", version, "--note", "no", kind="unscheduled")
    shop.do("policy activate", version, "--note", "now", kind="activated")
    shop.do("policy rollback", "--note", "back", kind="activated")
    (folder / "gate.yaml").write_text("cost: {at_most: +10000%}\nuntried: {at_most: 100%}", encoding="utf-8")
    shop.do("policy publish", str(folder), "--no-gate", kind="published")
    gated = json.loads(shop._run("policy", "list", "--json").stdout)[-1]["version"]
    shop.do("policy gate", gated, kind="gate_run")
    shop.do("policy shadow", version, kind="shadow_started")
    shop.do("policy shadow", "--off", kind="shadow_ended")
    shop.do("policy canary", version, "--share", "5%", "--stop-if", "late > +2%", kind="canary_started")
    shop.do("policy canary", "--share", "6%", kind="canary_grown")
    shop.do("policy canary", "--stop", kind="canary_ended")


def _keys_and_webhooks(shop: Shop) -> None:
    shop.do("key create", "--role", "oms", "--client", "shop", kind="key_created")
    (made,) = json.loads(shop._run("key", "list", "--json").stdout)
    shop.do("key rotate", made["id"], kind="key_rotated")
    shop.do("key revoke", made["id"], kind="key_revoked")
    shop.do("console", "--role", "oms", kind="key_created")
    shop.do("webhook add", "https://shop.example/hook?token=secret", "--note", "orders", kind="webhook_added")
    (webhook,) = json.loads(shop._run("webhook", "list", "--json").stdout)["webhooks"]
    for command, words in (("enable", []), ("replay", ["--dead"]), ("rotate", [])):
        shop.do(f"webhook {command}", webhook["id"], *words, kind="webhook_changed")
    shop.do("webhook remove", webhook["id"], kind="webhook_removed")
    log = shop._run("ledger", "log").stdout
    assert "host: shop.example" in log
    assert "token=secret" not in log


def test_every_read_of_personal_data_by_a_command_is_recorded(run: Run, tmp_path: Path) -> None:
    assert run("load", "tests/data/small").returncode == 0
    policies = tmp_path / "policies"
    policies.mkdir()
    (policies / "test.yaml").write_bytes(policy_file("then: {hold: 1 h}")["test.yaml"])
    assert run("policy", "publish", policies, "--activate").returncode == 0
    path = tmp_path / "order.json"
    path.write_text(json.dumps(order_json(("RARE", 99), ("SHIRT", 1), id="R-1")), encoding="utf-8")
    made = json.loads(run("decide", path, "--wait", "--json").stdout)["id"]
    path.write_text(json.dumps(order_json(("SHIRT", 1), id="R-2")), encoding="utf-8")
    left = json.loads(run("decide", path, "--json").stdout)["id"]
    assert run("hold", "confirm", left).returncode == 0
    assert run("return", "open", "R-2", "--line", "1=1", "--reason", "late").returncode == 0
    for command, words in READS.items():
        read = run(*command.split(), *(word.format(id=made) for word in words), POINTSMAN_USER="Zoe")
        assert read.returncode == int(command == "promise watch"), (command, read.stderr)  # something is at risk
        (newest, *_) = json.loads(run("audit", "accesses", "--json", "--by", "Zoe").stdout)["accesses"]
        assert (newest["what"], newest["through"]) == (command, "cli")
        assert newest["id"] == next((word.format(id=made) for word in words if not word.startswith("--")), None)
        assert newest["count"] >= 1
        order = {"{id}": "R-1", "R-2-R1": "R-2"}.get(words[0] if words else "")
        assert newest["order"] == order, command
    lines = run("audit", "accesses", "--id", "R-1").stdout
    assert f"  order show  R-1  [Zoe, cli from {login_name()}@{socket.gethostname()}]" in lines
    (listed,) = json.loads(run("audit", "accesses", "--what", "order list", "--json").stdout)["accesses"]
    assert listed["query"] is None
    run("order", "list", "--state", "waiting")
    (narrowed, *_) = json.loads(run("audit", "accesses", "--what", "order list", "--json").stdout)["accesses"]
    assert narrowed["query"] == "--state waiting"
