"""What is refused of parcels, and why, is said in French on the command line, and so is what the log says of it."""

import json

import pytest

from tests.support.fake_carriers.easypost import FakeEasyPost
from tests.support.fake_carriers.fake_server import serving
from tests.support.order_json import order_json
from tests.support.packing_folder import ZOE, load_packing_folder

pytestmark = pytest.mark.slow

SERVICE = "  - id: parcel\n    carrier: ep\n    carrier_product: USPS/GroundAdvantage\n"


@pytest.fixture
def run(command, tmp_path):
    with serving(FakeEasyPost()) as fake:

        def pointsman(*words):
            settings = {"POINTSMAN_CARRIER_EP_KEY": "EZTK", "POINTSMAN_LANG": "fr", "COLUMNS": 160}
            return command(*words, POINTSMAN_DATA=tmp_path / "data", POINTSMAN_USER="eve", **settings)

        carrier = f'carriers: [{{id: ep, door: easypost, url: "{fake.url}"}}]\n'
        load_packing_folder(
            pointsman, tmp_path, head=carrier, changed=lambda text: text.replace("  - id: parcel\n", SERVICE, 1)
        )
        yield pointsman


@pytest.fixture
def decide(run, tmp_path):
    """Decides an order of that id; its first shipment, DECISION/0."""

    def decided(order_id):
        (tmp_path / "order.json").write_text(json.dumps(order_json(("SHIRT", 1), id=order_id)), "utf-8")
        done = run("decide", tmp_path / "order.json", "--json")
        assert done.returncode == 0, done.stderr
        return f"{json.loads(done.stdout)['id']}/0"

    return decided


@pytest.fixture
def addressee(tmp_path):
    """A file with an addressee of that postcode."""

    def written(postcode="75011"):
        (tmp_path / "addressee.json").write_text(json.dumps(ZOE | {"postcode": postcode}), "utf-8")
        return tmp_path / "addressee.json"

    return written


def test_what_a_carrier_refuses_is_told_with_where_to_mend_it(run, decide, addressee):
    shipment = decide("O-1")
    nobody = run("shipment", "pack", shipment)
    assert nobody.returncode == 1
    assert "la commande «\xa0O-1\xa0» n'a pas de destinataire\xa0; donnez-le ici" in nobody.stderr
    refused = run("shipment", "pack", shipment, "--addressee", addressee("00000"))
    assert refused.returncode == 1
    assert refused.stderr.splitlines() == [
        "le transporteur «\xa0ep\xa0» refuse\xa0: Unable to verify address. (ADDRESS.VERIFY.FAILURE)",
        "  addressee.postcode: Invalid zip\xa0; il suggère '69002' (à corriger\xa0: PUT /v1/orders/{id}/addressee)",
    ]
    log = run("ledger", "log").stdout
    assert "(le transporteur «\xa0ep\xa0» l'a refusé\xa0: addressee.postcode)" in log


def test_what_is_not_handed_over_is_told_with_why(run, decide, addressee):
    packed = {}
    for order_id in ("O-1", "O-2"):
        shipment = decide(order_id)
        done = run("shipment", "pack", shipment, "--addressee", addressee(), "--json")
        assert done.returncode == 0, done.stderr
        packed[shipment] = json.loads(done.stdout)["node"]
    (kept, node), (let_go, _) = packed.items()
    assert run("hold", "release", let_go.partition("/")[0]).returncode == 0
    closed = run("manifest", "close", "--node", node, "--carrier", "ep")
    assert closed.returncode == 0, closed.stderr
    assert kept in closed.stdout
    assert closed.stderr == (
        f"  {let_go} n'est pas confirmé\xa0: certaines de ses unités ne doivent plus partir, il n'est donc pas remis\n"
    )
    again = run("manifest", "close", "--node", node, "--carrier", "ep")
    assert f"rien n'est emballé au lieu «\xa0{node}\xa0» pour le transporteur «\xa0ep\xa0»" in again.stderr
