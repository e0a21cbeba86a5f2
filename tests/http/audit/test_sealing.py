"""The sealed log over HTTP, verified with code that shares none with the product."""

import base64
import hashlib
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from api.records.sealing import AuditKeysRecord, ConsistencyProofRecord, InclusionProofRecord
from engine.audit.settings import AuditSettings
from engine.service import Pointsman
from engine.settings import Settings
from tests.reference import plain_merkle
from tests.support.callers import client_of
from tests.support.openapi import mistakes_in
from tests.support.order_json import order_json
from tests.support.problem_json import problem_of


@pytest.fixture
def sealer(pointsman, server_url, network, clock, tmp_path):
    audit = AuditSettings(audit_key=tmp_path / "audit.pem")
    with Pointsman(Settings(redis_url=server_url, network=network, audit=audit), clock=clock) as worker:
        yield worker


@pytest.fixture
def auditor(sealer, application):
    return client_of(sealer, application.around(sealer), role="auditor")


@pytest.fixture
def decision(http):
    return http.post("/v1/decisions", json=order_json(("RARE", 1))).get_json()["id"]


def test_the_checkpoint_is_a_note_that_the_published_key_signed(decision, sealer, auditor):
    sealer.sealer.seal()
    response = auditor.get("/v1/audit/checkpoint")
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert response.headers["Cache-Control"] == "no-store"
    text, _, line = response.get_data(as_text=True).partition("\n\n")
    keys = auditor.get("/v1/audit/keys").get_json()
    assert mistakes_in(auditor, AuditKeysRecord, keys) == []
    name, key_id, key = keys["keys"][0]["key"].split("+", 2)
    dash, signer, signature = line.split()
    value, public = base64.b64decode(signature), base64.b64decode(key)
    assert (dash, signer, value[:4].hex()) == ("—", name, key_id)
    assert hashlib.sha256(f"{name}\n".encode() + public).hexdigest()[:8] == key_id
    Ed25519PublicKey.from_public_bytes(public[1:]).verify(value[4:], f"{text}\n".encode())
    assert (keys["keys"][0]["until"], text.split("\n")[0]) == (None, name)


def test_an_entry_is_proven_by_the_hashes_alone(decision, sealer, auditor):
    sealer.sealer.seal()
    proof = auditor.get(f"/v1/audit/proof/{decision}").get_json()
    assert mistakes_in(auditor, InclusionProofRecord, proof) == []
    leaf = base64.b64decode(proof["leaf"])
    assert hashlib.sha256(proof["entry"].encode()).digest() == leaf[16:]
    entry = json.loads(proof["entry"])
    assert (entry["fields"]["id"], entry["id"]) == (decision, proof["entry_id"])
    assert entry["id"] == f"{int.from_bytes(leaf[:8], 'big')}-{int.from_bytes(leaf[8:16], 'big')}"
    bundle = auditor.get(f"/v1/audit/tile/entries/000.p/{proof['size']}").data
    leaves = [bundle[at + 2 : at + 50] for at in range(0, len(bundle), 50)]
    assert leaves[proof["number"]] == leaf
    hashes = [base64.b64decode(text) for text in proof["hashes"]]
    assert hashes == plain_merkle.path(proof["number"], leaves)
    assert proof["checkpoint"].split("\n")[2] == base64.b64encode(plain_merkle.head(leaves)).decode()
    assert auditor.get(f"/v1/audit/proof/{entry['id']}").get_json() == proof


def test_tiles_are_hashes_and_may_be_kept_for_ever(decision, sealer, auditor):
    size = sealer.sealer.seal().size
    bundle = auditor.get(f"/v1/audit/tile/entries/000.p/{size}")
    tile = auditor.get(f"/v1/audit/tile/0/000.p/{size}")
    hashes = [hashlib.sha256(b"\x00" + bundle.data[at + 2 : at + 50]).digest() for at in range(0, len(bundle.data), 50)]
    assert tile.data == b"".join(hashes)
    assert tile.headers["Content-Type"] == "application/octet-stream"
    assert "immutable" in tile.headers["Cache-Control"]


@pytest.mark.parametrize("path", ["0/000", "0/001.p/1", "64/000", "0/0", "entries/x001", "1/000.p/1", "0/000.p/256"])
def test_there_are_no_other_tiles(decision, sealer, auditor, path):
    sealer.sealer.seal()
    assert problem_of(auditor.get(f"/v1/audit/tile/{path}"), 404)


def test_an_earlier_log_is_proven_to_be_the_beginning(decision, sealer, auditor, http):
    old = sealer.sealer.seal()
    http.post("/v1/decisions", json=order_json(("LAMP", 1), id="another"))
    new = sealer.sealer.seal()
    proof = auditor.get(f"/v1/audit/consistency?from={old.size}").get_json()
    assert mistakes_in(auditor, ConsistencyProofRecord, proof) == []
    leaves = [leaf.data for leaf in sealer.proofs.log.leaves()]
    assert [base64.b64decode(text) for text in proof["hashes"]] == plain_merkle.consistency(old.size, leaves)
    assert (proof["from"], proof["to"]) == (old.size, new.size)
    assert proof["old_root"] == base64.b64encode(old.root).decode()
    assert auditor.get(f"/v1/audit/consistency?from={old.size}&to={old.size}").get_json()["hashes"] == []


@pytest.mark.parametrize("query", ["from=0", "from=x", "", "from=1000", "from=2&to=1", "from=1&to=1000", "from=1&of=2"])
def test_other_sizes_are_refused(decision, sealer, auditor, query):
    sealer.sealer.seal()
    assert problem_of(auditor.get(f"/v1/audit/consistency?{query}"), 422)


@pytest.mark.parametrize("path", ["checkpoint", "export", "proof/nobody", "consistency?from=1", "tile/0/000.p/1"])
def test_before_anything_is_sealed_there_is_nothing(auditor, path):
    assert "nothing is sealed yet" in problem_of(auditor.get(f"/v1/audit/{path}"), 404)["detail"]
    assert auditor.get("/v1/audit/keys").get_json() == {"keys": []}


def test_a_damaged_tree_is_a_problem_of_the_server(decision, sealer, auditor, redis_client, network):
    sealer.sealer.seal()
    redis_client.delete(f"{{{network}}}:sealed:leaves:0")
    problem = problem_of(auditor.get("/v1/audit/consistency?from=1"), 500)
    assert problem["type"] == "urn:pointsman:problem:seal-broken"
