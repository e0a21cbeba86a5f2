"""A what-if over HTTP takes what `pointsman whatif` takes, and comes to the same."""

import json

import pytest

from tests.conftest import SMALL
from tests.http.whatif.conftest import RULE
from tests.support.order_json import order_json
from tests.support.whatif_jobs import TIME, asked, ended, files

PERIOD = ("--from", TIME["from"], "--to", TIME["to"])
FOLDER = {name: (SMALL / name).read_text("utf-8") for name in ("network.yaml", "products.csv", "stock.csv")}
ORDERS = [order_json(id=f"N-{number}", placed_at=f"2026-12-01T0{number}:00:00Z") for number in range(4)]


@pytest.fixture
def typed(command, server_url, network, tmp_path):
    """What the command prints as JSON."""

    def run(*words):
        settings = {"POINTSMAN_REDIS_URL": server_url, "POINTSMAN_NETWORK": network, "POINTSMAN_DATA": tmp_path}
        done = command("whatif", *words, "--json", **settings)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


@pytest.fixture
def folder(tmp_path):
    """A network folder, in which Lille has no shirts."""
    made = tmp_path / "other"
    made.mkdir()
    for name, text in FOLDER.items():
        (made / name).write_text(text.replace("lille,SHIRT,2,\n", ""), "utf-8")
    return made


def texts(folder):
    return {"name": str(folder), "files": {path.name: path.read_text("utf-8") for path in folder.iterdir()}}


def test_another_network_may_be_rolled_forward_on(typed, client, turns):
    words = ("--close", "lyon", "--strike", "courier", "--volume", "2")
    record = typed("--way", "rolled-forward", "--begin-again", "week", *words, *PERIOD)
    sent = {"close": [{"node": "lyon"}], "strike": ["courier"], "volume": 2}
    sent |= {"way": "rolled_forward", "begin_again": "week"}
    done = ended(turns, client, asked(client, **sent))
    assert done["state"] == "done", done["error"]
    (draft,) = done["result"]["drafts"]
    assert (draft["name"], draft["rolled"]["orders"]) == ("lyon closed, courier on strike, 200% of the orders", 6)
    assert done["result"]["hash"] == record["hash"]
    assert done["progress"] == {"done": 6, "about": 6}


def test_a_closure_for_a_time_and_another_network_may_be_tried_in_one_step(typed, client, turns, folder, tmp_path):
    (tmp_path / "draft").mkdir()
    (tmp_path / "draft" / "test.yaml").write_text(files(RULE)["test.yaml"], "utf-8")
    closed = f"lyon:{TIME['from']}..{TIME['to']}"
    record = typed(tmp_path / "draft", "--close", closed, "--network-file", folder, *PERIOD)
    draft = {"name": str(tmp_path / "draft"), "files": files(RULE)}
    closure = {"node": "lyon", "from": TIME["from"], "to": TIME["to"]}
    done = ended(turns, client, asked(client, draft, close=[closure], network_file=texts(folder)))
    assert done["result"]["drafts"][0]["change"]["closed"] == [
        {"node": "lyon", "since": TIME["from"], "until": TIME["to"]}
    ]
    assert done["result"]["hash"] == record["hash"]


@pytest.mark.parametrize("on_folder", [False, True])
def test_orders_may_be_sent_instead_of_logged_ones(typed, client, turns, folder, on_folder):
    file = folder.parent / "orders.ndjson"
    file.write_text("".join(json.dumps(order) + "\n" for order in ORDERS), "utf-8")
    record = typed("--close", "paris", "--orders", file, *(("--network-file", folder) if on_folder else ()))
    more = {"network_file": texts(folder)} if on_folder else {}
    job = asked(client, close=[{"node": "paris"}], orders=ORDERS, **{"from": None, "to": None}, **more)
    done = ended(turns, client, job)
    assert done["state"] == "done", done["error"]
    assert done["result"]["orders_file"] == "POST /v1/whatif"
    assert (done["result"]["way"], done["result"]["decisions"], done["progress"]["done"]) == ("orders", 4, 4)
    assert done["result"].get("stock_folder") == (str(folder) if on_folder else None)
    for its in (record, done["result"]):
        del its["hash"], its["orders_file"]
    assert done["result"] == record
