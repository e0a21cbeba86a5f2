"""A reprint is the same paper, whatever network is loaded between the two."""

import json
from dataclasses import replace

import pytest

from engine.fulfilment.parcels.handing_over import ManifestRequest
from engine.model.returns import ReturnTerms
from tests.support.facts import LILLE, LYON, inventory, node, product, service
from tests.support.parcels import LILLE_ADDRESS, LYON_ADDRESS, decided, pack, packing_network

MOVED = replace(LYON_ADDRESS, company="Autre Maison", lines=("99 quai Neuf",))


@pytest.fixture
def shop(bare):
    return packing_network(bare, stock={"A": {"lyon": 10}, "M": {"lyon": 900}})


def load_another(shop):
    """Everything that papers show is another, but for the services that shipments have."""
    places = [
        node("lyon", LYON, address=MOVED, time_zone="Pacific/Auckland", services=("parcel", "pickup")),
        node("lille", LILLE, address=replace(LILLE_ADDRESS, town="Roubaix"), services=("parcel", "pickup")),
    ]
    shop.load(
        inventory(
            places,
            {"A": {"lyon": 10}, "M": {"lyon": 900}},
            services=[service(carrier="others"), service("pickup", mode="pickup", base=0)],
            products=[product("M", unit="yd", decimals=1, weight=1, name="Autre drap"), product("A", name="Autre")],
            parcels=shop.network().parcels,
            returns=ReturnTerms(window=1),
        )
    )


def papers(shop, key):
    printed = shop.fulfilment.printed
    return [
        printed.label(key, 1, kind="zpl").content,
        printed.label(key, 1, kind="pdf", language="en").content,
        printed.note(key, 1).content,
        printed.note(key).content,
    ]


def test_labels_and_notes_are_those_of_the_day_they_were_packed(shop):
    key = decided(shop, ("A", 2), ("M", 250))
    pack(shop, key, {"1": 2}, partial=True)
    pack(shop, key)
    before = papers(shop, key)
    load_another(shop)
    assert papers(shop, key) == before
    assert shop.check().clean


def test_what_is_collected_goes_where_it_went(shop):
    key = decided(shop, ("A", 1), collect_at="lille")
    pack(shop, key, addressee=None)
    before = papers(shop, key)
    load_another(shop)
    assert papers(shop, key) == before


def test_papers_are_drawn_though_the_network_has_neither_node_nor_service_any_more(shop):
    key = decided(shop, ("A", 1))
    pack(shop, key)
    shop.holds.confirm(key.decision)
    before = papers(shop, key)
    packing_network(shop, nodes=[node("lille", LILLE, address=LILLE_ADDRESS)], stock={"A": {"lille": 1}})
    assert papers(shop, key) == before


def test_a_manifest_is_that_of_the_day_it_was_closed(shop):
    key = decided(shop, ("A", 1))
    pack(shop, key)
    closed = shop.fulfilment.handing_over.close(ManifestRequest(node="lyon", carrier="colis"))
    name = closed.manifest.id
    before = shop.fulfilment.printed.manifest(name).content
    load_another(shop)
    assert shop.fulfilment.printed.manifest(name).content == before
    assert shop.check().clean


def test_what_an_earlier_release_packed_is_drawn_by_the_network_of_today(shop, redis_client, network):
    key = decided(shop, ("A", 1))
    pack(shop, key)
    closed = shop.fulfilment.handing_over.close(ManifestRequest(node="lyon", carrier="colis"))
    before = [*papers(shop, key), shop.fulfilment.printed.manifest(closed.manifest.id).content]
    for part in ("shipments", "manifests"):
        _forget_texts(redis_client, f"{{{network}}}:parcels:{part}")
    assert [*papers(shop, key), shop.fulfilment.printed.manifest(closed.manifest.id).content] == before
    load_another(shop)
    assert "99 quai Neuf" in shop.fulfilment.printed.label(key, 1, kind="zpl").content.decode()


def _forget_texts(client, key):
    for field, text in client.hgetall(key).items():
        record = json.loads(text)
        for part in (record, *record.get("packings", ())):
            if isinstance(part, dict):
                part.pop("texts", None)
        client.hset(key, field, json.dumps(record))


def test_no_text_about_a_person_is_kept_in_clear(shop, redis_client, network):
    pack(shop, decided(shop, ("A", 1)))
    (stored,) = redis_client.hvals(f"{{{network}}}:parcels:shipments")
    assert "texts" in json.loads(stored)["packings"][0]
    assert "Secret" not in stored.decode()
    assert "Secret" not in str(redis_client.xrange(f"{{{network}}}:log"))
